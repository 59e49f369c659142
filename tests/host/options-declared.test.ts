// What each shell knows is what src/options declares for it, no more and no less; and what the core takes from a caller is
// declared there.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { FIELDS as COLUMNS } from "../../pkg/src/cli/ingest/fields.ts";
import { RESUME, UPLOAD } from "../../pkg/src/cli/options/commands.ts";
import { flagOf, type Table } from "../../pkg/src/cli/options/option.ts";
import { FIELDS } from "../../pkg/src/fields.ts";
import { parseIngest } from "../../pkg/src/handler/body.ts";
import { OPTIONS } from "../../pkg/src/options.gen.ts";
import { IngestRequest } from "../../worker/src/api/schema.ts";

interface Rules {
  readonly kinds: readonly string[];
  readonly stages: readonly string[];
  readonly shells: readonly string[];
  readonly flag?: string;
  readonly core?: string;
}
const ALL: [name: string, rules: Rules][] = Object.entries(OPTIONS);

/** The options for which something is true, in one order. */
function named(fits: (rules: Rules) => boolean, called = (name: string, _: Rules) => name) {
  const fitting = ALL.filter(([, rules]) => fits(rules));
  return fitting.map(([name, rules]) => called(name, rules)).toSorted();
}

const offers = (shell: string) => named(({ shells }) => shells.includes(shell));
const without = (names: readonly string[], ...left: string[]) =>
  names.filter((name) => !left.includes(name)).toSorted();

test("the package knows the options that are declared for it", () => {
  for (const [names, kind] of [
    ["upload", "video"],
    ["playlist", "playlist"],
    ["image", "image"],
    ["attached", "attached"],
  ] as const) {
    const declared = named(
      ({ shells, kinds, stages }) =>
        shells.includes("api") && stages.includes("begin") && kinds.includes(kind),
    );
    const said = kind === "video" ? declared : without(declared, "as");
    assert.deepEqual(without(FIELDS[names].known), without(said), kind);
  }
  const at = (stage: string) =>
    named(({ shells, stages }) => shells.includes("api") && stages.includes(stage));
  assert.deepEqual(without(FIELDS.account.known), without(at("client")));
  assert.deepEqual(without(FIELDS.resume.known), without(at("resume")));
});

/** The flags of a command, but those of the command itself. */
const flags = (table: Table) =>
  without(
    Object.values(table).map(({ usage }) => usage),
    ...["--json", "--quiet", "--yes"],
  );

test("the command line has the flags that are declared", () => {
  const flag = (_: string, rules: Rules) => rules.flag ?? "none";
  const declared = (...when: string[]) =>
    named(
      ({ shells, stages }) =>
        shells.includes("cli") && stages.some((stage) => when.includes(stage)),
      flag,
    );
  assert.deepEqual(flags(UPLOAD), declared("client", "begin"));
  assert.deepEqual(flags(RESUME), declared("client", "resume"));
  const all = [...flags(UPLOAD), ...flags(RESUME)].map(flagOf);
  assert.ok(all.every((one) => one.startsWith("--")));
});

test("a manifest has the columns that are declared", () => {
  assert.deepEqual(without(COLUMNS, "source", "url", "file", "id"), offers("manifest"));
});

test("the Worker, its dashboard and the handler take the fields that are declared", async () => {
  const fields = (names: readonly string[]) => without(names, "url");
  assert.deepEqual(fields(Object.keys(IngestRequest.shape)), offers("worker"));
  const told = (text: unknown) => String(text).split("known are ")[1]?.split(", ") ?? [];
  const page = "../../worker/public/app/manifest.js";
  const { troubles } = await (await import(page)).fromCsv("nothing\n1\n");
  assert.deepEqual(fields(told(troubles[0].text)), offers("dashboard"));
  const refusal = parseIngest({ url: "https://example.com/a.mp4", nothing: 1 });
  assert.deepEqual(fields(told((refusal as { detail?: string }).detail)), offers("handler"));
});

test("what the core takes from a caller is declared", async () => {
  const types = await readFile(new URL("../../pkg/src/wasm/core.d.ts", import.meta.url), "utf8");
  const fieldsOf = (name: string) => {
    const [, body = ""] =
      new RegExp(`^export interface ${name} \\{\\n([\\s\\S]*?)^\\}`, "m").exec(types) ?? [];
    const fields = [...body.matchAll(/^ {4}(\w+)\??: /gm)].map(([, field = ""]) => field);
    assert.ok(fields.length > 0, name);
    return fields;
  };
  const paths = new Set(
    named(
      () => true,
      (_, { core = "" }) => core,
    ),
  );
  /** What the host says by itself: a size is the source's, and an image has another word for its file's name. */
  const own = ["media.fileSize", "media.originalFileName", "host.concurrency"];
  for (const [place, type] of [
    ["options", "Options"],
    ["media", "CreateUploadVideo"],
    ["media", "CreateUploadImage"],
    ["media", "CreateUploadAttachedMedia"],
    ["vod", "VodService"],
    ["oss", "OssService"],
  ] as const) {
    for (const field of fieldsOf(type)) {
      const path = `${place}.${field}`;
      assert.ok(paths.has(path) || own.includes(path), `${type}: ${path}`);
    }
  }
});
