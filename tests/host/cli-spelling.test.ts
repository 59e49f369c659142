// Messages and hints name an option as the shell calls it in which the error is read: every code, in every shell.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { asFailure } from "../../pkg/src/cli/failure.ts";
import { COLUMNS, FIELDS } from "../../pkg/src/cli/ingest/fields.ts";
import { FLAGS } from "../../pkg/src/cli/spelling.ts";
import { errorOf } from "../../pkg/src/core.ts";
import { type Code, VodliftError, withOptionNames } from "../../pkg/src/error.ts";
import { NAMES as HANDLER } from "../../pkg/src/handler/problem.ts";
import { OPTIONS } from "../../pkg/src/options.gen.ts";
import { NAMES as WORKER } from "../../worker/src/names.ts";

const declared = await readFile(new URL("../../pkg/src/wasm/core.d.ts", import.meta.url), "utf8");
const CODES = [
  ...(/export type Code = ([^;]+);/.exec(declared)?.[1] ?? "").matchAll(/"(\w+)"/g),
].map(([, code]) => code as Code);

const inApi = (error: VodliftError) => error;
const onCommandLine = (error: VodliftError) => asFailure(error);
const inManifest = (error: VodliftError) => asFailure(error, COLUMNS);
const inHandler = (error: VodliftError) => withOptionNames(error, HANDLER);
const inWorker = (error: VodliftError) => withOptionNames(error, WORKER);

/** What the shells call the options that they call otherwise than the API does. */
const SHELLS = { inApi, onCommandLine, inManifest, inHandler, inWorker };

test("no hint of any code is empty, leaks a slot, or names an option of another shell", () => {
  assert.ok(CODES.length > 50, "the codes are found");
  for (const code of CODES) {
    for (const [shell, tell] of Object.entries(SHELLS)) {
      const { hint } = tell(new VodliftError(errorOf(code, "")));
      const place = `${code} ${shell}: ${hint}`;
      assert.match(hint, /^[A-Z].{10,}\.$/, place);
      assert.doesNotMatch(hint, /[{}]/, place);
      const flags = hint.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [];
      const fields = hint.match(/\b[a-z]+[A-Z]\w*/g) ?? [];
      if (shell === "onCommandLine") {
        assert.deepEqual(fields, [], place);
        for (const flag of flags.filter((flag) => flag !== "--tls")) {
          assert.ok(Object.values(FLAGS).includes(flag), place);
        }
      } else if (shell !== "inManifest") assert.deepEqual(flags, [], place);
    }
  }
});

test("each option that the core can name has a flag, and a column where there is one", () => {
  const told = (field: string, names?: typeof FLAGS) =>
    asFailure(new VodliftError(errorOf("invalid_argument", `\`${field}\` must not`)), names)
      .message;
  assert.equal(told("fileName"), "`--file-name` must not");
  assert.equal(told("fileName", COLUMNS), "`fileName` must not");
  assert.equal(told("objectHeaders"), "`--object-header` must not");
  assert.equal(told("objectHeaders", COLUMNS), "`objectHeaders` must not");
  assert.equal(told("sourceHeaders"), "`--source-header` must not");
  assert.equal(told("sourceHeaders", COLUMNS), "`sourceHeaders` must not");
  assert.equal(told("callback.body"), "`--callback body` must not");
  assert.equal(told("limits.files"), "`--limits files` must not");
  assert.equal(told("ossEndpoint"), "`--oss-endpoint` must not");
  assert.equal(told("allowPrivateSources", COLUMNS), "`--allow-private` must not");
  assert.equal(told("constructor"), "`constructor` must not");
  const worker = (field: string) =>
    withOptionNames({ message: `\`${field}\``, hint: "" }, WORKER).message;
  assert.equal(worker("sourceHeaders"), "`sourceHeaders`");
  assert.equal(worker("allowPrivateSources"), "`VODLIFT_ALLOW_PRIVATE_SOURCES`");
  for (const field of FIELDS) assert.doesNotMatch(told(field, COLUMNS), /--/, field);
});

test("the core calls an option as the API does, so that it has a name in every shell", async () => {
  const root = new URL("../../src/", import.meta.url);
  const read = (name: string) =>
    readFile(new URL(`../../pkg/src/${name}.ts`, import.meta.url), "utf8");
  const ofCalls = (await read("options")) + (await read("ticket"));
  // Functions that only Rust and `vodlift/core` have, and the calls of VOD.
  const apart = [
    "oss/request.rs",
    "vod/conversation.rs",
    "vod/pull.rs",
    "vod/request.rs",
    "wasm.rs",
    "wasm_oss.rs",
  ];
  const others = ["media", "entropy", "ticket", "maxParts", "maxPartSize", "bucket", "key"];
  const said = new Set<string>();
  for (const file of await readdir(root, { recursive: true })) {
    if (!file.endsWith(".rs") || apart.includes(file)) continue;
    const text = await readFile(new URL(file, root), "utf8");
    for (const [, field = ""] of text.matchAll(/Error::invalid\(\s*"([\w.]+)"/g)) said.add(field);
  }
  assert.ok(said.size > 15);
  for (const field of said) {
    const [outer = ""] = field.split(".");
    const found = outer in OPTIONS || others.includes(outer);
    const isOfCalls = new RegExp(`\\b${outer}\\??:`).test(ofCalls);
    assert.ok(found || isOfCalls || field in FLAGS, `the API has no ${field}`);
  }
});
