// docs/threat-model.md names a test for each measure: each file is there, and says what the row quotes of it.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const text = await readFile(new URL("docs/threat-model.md", root), "utf8");

/** The sections that list attacks: their tables have three columns, the last of which is "held by". */
const sections = text.split(/^## /m).filter((section) => section.includes("| held by |"));

/** Where a name leads: without a folder, into this one. */
function place(name: string): string {
  return fileURLToPath(new URL(name.includes("/") ? name : `tests/host/${name}`, root));
}

test("each one that is not trusted has a section", () => {
  const titles = sections.map((section) => section.split("\n")[0]?.toLowerCase() ?? "");
  for (const who of [
    "source",
    "caller of the ingest service",
    "tampered credential",
    "man in the middle",
    "log",
    "web page beside the emulator",
    "checkpoint from a stranger",
    "poisoned dependency",
  ]) {
    assert.ok(
      titles.some((title) => title.includes(who)),
      `nothing is said of ${who}`,
    );
  }
});

test("each measure is held by tests that are there, under the titles it gives", async () => {
  const rows = sections
    .flatMap((section) => section.split("\n"))
    .filter((line) => /^\| (?!what it|---)/.test(line));
  assert.ok(rows.length > 30, `${rows.length} rows`);
  const faults: string[] = [];
  for (const row of rows) {
    const held = row.replace(/ \|$/, "").split(" | ").at(-1) ?? "";
    const pattern = /`([\w/.-]+\.(?:ts|rs))`|"([^"]+)"/g;
    let source: string | undefined;
    for (const [, file, title] of held.matchAll(pattern)) {
      if (file !== undefined) {
        source = existsSync(place(file)) ? await readFile(place(file), "utf8") : undefined;
        if (source === undefined) faults.push(`${file} is not there`);
      } else if (title !== undefined && source?.includes(title) === false) {
        faults.push(`nothing says "${title}"`);
      }
    }
    if (source === undefined) faults.push(`nothing holds: ${row}`);
  }
  assert.deepEqual(faults, []);
});
