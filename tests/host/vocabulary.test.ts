// Callers say one thing in one way, whichever door they come through.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFields } from "../../pkg/src/cli/ingest/fields.ts";
import { parseIngest } from "../../pkg/src/handler/body.ts";
import { type UploadItem, Vodlift } from "../../pkg/src/index.ts";
import { asWrittenNow } from "../../worker/src/ingest/earlier.ts";

const url = "https://example.com/film.mp4";
const vod = new Vodlift({ accessKeyId: "id", accessKeySecret: "secret" });

test("headers are named by where they go, and the old name is refused with both, in every shell", async () => {
  const headers = { "x-a": "1" };
  const api = (work: () => Promise<unknown>) => work().then(String, (error) => error.message);
  const item = { source: url, headers } as UploadItem;
  const told = [
    await api(() => vod.upload(url, { headers } as object)),
    await api(() => vod.uploadPlaylist(url, { headers } as object)),
    await api(() => vod.check("image", url, { headers } as object)),
    await api(() => vod.resume({} as never, { headers } as object)),
    (await vod.uploadAll([item]).next()).value?.error?.message,
    (parseIngest({ url, headers }) as { detail: string }).detail,
  ];
  const rule =
    "is no option: `objectHeaders` are stored with the object, `sourceHeaders` are sent to the source";
  for (const message of told) assert.equal(message, `\`headers\` ${rule}`);
  assert.throws(() => readFields({ source: url, headers }), { field: "headers", message: rule });
});

test("a request that was stored under the old name is read under the new one", () => {
  const sourceHeaders = { "x-a": "1" };
  const stored = { url, wait: false };
  assert.deepEqual(asWrittenNow({ ...stored, headers: sourceHeaders }), {
    ...stored,
    sourceHeaders,
  });
  assert.deepEqual(asWrittenNow({ ...stored, sourceHeaders }), { ...stored, sourceHeaders });
});
