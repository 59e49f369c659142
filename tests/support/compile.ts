// Compiles a project by one compiler (`typescript-5.4`) for each of several sets of options, and prints what is wrong with the
// package's declarations or the project's own files. Libraries that others wrote are read once, and not judged.
import { createRequire } from "node:module";
import type ts from "typescript-6";

const [name = "", folder = "", sets = ""] = process.argv.slice(2);
const compiler: typeof ts = createRequire(import.meta.url)(name);
const parsed = new Map<string, ts.SourceFile | undefined>();

for (const { files, options } of JSON.parse(sets) as { files: string[]; options: object }[]) {
  const { options: read, errors } = compiler.convertCompilerOptionsFromJson(options, folder);
  const host = compiler.createCompilerHost(read);
  const fromDisk = host.getSourceFile.bind(host);
  host.getCurrentDirectory = () => folder;
  host.getSourceFile = (file, how, ...rest) => {
    // How a file is read depends on what kind of module it is.
    const kind = typeof how === "object" ? how.impliedNodeFormat : undefined;
    const key = `${file} ${kind}`;
    if (!parsed.has(key)) parsed.set(key, fromDisk(file, how, ...rest));
    return parsed.get(key);
  };
  const program = compiler.createProgram(files, read, host);
  const judged = program
    .getSourceFiles()
    .filter(
      ({ fileName }) => !/\/typescript[^/]*\/|@types\/|undici-types|workers-types/.test(fileName),
    );
  const found = [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...judged.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
      ...(file.isDeclarationFile ? [] : program.getDeclarationDiagnostics(file)),
    ]),
  ];
  console.log(`${judged.length} files judged`);
  process.stdout.write(
    compiler.formatDiagnostics(found, {
      getCanonicalFileName: (file) => file,
      getCurrentDirectory: () => folder,
      getNewLine: () => "\n",
    }),
  );
}
