// docs/features.md names tests that are there: each file, and each title in one of the files of its row.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const text = await readFile(new URL("docs/features.md", root), "utf8");
const rows = text.split("\n").filter((line) => /^\| (?!feature|---)/.test(line));

/** Where a name leads: without a folder, into this one. */
function place(name: string): string {
  return fileURLToPath(new URL(name.includes("/") ? name : `tests/host/${name}`, root));
}

test("each feature is shown by tests that are there, under the titles it gives", async () => {
  assert.ok(rows.length > 60, `${rows.length} rows`);
  for (const row of rows) {
    const shown = row.split(" | ").at(-1) ?? "";
    const names = [...shown.matchAll(/`((?:tests|src)\/[\w/.-]+|[\w-]+\.test\.ts)`/g)];
    const places = names.map(([, name = ""]) => place(name));
    assert.ok(places.length > 0, `nothing shows: ${row}`);
    for (const path of places) assert.ok(existsSync(path), `${path} is not there: ${row}`);
    const files = places.filter((path) => /\.(ts|rs)$/.test(path));
    const sources = await Promise.all(files.map((path) => readFile(path, "utf8")));
    for (const [, title = ""] of shown.matchAll(/"([^"]+)"/g)) {
      const start = title.replace(/ …$/, "");
      assert.ok(
        sources.some((source) => source.includes(start)),
        `no test is called "${title}": ${row}`,
      );
    }
  }
});
