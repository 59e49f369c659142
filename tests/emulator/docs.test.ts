// docs/emulator.md says of each habit, reply and error where it is known from: of all that the emulator has, and of nothing
// else. `WRITE_DOCS=1 node --test <this file>` writes the table of habits.
import { deepEqual, equal, ok } from "node:assert/strict";
import { globSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { HABIT_NAMES, HABITS, habitValues } from "../../pkg/src/emulator/habits.ts";
import { OPERATIONS } from "../../pkg/src/emulator/oss/operations/index.ts";
import { actions } from "../../pkg/src/emulator/vod/actions/index.ts";

const file = new URL("../../docs/emulator.md", import.meta.url);
const source = fileURLToPath(new URL("../../pkg/src/emulator/", import.meta.url));

/** The rows below a heading: what the first column names, and the rest. */
function table(text: string, heading: string): string[][] {
  const [, section = ""] = text.split(`\n## ${heading}\n`);
  const [part = ""] = section.split("\n## ");
  const lines = part.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) => line.slice(2, -2).replaceAll("`", "").split(" | "));
}

function habitTable(): string {
  const rows = HABIT_NAMES.flatMap((name) =>
    habitValues(name).map(([value, { does, known, source: from }], at) => {
      const habit = at === 0 ? `\`${name}\`: ${HABITS[name].about}` : "";
      return `| ${habit} | \`${value}\` | ${does} | ${known} | ${from} |`;
    }),
  );
  const head = [
    "| habit | value | the service … | known | source |",
    "| --- | --- | --- | --- | --- |",
  ];
  return [...head, ...rows].join("\n");
}

test("the table of habits in docs/emulator.md is that of the emulator", async () => {
  const text = await readFile(file, "utf8");
  const marked = /(<!-- habits -->\n).*(<!-- \/habits -->)/s;
  ok(marked.test(text));
  const written = text.replace(marked, (_, from, to) => `${from}${habitTable()}\n${to}`);
  if (process.env.WRITE_DOCS) await writeFile(file, written);
  equal(process.env.WRITE_DOCS ? written : text, written);
});

test("each reply has its provenance, and no reply that is not there", async () => {
  const rows = table(await readFile(file, "utf8"), "Where each reply is from");
  const told = (await readFile(`${source}/vod/events.ts`, "utf8")).matchAll(/"(\w+Complete)"/g);
  const names = (kind: string) => rows.filter(([, of]) => of === kind).map(([name]) => name);
  deepEqual(names("VOD").toSorted(), actions.map(({ name }) => name).toSorted());
  const operations = [...OPERATIONS.map(({ name }) => name), "OptionObject"];
  deepEqual(names("OSS").toSorted(), operations.toSorted());
  const pulls = habitValues("pullEvent").map(([name]) => name);
  const types = new Set([...[...told].map(([, type]) => type), ...pulls]);
  deepEqual(names("event").toSorted(), [...types].toSorted());
  assertKnown(rows);
});

test("each error code has its provenance, and no code that is not there", async () => {
  const rows = table(await readFile(file, "utf8"), "Where each error is from");
  const made = /(VodError|OssError|JobFailed)\(\s*(?:\w+,\s*)?(["`])([A-Z][^"`]*)\2/g;
  const kinds: Record<string, string> = { VodError: "VOD", OssError: "OSS", JobFailed: "pull" };
  const found = new Set(habitValues("throttling").map(([code]) => `VOD ${code}`));
  for (const name of globSync(`${source}/**/*.ts`)) {
    for (const [, kind = "", , code = ""] of (await readFile(name, "utf8")).matchAll(made)) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: so it stands in the source
      found.add(`${kinds[kind]} ${code.replace("${name}", "…")}`);
    }
  }
  ok(found.size > 70, `${found.size} codes`);
  const told = rows.map(([code, of]) => `${of} ${code}`);
  deepEqual(told.toSorted(), [...found].toSorted());
  assertKnown(rows);
});

function assertKnown(rows: readonly string[][]): void {
  for (const [name, , known = "", from = ""] of rows) {
    ok(["recorded", "documented", "guessed"].includes(known), `${name}: ${known}`);
    ok(from.length > 3, `${name} has no source`);
  }
}
