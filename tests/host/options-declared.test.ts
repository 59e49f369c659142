// What each shell knows is what src/options declares for it, no more and no less; and what the core takes from a caller is
// declared there.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { FIELDS as COLUMNS } from "../../pkg/src/cli/ingest/fields.ts";
import { INGEST, RESUME, UPLOAD } from "../../pkg/src/cli/options/commands.ts";
import { flagOf, type Table } from "../../pkg/src/cli/options/option.ts";
import { DECLARED, into, type ValueType } from "../../pkg/src/declared.ts";
import { FIELDS } from "../../pkg/src/fields.ts";
import { parseIngest } from "../../pkg/src/handler/body.ts";
import { OPTIONS, TEXTS } from "../../pkg/src/options.gen.ts";
import { IngestRequest } from "../../worker/src/api/schema.ts";

interface Rules {
  readonly kinds: readonly string[];
  readonly stages: readonly string[];
  readonly shells: readonly string[];
  readonly flag?: string;
  readonly core?: string;
  readonly group: string;
  readonly rows?: string;
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

test("what goes with a kind, a client or a resume is what the package takes there", () => {
  const { video, playlist, image, attached, resume, account } = FIELDS;
  for (const [{ known }, has, hasNot] of [
    [video, ["title", "partSize", "budget", "replace", "as"], ["variants", "imageExt", "wait"]],
    [playlist, ["variants", "adopt", "shard"], ["partSize", "size", "replace", "as"]],
    [image, ["imageExt", "cateId", "signal"], ["referenceId", "budget", "as"]],
    [attached, ["businessType", "cateIds"], ["coverUrl", "stop"]],
    [resume, ["source", "trafficLimit", "segments", "stop"], ["title", "objectHeaders"]],
    [account, ["region", "memory", "credentials"], ["concurrency"]],
  ] as const) {
    for (const name of has) assert.ok(known.includes(name), name);
    for (const name of hasNot) assert.ok(!known.includes(name), name);
  }
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

test("what is said once for all rows of a manifest is an option of `vodlift ingest`", () => {
  const all = ALL.filter(([, { rows }]) => rows === "all").map(([name]) => name);
  assert.ok(all.length > 10);
  for (const name of all) assert.ok(Object.hasOwn(INGEST, name), name);
  // And what each row may say for itself, of how its bytes are read and moved.
  const transfer = ALL.filter(
    ([, { group, shells }]) => group === "transfer" && shells.includes("cli"),
  );
  for (const [name] of transfer) assert.ok(Object.hasOwn(INGEST, name), name);
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

const types = await readFile(new URL("../../pkg/src/wasm/core.d.ts", import.meta.url), "utf8");

/** The fields of one of the core's own types. */
function fieldsOf(name: string): string[] {
  const [, body = ""] =
    new RegExp(`^export interface ${name} \\{\\n([\\s\\S]*?)^\\}`, "m").exec(types) ?? [];
  const fields = [...body.matchAll(/^ {4}(\w+)\??: /gm)].map(([, field = ""]) => field);
  assert.ok(fields.length > 0, name);
  return fields;
}

/** Where the core takes options, and what it calls them there. */
const PLACES = {
  options: fieldsOf("Options"),
  media: ["Video", "Image", "AttachedMedia"].flatMap((kind) => fieldsOf(`CreateUpload${kind}`)),
  vod: fieldsOf("VodService"),
  oss: fieldsOf("OssService"),
};

test("what the core takes from a caller is declared", () => {
  const declared = new Set(ALL.map(([, { core = "" }]) => core.split(".", 2).join(".")));
  /** What the host says by itself: a size is the source's, and an image has another word for its file's name. */
  const own = ["media.fileSize", "media.originalFileName"];
  for (const [place, fields] of Object.entries(PLACES)) {
    for (const path of fields.map((field) => `${place}.${field}`)) {
      assert.ok(declared.has(path) || own.includes(path), path);
    }
  }
});

/** A value of each type that means something. */
const SAMPLES: Readonly<Record<ValueType, unknown>> = {
  text: "a",
  url: "https://example.com",
  words: "a,b",
  texts: ["a"],
  flag: true,
  flagOr: true,
  whole: 1,
  id: "7",
  ids: [7],
  size: "1MiB",
  duration: "1s",
  oneOf: undefined,
  fields: { a: "b" },
  video: { referenceId: "abcdef" },
  json: {},
  object: { url: "https://example.com", body: "a" },
  program: undefined,
};
const PROGRAM: Readonly<Record<string, unknown>> = {
  as: "video",
  budget: { parts: 1, bytes: 1, subrequests: 1, deadline: new Date() },
  shard: { first: 1, last: 2 },
  checkpoint: {},
};

test("what is declared reaches the core under the name that the core has for it", () => {
  for (const [place, fields] of Object.entries(PLACES)) {
    for (const [name, { core, type, values }] of Object.entries(DECLARED)) {
      if (!core?.startsWith(`${place}.`)) continue;
      const value = PROGRAM[name] ?? SAMPLES[type] ?? values?.[0];
      const made = into<object>(place, { [name]: value });
      const [, field = ""] = core.split(".");
      assert.deepEqual(Object.keys(made), [field], name);
      const known = field === "fileName" ? [...fields, "fileName"] : fields;
      assert.ok(known.includes(field), core);
    }
  }
});

test("each option has its type in the package's types, with its text", async () => {
  const file = new URL("../../pkg/src/options.gen.ts", import.meta.url);
  const [, body = ""] =
    /^export interface EveryOption \{\n([\s\S]*?)^\}/m.exec(await readFile(file, "utf8")) ?? [];
  const documented = [...body.matchAll(/\*\/\n {2}(\w+)\?: /g)].map(([, name]) => name);
  assert.deepEqual(documented, Object.keys(OPTIONS));
  for (const [name, text] of Object.entries(TEXTS)) assert.match(text, /^\S.*[.:`]$/, name);
});
