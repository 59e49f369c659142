// The bill of materials of everything in the lock files, as CycloneDX 1.6: `make sbom` writes target/sbom/vodlift.cdx.json.
// Scope "required" is what travels in the wasm, the package or the Worker; "excluded" is what only builds and tests it.
// It holds no time and no random number: the same lock files give the same bill.

import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

export interface Component {
  type: "library" | "application";
  "bom-ref": string;
  name: string;
  version: string;
  purl: string;
  scope?: "required" | "excluded";
  licenses?: { expression: string }[];
  hashes?: { alg: "SHA-256" | "SHA-512"; content: string }[];
}

interface Node {
  component: Component;
  /** `bom-ref`s. */
  needs: string[];
}

interface CargoMetadata {
  packages: {
    id: string;
    name: string;
    version: string;
    license: string | null;
    source: string | null;
    targets: { kind: string[] }[];
  }[];
  resolve: {
    nodes: { id: string; deps: { pkg: string; dep_kinds: { kind: string | null }[] }[] }[];
  };
}

interface NpmPackage {
  name?: string;
  version?: string;
  license?: unknown;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const root = new URL("../", import.meta.url);
const file = (path: string): string => fileURLToPath(new URL(path, root));

/** The bill of materials, as an object that JSON holds. */
export async function billOfMaterials(): Promise<object> {
  const manifest = JSON.parse(await readFile(file("pkg/package.json"), "utf8"));
  const ofRust = await crates();
  const ofCore = new Set(ofRust.map((node) => node.component["bom-ref"]));
  const fuzzing = (await lockedCrates("fuzz/Cargo.lock")).filter(
    (node) => !ofCore.has(node.component["bom-ref"]),
  );
  const nodes = [...ofRust, ...fuzzing, ...(await npmPackages())];
  nodes.sort((a, b) => (a.component["bom-ref"] < b.component["bom-ref"] ? -1 : 1));
  const known = new Set(nodes.map((node) => node.component["bom-ref"]));
  const subject: Component = {
    type: "application",
    "bom-ref": "vodlift",
    name: "vodlift",
    version: manifest.version,
    purl: `pkg:npm/vodlift@${manifest.version}`,
    licenses: [{ expression: manifest.license }],
  };
  const direct = [...known].filter((ref) => !nodes.some((node) => node.needs.includes(ref)));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: subject },
    components: nodes.map((node) => node.component),
    dependencies: [
      { ref: subject["bom-ref"], dependsOn: direct },
      ...nodes.map(({ component, needs }) => ({
        ref: component["bom-ref"],
        dependsOn: [...new Set(needs)].filter((ref) => known.has(ref)).sort(),
      })),
    ],
  };
}

/** Crates of Cargo.lock, with the licences that their manifests tell. Our own are no components. */
async function crates(): Promise<Node[]> {
  const args = ["metadata", "--format-version=1", "--locked", "--offline"];
  const whole = cargo(args);
  const shipped = compiledIn(cargo([...args, "--filter-platform=wasm32-unknown-unknown"]));
  const checksums = await cargoChecksums();
  const purl = new Map(
    whole.packages.map(({ id, name, version }) => [id, `pkg:cargo/${name}@${version}`]),
  );
  return whole.packages
    .filter((one) => one.source !== null)
    .map(({ id, name, version, license }) => {
      const checksum = checksums.get(`${name} ${version}`);
      const ref = purl.get(id) ?? id;
      const deps = whole.resolve.nodes.find((node) => node.id === id)?.deps ?? [];
      return {
        component: {
          type: "library",
          "bom-ref": ref,
          name,
          version,
          purl: ref,
          scope: shipped.has(id) ? "required" : "excluded",
          // Crates of old separate with a slash what SPDX calls OR.
          ...(license ? { licenses: [{ expression: license.replaceAll("/", " OR ") }] } : {}),
          ...(checksum ? { hashes: [{ alg: "SHA-256" as const, content: checksum }] } : {}),
        },
        needs: deps.map(({ pkg }) => purl.get(pkg) ?? pkg),
      };
    });
}

function cargo(args: readonly string[]): CargoMetadata {
  const output = execFileSync("cargo", args, {
    cwd: file("."),
    maxBuffer: 2 ** 28,
    encoding: "utf8",
  });
  return JSON.parse(output) as CargoMetadata;
}

