// The package's declarations: one file an entry, and one of what entries have in common, so that what one of them gives is
// what another takes. What no public declaration names stays behind.

import { writeFile } from "node:fs/promises";
import { createRequire, registerHooks } from "node:module";
import { join } from "node:path";
import { type Plugin, rollup } from "rollup";
import type ts from "typescript-6";

// The compiler of this workspace (7) has no API for the tool, which looks for one of 6 by this name then. As a package of that
// name it would take the place of the command `tsc`, too.
registerHooks({
  resolve: (name, context, next) =>
    next(name === "@typescript/typescript6" ? "typescript-6" : name, context),
});
const { dts } = await import("rollup-plugin-dts");
const compiler: typeof ts = createRequire(import.meta.url)("typescript-6");

/**
 * Rolls up what tsc has written.
 *
 * @param from Where that is, a declaration beside another as their sources are.
 * @param to Where the entries go.
 * @param entries Their paths, such as `handler/index`.
 */
export async function rollUp(from: string, to: string, entries: readonly string[]): Promise<void> {
  const host: Plugin = {
    name: "what `#host` gives is of the same type everywhere",
    resolveId: (name) => (name === "#host" ? join(from, "hosts/node.d.ts") : null),
  };
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((entry) => [entry, join(from, `${entry}.d.ts`)])),
    external: [/^node:/],
    plugins: [host, dts({ compilerOptions: { types: ["node"] } })],
    onwarn: ({ code, message }) => {
      // Each entry names all that it shows: a test reads what comes out of here.
      if (code !== "PLUGIN_WARNING" && code !== "CIRCULAR_DEPENDENCY") console.log(message);
    },
  });
  try {
    const { output } = await bundle.generate({
      format: "es",
      entryFileNames: "[name].d.ts",
      chunkFileNames: "[name].d.ts",
      minifyInternalExports: false,
      manualChunks: (id, { getModuleInfo }) => {
        const above = [id];
        for (const one of above) {
          const importers = getModuleInfo(one)?.importers ?? [];
          above.push(...importers.filter((importer) => !above.includes(importer)));
        }
        const entriesAbove = above.filter((one) => getModuleInfo(one)?.isEntry);
        return entriesAbove.length > 1 && !entriesAbove.includes(id) ? "shared" : undefined;
      },
    });
    for (const chunk of output) {
      if (chunk.type === "chunk") await writeFile(join(to, chunk.fileName), finished(chunk.code));
    }
  } finally {
    await bundle.close();
  }
}

/** What the core calls like a global or like what is made of it here, and what it is called where both are seen. */
const CALLED: Readonly<Record<string, string>> = {
  Error: "ErrorData",
  Outcome: "CoreOutcome",
  PlaylistSource: "CorePlaylistSource",
  Request: "HostedRequest",
};

/** The core's declarations with names that say so: where two are called alike, the tool would number them. */
export function called(text: string): string {
  const file = compiler.createSourceFile("core.d.ts", text, compiler.ScriptTarget.Latest);
  const put: Put[] = [];
  const look = (node: ts.Node): void => {
    compiler.forEachChild(node, look);
    if (!compiler.isIdentifier(node) || !Object.hasOwn(CALLED, node.text)) return;
    put.push([node.getStart(file), node.end, CALLED[node.text] ?? ""]);
  };
  look(file);
  const names = Object.entries(CALLED).map(([from, to]) => `${to} as ${from}`);
  return `${edited(text, put)}\nexport type { ${names.join(", ")} };\n`;
}

/** What goes in place of what is there. */
type Put = [from: number, to: number, what: string];

function edited(text: string, put: readonly Put[]): string {
  const backwards = put.toSorted(([a], [b]) => b - a);
  return backwards.reduce(
    (made, [from, to, what]) => made.slice(0, from) + what + made.slice(to),
    text,
  );
}

/**
 * What may be left out may be `undefined` as well, also where the caller's compiler is told to tell the two apart
 * (`exactOptionalPropertyTypes`). Comments on how a file came about are for this repository.
 */
function finished(text: string): string {
  const file = compiler.createSourceFile("all.d.ts", text, compiler.ScriptTarget.Latest);
  const put: Put[] = [];
  const look = (node: ts.Node): void => {
    compiler.forEachChild(node, look);
    if (!compiler.isPropertySignature(node) && !compiler.isPropertyDeclaration(node)) return;
    const { questionToken, type } = node;
    if (questionToken === undefined || type === undefined || mayBeUndefined(type)) return;
    const wrapped = compiler.isFunctionTypeNode(type) || compiler.isConditionalTypeNode(type);
    if (wrapped) put.push([type.getStart(file), type.getStart(file), "("]);
    put.push([type.end, type.end, wrapped ? ") | undefined" : " | undefined"]);
  };
  look(file);
  return edited(text, put).replace(/^\/\/ .*\n/gm, "");
}

function mayBeUndefined(type: ts.TypeNode): boolean {
  const { UndefinedKeyword, AnyKeyword, UnknownKeyword } = compiler.SyntaxKind;
  if (compiler.isUnionTypeNode(type)) return type.types.some(mayBeUndefined);
  return [UndefinedKeyword, AnyKeyword, UnknownKeyword].some((kind) => kind === type.kind);
}
