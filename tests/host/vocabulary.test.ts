// Callers say one thing in one way, whichever door they come through.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readFields } from "../../pkg/src/cli/ingest/fields.ts";
import { ErrorCode, STATUSES, STATUSES_OF_CODES } from "../../pkg/src/codes.gen.ts";
import { parseIngest } from "../../pkg/src/handler/body.ts";
import { problem, problemOf, statusOf } from "../../pkg/src/handler/problem.ts";
import { fromFile, type UploadItem, Vodlift, VodliftError } from "../../pkg/src/index.ts";
import { asWrittenNow } from "../../worker/src/ingest/earlier.ts";
import { startService } from "../support/service.ts";

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

test("the Worker's problem details are those of the handler", async () => {
  const source = await readFile(
    new URL("../../worker/src/api/problem.ts", import.meta.url),
    "utf8",
  );
  assert.match(source, /import \{ problem as detailsOf, .* \} from "vodlift\/shell"/);
  assert.doesNotMatch(source, /about:blank|title:/);
  assert.deepEqual(problem(413, { code: "a", detail: "b", hint: "c", retryable: false }), {
    type: "about:blank",
    title: "Content Too Large",
    status: 413,
    ...{ code: "a", detail: "b", hint: "c", retryable: false },
  });
});

test("a failure has one HTTP status, whichever server answers, and the page tells it", async () => {
  const page = await readFile(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const source = await readFile(
    new URL("../../worker/src/api/problem.ts", import.meta.url),
    "utf8",
  );
  assert.doesNotMatch(source, /[45]\d\d,$/m, "no table of its own");
  for (const [name, status] of Object.entries(STATUSES))
    assert.match(page, new RegExp(`Class \`${name}\`, exit code \\d+, HTTP ${status}`));
  for (const code of Object.values(ErrorCode)) {
    const error = VodliftError.of(code, "as it is");
    const own = (STATUSES_OF_CODES as Record<string, number>)[code];
    assert.equal(statusOf(error), own ?? STATUSES[error.class]);
    assert.equal(problemOf(error).status, statusOf(error), code);
    if (own !== undefined) assert.ok(page.includes(`${own} for \`${code}\``), code);
  }
  assert.equal(statusOf({ code: "none_of_ours" }), 502);
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

test("`upload` is the road of every kind: what `as` says, the methods do alike", async (t) => {
  const service = await startService();
  t.after(() => service.close());
  const client = new Vodlift(service);
  const bytes = () => new Uint8Array(9).fill(7);
  const kindOf = async (end: Promise<{ kind: string }>) => (await end).kind;
  const png = { fileName: "a.png" };
  assert.equal(await kindOf(client.upload(bytes(), { fileName: "a.mp4" })), "video");
  assert.equal(await kindOf(client.upload(bytes(), { as: "image", ...png, cateId: 7 })), "image");
  assert.equal(await kindOf(client.uploadImage(bytes(), { ...png, cateId: 7 })), "image");
  // What is not said is the core's default.
  const attached = await client.upload(bytes(), {
    as: "attached",
    ...png,
    cateId: 7,
    cateIds: [8],
  });
  assert.deepEqual([attached.kind, /^material\//.test(attached.objectKey)], ["attached", true]);
  assert.equal(await kindOf(client.uploadAttachedMedia(bytes(), png)), "attached");
  const folder = await mkdtemp(join(tmpdir(), "vodlift-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "a.m3u8"), "#EXTM3U\n#EXTINF:1,\n7.ts\n#EXT-X-ENDLIST\n");
  await writeFile(join(folder, "7.ts"), bytes());
  const list = fromFile(join(folder, "a.m3u8"));
  const playlist = await client.upload(list, { as: "playlist", complete: true });
  assert.match(playlist.objectKey, /\.m3u8$/);
  const items = [
    { source: bytes(), as: "image", ...png },
    { source: bytes(), as: "image", ...png, workflowId: "w" },
  ] as const;
  const ends = [];
  for await (const end of client.uploadAll(items))
    ends.push(end.outcome?.kind ?? end.error?.message);
  const told = "`workflowId` does not go with `as` image";
  assert.deepEqual(ends.toSorted(), [told, "image"].toSorted());
});