/** What ends up in the core's wasm: normal dependencies, and no macros. */
function compiledIn({ packages, resolve }: CargoMetadata): Set<string> {
  const found = new Set<string>();
  const macros = new Set(
    packages
      .filter(({ targets }) => targets.some(({ kind }) => kind.includes("proc-macro")))
      .map(({ id }) => id),
  );
  const visit = (id: string) => {
    if (found.has(id) || macros.has(id)) return;
    found.add(id);
    for (const { pkg, dep_kinds } of resolve.nodes.find((node) => node.id === id)?.deps ?? []) {
      if (dep_kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  const core = packages.find(({ name, source }) => name === "vodlift" && source === null);
  if (core) visit(core.id);
  return found;
}

async function cargoChecksums(): Promise<Map<string, string>> {
  const nodes = await lockedCrates("Cargo.lock");
  return new Map(
    nodes.map(({ component: { name, version, hashes } }) => [
      `${name} ${version}`,
      hashes?.[0]?.content ?? "",
    ]),
  );
}

/** What a lock file tells by itself: not the licences, for which the crates would have to be here. */
async function lockedCrates(path: string): Promise<Node[]> {
  const entries = (await readFile(file(path), "utf8")).split("[[package]]\n").slice(1);
  const field = (entry: string, name: string) => new RegExp(`^${name} = "(.+)"$`, "m").exec(entry);
  const purlOf = (name: string, version: string) => `pkg:cargo/${name}@${version}`;
  const locked = entries.map((entry) => {
    const [[, name = ""], [, version = ""]] = [
      field(entry, "name") ?? [],
      field(entry, "version") ?? [],
    ];
    const [, checksum] = field(entry, "checksum") ?? [];
    const [, list = ""] = /^dependencies = \[\n([^\]]*)\]/m.exec(entry) ?? [];
    const wanted = [...list.matchAll(/"([^" ]+)(?: ([^" ]+))?[^"]*"/g)];
    return { name, version, checksum, wanted };
  });
  return locked.flatMap(({ name, version, checksum, wanted }) => {
    // Our own have none.
    if (checksum === undefined) return [];
    const ref = purlOf(name, version);
    const needs = wanted.map(([, wish = "", exact]) =>
      purlOf(wish, exact ?? locked.find((one) => one.name === wish)?.version ?? ""),
    );
    const component: Component = {
      type: "library",
      "bom-ref": ref,
      name,
      version,
      purl: ref,
      scope: "excluded",
      hashes: [{ alg: "SHA-256", content: checksum }],
    };
    return [{ component, needs }];
  });
}

/** What package-lock.json names. A package that lies in several folders is one component for each of its versions. */
async function npmPackages(): Promise<Node[]> {
  const lock = JSON.parse(await readFile(file("package-lock.json"), "utf8"));
  const all = lock.packages as Record<string, NpmPackage>;
  const nodes = new Map<string, Node>();
  for (const [path, one] of Object.entries(all)) {
    const name = one.name ?? path.split("node_modules/").at(-1) ?? "";
    if (!path.includes("node_modules/") || one.link || !one.version) continue;
    const ref = npmPurl(name, one.version);
    const wanted = Object.keys({
      ...one.dependencies,
      ...one.optionalDependencies,
      ...one.peerDependencies,
    });
    const needs = wanted.flatMap((wish) => {
      const place = resolve(all, path, wish);
      const found = place === undefined ? undefined : all[place];
      return found?.version ? [npmPurl(wish, found.version)] : [];
    });
    const before = nodes.get(ref);
    const shipped = !one.dev || before?.component.scope === "required";
    const hash = sha512(one.integrity);
    nodes.set(ref, {
      component: {
        type: "library",
        "bom-ref": ref,
        name,
        version: one.version,
        purl: ref,
        scope: shipped ? "required" : "excluded",
        ...(typeof one.license === "string" && !/see licen/i.test(one.license)
          ? { licenses: [{ expression: one.license }] }
          : {}),
        ...(hash ? { hashes: [{ alg: "SHA-512", content: hash }] } : {}),
      },
      needs: [...(before?.needs ?? []), ...needs],
    });
  }
  return [...nodes.values()];
}

function npmPurl(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

function sha512(integrity: string | undefined): string | undefined {
  const base64 = /sha512-(\S+)/.exec(integrity ?? "")?.[1];
  return base64 && Buffer.from(base64, "base64").toString("hex");
}

/** As Node looks it up: in the folder's own node_modules, then in those above. */
function resolve(all: Record<string, NpmPackage>, from: string, name: string): string | undefined {
  const folders = from.split("/node_modules/");
  for (let depth = folders.length; depth >= 0; depth--) {
    const folder = folders.slice(0, depth).join("/node_modules/");
    const path = folder ? `${folder}/node_modules/${name}` : `node_modules/${name}`;
    if (all[path] !== undefined) return path;
  }
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = file("target/sbom/vodlift.cdx.json");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(await billOfMaterials(), undefined, 2)}\n`);
  console.log(`· The bill of materials is target/sbom/vodlift.cdx.json`);
}
