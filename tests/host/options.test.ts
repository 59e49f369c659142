// Nothing that the API can do is forgotten on the command line and in manifests: each field of the API's options is an
// option and a column there, or stands here with the reason why not.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { help } from "../../pkg/src/cli/help.ts";
import { FIELDS } from "../../pkg/src/cli/ingest/fields.ts";
import {
  ABORT,
  CALL,
  EMULATOR,
  INGEST,
  RESUME,
  UPLOAD,
} from "../../pkg/src/cli/options/commands.ts";
import { FIELDS as OPTIONS } from "../../pkg/src/fields.ts";
import { Vodlift } from "../../pkg/src/index.ts";

const source = await readFile(new URL("../../pkg/src/options.ts", import.meta.url), "utf8");

/** The fields that an interface of options.ts declares itself, each with its comment. */
function fieldsOf(name: string): { field: string; documented: boolean }[] {
  const [, body = ""] =
    new RegExp(`^export interface ${name}\\b[\\s\\S]*?\\{\\n([\\s\\S]*?)^\\}`, "m").exec(source) ??
    [];
  const found = [...body.matchAll(/(\*\/\n)?^ {2}(\w+)\??: /gm)];
  assert.ok(found.length > 0, name);
  return found.map(([, comment, field = ""]) => ({ field, documented: comment !== undefined }));
}

const KEYS = ["accessKeyId", "accessKeySecret", "securityToken"];
/** Callbacks and signals of a program: the command has a progress bar and Ctrl-C. */
const PROGRAM = ["signal", "onProgress", "onSlowRequest"];
/** Of a program with records of its own: the command has checkpoints. */
const RECORDS = ["earlierMediaId"];

/** What the command line calls otherwise. */
const RENAMED: Readonly<Record<string, string>> = {
  allowPrivateSources: "allowPrivate",
  as: "kind",
  confirmSource: "yes",
  confirmReplace: "yes",
  ownMediaOnly: "yes",
};

const COVERED: [name: string, table: object, left: string[]][] = [
  // Keys come from the environment: an argument is seen by everybody on the machine.
  ["VodliftOptions", UPLOAD, [...KEYS, "credentials"]],
  ["UploadOptions", UPLOAD, [...PROGRAM, ...RECORDS]],
  ["PlaylistOptions", UPLOAD, []],
  ["UploadImageOptions", UPLOAD, []],
  ["UploadAttachedMediaOptions", UPLOAD, []],
  ["ResumeOptions", RESUME, []],
  ["CallOptions", CALL, PROGRAM],
];

for (const [name, table, left] of COVERED) {
  test(`each field of ${name} is an option`, () => {
    const missing = fieldsOf(name)
      .map(({ field }) => field)
      .filter((field) => !left.includes(field) && !Object.hasOwn(table, RENAMED[field] ?? field));
    assert.deepEqual(missing, []);
  });
}

test("each field of UploadOptions is a column, or is for all rows or none", () => {
  const left = [
    ...PROGRAM,
    ...RECORDS,
    "slowRequestMs",
    "trace",
    "allowPrivateSources",
    "allowHosts",
    "denyHosts",
    "checkpoint",
    "size",
  ];
  const missing = fieldsOf("UploadOptions")
    .map(({ field }) => field)
    .filter((field) => !left.includes(field) && !FIELDS.includes(field));
  assert.deepEqual(missing, []);
  for (const field of FIELDS) assert.match(help("ingest"), new RegExp(`\\b${field}\\b`));
});

test("check takes every option of what it is told, and names one of another kind", async () => {
  const { upload, playlist, image, attached } = OPTIONS;
  for (const { known } of [upload, playlist, image, attached]) {
    const strange = known.filter((field) => !OPTIONS.any.known.includes(field));
    assert.deepEqual(strange, []);
  }
  const vod = new Vodlift({ accessKeyId: "id", accessKeySecret: "secret" });
  const url = "https://example.com/film.mp4";
  const SUBTITLE = { businessType: "subtitle" } as const;
  await vod.check("video", url, { as: "video", replace: "0123456789" });
  await vod.check("attached", "https://example.com/a.srt", { ...SUBTITLE, cateId: 1 });
  for (const [as, options, words] of [
    ["image", { referenceId: "film-1" }, "`referenceId` does not go with `as` image"],
    ["playlist", { partSize: 102_400 }, "`partSize` does not go with `as` playlist"],
    ["attached", { ...SUBTITLE, imageExt: "png" }, "`imageExt` does not go with `as` attached"],
    ["image", { ttle: "Film" }, "`ttle` is no option: did you mean `title`?"],
  ] as const) {
    const source = as === "image" ? "https://example.com/a.png" : url;
    await assert.rejects(vod.check(as, source, options as object), (error: Error) =>
      error.message.startsWith(words),
    );
  }
});

test("each field of the API's options says what it is for", () => {
  const names = [...source.matchAll(/^export interface (\w+)/gm)].map(([, name = ""]) => name);
  const silent = names.flatMap((name) => fieldsOf(name).filter(({ documented }) => !documented));
  assert.deepEqual(silent, []);
});

test("each option stands in the help of its command, which fits a terminal", () => {
  const tables = {
    upload: UPLOAD,
    resume: RESUME,
    abort: ABORT,
    call: CALL,
    ingest: INGEST,
    emulator: EMULATOR,
  };
  for (const [command, table] of Object.entries(tables)) {
    const lines = help(command).split("\n");
    for (const { usage } of Object.values(table)) {
      assert.equal(lines.filter((line) => line.startsWith(`  ${usage}`)).length, 1, usage);
    }
    const options = lines.filter((line) => /^ {2}--| {29}/.test(line));
    assert.deepEqual(
      options.filter((line) => line.length > 120),
      [],
    );
  }
});
