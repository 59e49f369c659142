// Options where people meet them: in the help, and where they are given for the wrong kind.
import assert from "node:assert/strict";
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

test("each column of a manifest stands in the help", () => {
  for (const field of FIELDS) assert.match(help("ingest"), new RegExp(`\\b${field}\\b`));
});

test("check takes every option of what it is told, and names one of another kind", async () => {
  const { video, playlist, image, attached } = OPTIONS;
  for (const { known } of [video, playlist, image, attached]) {
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
