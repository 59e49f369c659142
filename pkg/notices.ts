// Whose work travels inside the package: the crates in the wasm and the npm packages in the bundle, each with its licence.

import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

interface Part {
  name: string;
  licence: string;
  folder: string;
}

interface CargoMetadata {
  packages: {
    id: string;
    name: string;
    version: string;
    license: string | null;
    manifest_path: string;
    targets: { kind: string[] }[];
  }[];
  resolve: {
    root: string;
    nodes: { id: string; deps: { pkg: string; dep_kinds: { kind: string | null }[] }[] }[];
  };
}

/** The notices of everything bundled; `inputs` are the files that esbuild put into the JavaScript. */
export async function notices(root: string, inputs: readonly string[]): Promise<string> {
  const texts = new Map<string, string[]>();
  for (const part of [...crates(root), ...(await npmPackages(inputs))]) {
    const text = (await licenceText(part.folder)) ?? `Licensed under ${part.licence}.`;
    texts.set(text, [...(texts.get(text) ?? []), `${part.name} (${part.licence})`]);
  }
  const sections = [...texts].map(([text, names]) => `${names.join("\n")}\n\n${text}\n`);
  return `The package contains work of others, under these licences.\n\n${sections.join(`\n${"-".repeat(80)}\n\n`)}`;
}

/** The crates that are compiled into the wasm: normal dependencies for that target, and no macros. */
function crates(root: string): Part[] {
  const args = [
    "metadata",
    "--format-version=1",
    "--offline",
    "--filter-platform=wasm32-unknown-unknown",
  ];
  const output = execFileSync("cargo", args, { cwd: root, maxBuffer: 2 ** 28, encoding: "utf8" });
  const { packages, resolve } = JSON.parse(output) as CargoMetadata;
  const found = new Set<string>();
  const visit = (id: string) => {
    if (found.has(id)) return;
    found.add(id);
    const deps = resolve.nodes.find((node) => node.id === id)?.deps ?? [];
    for (const { pkg, dep_kinds } of deps) {
      const macro = packages
        .find(({ id }) => id === pkg)
        ?.targets.some(({ kind }) => kind.includes("proc-macro"));
      if (!macro && dep_kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  visit(resolve.root);
  found.delete(resolve.root);
  return packages
    .filter(({ id }) => found.has(id))
    .map(({ name, version, license, manifest_path }) => ({
      name: `${name} ${version}`,
      licence: license ?? "see below",
      folder: dirname(manifest_path),
    }));
}

async function npmPackages(inputs: readonly string[]): Promise<Part[]> {
  const folders = new Set(
    inputs.flatMap((input) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []),
  );
  return Promise.all(
    [...folders].sort().map(async (folder) => {
      const { name, version, license } = JSON.parse(
        await readFile(join(folder, "package.json"), "utf8"),
      );
      return { name: `${name} ${version}`, licence: license, folder };
    }),
  );
}

/** The shorter of two licences to choose from is MIT's. */
async function licenceText(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder)).filter((name) =>
    /^(licen[cs]e|copying|unlicense)/i.test(name),
  );
  const best =
    names.find((name) => /mit/i.test(name)) ?? names.sort((a, b) => a.length - b.length)[0];
  return best
    ? (await readFile(join(folder, best), "utf8")).replaceAll("\r\n", "\n").trim()
    : undefined;
}
