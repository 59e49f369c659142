// The package's declarations as npm would publish them: do they say all that a stranger's compiler, and a stranger, needs?

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript-6";
import { installPacked } from "../support/packed.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));

const project = await mkdtemp(join(tmpdir(), "vodlift-types-"));
after(() => rm(project, { recursive: true, force: true }));
const installed = join(project, "node_modules/vodlift");
await installPacked(project, installed);
for (const scope of ["@types", "@cloudflare"]) {
  await mkdir(join(project, "node_modules", scope));
}
for (const types of ["@types/node", "@cloudflare/workers-types"]) {
  await symlink(join(root, "node_modules", types), join(project, "node_modules", types));
}
await cp(join(root, "tests/types"), project, { recursive: true });
await writeFile(join(project, "package.json"), '{ "type": "module" }');

const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
const entries = new Map(
  Object.entries(manifest.exports as Record<string, { types?: string }>).flatMap(([name, to]) =>
    to.types === undefined ? [] : [[name.replace(".", "vodlift"), join(installed, to.types)]],
  ),
);

const STRICT = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  declaration: true,
  target: "es2022",
};

/** What a project may have of the names of a runtime. */
const RUNTIMES: Readonly<Record<string, { file: string; lib?: string[]; types?: string[] }>> = {
  "a browser": { file: "anywhere.ts", lib: ["dom", "dom.iterable"] },
  Node: { file: "node.ts", types: ["node"] },
  "Node and a browser": { file: "node.ts", lib: ["dom", "dom.iterable"], types: ["node"] },
  Workers: { file: "anywhere.ts", types: ["@cloudflare/workers-types"] },
};

const RESOLUTIONS = [
  { module: "esnext", moduleResolution: "bundler" },
  { module: "nodenext", moduleResolution: "nodenext" },
];

const SETS = Object.values(RUNTIMES).flatMap(({ file, lib = [], types = [] }) =>
  RESOLUTIONS.map((resolution) => ({
    files: [join(project, file)],
    options: { ...STRICT, ...resolution, lib: ["es2022", ...lib], types },
  })),
);

describe("a strict project compiles, whatever its runtime", { concurrency: 2 }, () => {
  for (const compiler of ["typescript-5.4", "typescript-5.6", "typescript-5.9", "typescript-6"]) {
    test(`with ${compiler}`, async () => {
      const script = join(root, "tests/support/compile.ts");
      const said = await run(process.execPath, [script, compiler, project, JSON.stringify(SETS)]);
      assert.match(said.stdout, /^([5-9] files judged\n){8}$/);
    });
  }

  test("with the newest compiler", async () => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    for (const [at, { files, options }] of SETS.entries()) {
      const config = join(project, `tsconfig.${at}.json`);
      const compilerOptions = { ...options, outDir: join(project, `out.${at}`) };
      await writeFile(config, JSON.stringify({ compilerOptions, files }));
      const said = await run(process.execPath, [tsc, "-p", config], { cwd: project }).catch(
        (error: { stdout: string }) => error,
      );
      assert.equal(said.stdout, "");
    }
  });
});

const program = ts.createProgram([...entries.values()], {
  strict: true,
  noEmit: true,
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
  types: ["node"],
  typeRoots: [join(project, "node_modules/@types")],
  module: ts.ModuleKind.NodeNext,
});
const checker = program.getTypeChecker();

/** What stands behind a name. */
function real(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function exportsOf(entry: string): Map<string, ts.Symbol> {
  const file = program.getSourceFile(entry);
  const module = file && checker.getSymbolAtLocation(file);
  assert.ok(module, entry);
  return new Map(checker.getExportsOfModule(module).map((one) => [one.name, real(one)]));
}

/** The package's own types that a declaration names. */
function named(node: ts.Node): ts.Symbol[] {
  const name = ts.isTypeReferenceNode(node)
    ? node.typeName
    : ts.isExpressionWithTypeArguments(node)
      ? node.expression
      : undefined;
  const symbol = name && checker.getSymbolAtLocation(name);
  const found = symbol === undefined ? [] : [real(symbol)];
  ts.forEachChild(node, (child) => {
    found.push(...named(child));
  });
  return found.filter(
    ({ flags, declarations }) =>
      !(flags & ts.SymbolFlags.TypeParameter) && declarations?.some(isOurs) === true,
  );
}

function isOurs(node: ts.Node): boolean {
  return node.getSourceFile().fileName.startsWith(installed);
}

for (const [name, entry] of entries) {
  if (entry.endsWith(".wasm.d.ts")) continue;

  test(`${name} exports every type that its signatures name, and says what each thing is`, () => {
    const exported = exportsOf(entry);
    const known = new Set(exported.values());
    assert.ok(known.size > 0);
    const unexported: string[] = [];
    const undocumented: string[] = [];
    for (const [own, symbol] of exported) {
      const declarations = symbol.declarations ?? [];
      const lacking = declarations.flatMap(named).filter((one) => !known.has(one));
      unexported.push(...lacking.map((one) => `${one.name}, named by ${own}`));
      if (symbol.getDocumentationComment(checker).length === 0) undocumented.push(own);
    }
    assert.deepEqual(unexported, []);
    assert.deepEqual(undocumented, []);
  });
}

test("there is one file of declarations an entry, and one of what they share", async () => {
  const files = (await readdir(join(installed, "dist"), { recursive: true }))
    .filter((file) => file.endsWith(".d.ts"))
    .map((file) => join(installed, "dist", file));
  const shared = join(installed, "dist/shared.d.ts");
  assert.deepEqual(files.toSorted(), [...entries.values(), shared].toSorted());
  for (const file of files) {
    const text = await readFile(file, "utf8");
    assert.doesNotMatch(text, /\$\d|@internal/, "no names that a tool made up, nothing internal");
    assert.doesNotMatch(text, /^\/\//m, "comments for whoever uses it only");
    assert.doesNotMatch(text, /from ['"]#|from ['"][^'"]*\.ts['"]/, "nothing that is not there");
  }
});

test("what may be left out may be `undefined`, too", () => {
  const strict: string[] = [];
  const look = (node: ts.Node): void => {
    ts.forEachChild(node, look);
    if (!ts.isPropertySignature(node) && !ts.isPropertyDeclaration(node)) return;
    if (node.questionToken === undefined || node.type === undefined) return;
    const type = checker.getTypeFromTypeNode(node.type);
    const isAny = type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown);
    const types = type.isUnion() ? type.types : [type];
    const takes = types.some(({ flags }) => flags & ts.TypeFlags.Undefined);
    if (!isAny && !takes) strict.push(node.getText());
  };
  const ours = program.getSourceFiles().filter(isOurs);
  assert.ok(ours.length >= 6);
  ours.forEach(look);
  assert.deepEqual(strict, []);
});

test("an editor says what each error code means", async () => {
  const exported = exportsOf(entries.get("vodlift") ?? "").get("ErrorCodes");
  assert.ok(exported);
  const codes = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(exported));
  const page = await readFile(join(root, "docs/errors.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)];
  assert.ok(rows.length > 50);
  const said = codes.map((code) => [
    code.name,
    ts.displayPartsToString(code.getDocumentationComment(checker)),
  ]);
  const causes = new Map(rows.map(([, code = "", cause = ""]) => [code, cause]));
  assert.deepEqual(said.map(([code]) => code).toSorted(), [...causes.keys()].toSorted());
  for (const [code = "", text = ""] of said) {
    const words = text.replace(/\s+/g, " ");
    assert.ok(words.startsWith(causes.get(code) ?? "?"), `${code}: ${words}`);
  }
});
