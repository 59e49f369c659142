// PUT /v1/uploads: the body of a request becomes a video, streamed through.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { type Content, madeUp, sha256OfFile } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  partsStored,
  startService,
  storedFile,
  storedObjects,
} from "../support/service.ts";
import { until } from "../support/until.ts";
import { callWorker, listAll, type RunningWorker, startWorker } from "../support/worker.ts";

const MIB = 1024 * 1024;
const MOST = 120 * MIB;

let service: Emulator;
let worker: RunningWorker;
before(async () => {
  service = await startService();
  const settings = { VODLIFT_MAX_BYTES: String(MOST) };
  worker = await startWorker({ service, settings });
});
after(async () => {
  await worker.close();
  await service.close();
});

interface Sent {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: its fields are what the tests assert
  body: any;
}

/** @param announced Whether its length is: without it the body is chunked. */
async function put(
  content: Content,
  announced: boolean,
  query = "title=sent.mp4",
  signal?: AbortSignal,
): Promise<Sent> {
  const response = await fetch(`${worker.url}/v1/uploads?${query}`, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${worker.token}`,
      ...(announced && { "content-length": String(content.size) }),
    },
    body: Readable.toWeb(Readable.from(content.read(0, content.size))) as unknown as BodyInit,
    duplex: "half",
    ...(signal && { signal }),
  } as RequestInit);
  return { status: response.status, body: await response.json() };
}

for (const announced of [true, false]) {
  const how = announced ? "with" : "without";
  test(`100 MB ${how} a Content-Length arrive byte for byte`, async () => {
    const content = madeUp(100 * 1000 * 1000 + 7, how);
    const { status, body } = await put(content, announced);
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual([body.state, body.bytes], ["done", content.size]);
    const stored = storedFile(service, body.mediaId);
    assert.equal(await sha256OfFile(stored), await content.sha256());
    const { body: view } = await callWorker(worker, `/v1/ingests/${body.id}`);
    assert.deepEqual(
      [view.state, view.bytes, view.url, view.title],
      ["done", content.size, "upload:", "sent.mp4"],
    );
    await assertNothingOpen(service);
  });
}

test("a small one arrives, too", async () => {
  for (const announced of [true, false]) {
    const { status, body } = await put(madeUp(1000), announced, "title=Small");
    assert.deepEqual([status, body.bytes], [201, 1000]);
  }
});

test("a client that goes away midway leaves nothing open, and a row that says so", async () => {
  const abort = new AbortController();
  const whole = madeUp(100 * MIB, "cut");
  const stuck: Content = {
    ...whole,
    async *read() {
      yield* whole.read(0, 60 * MIB);
      await new Promise(() => {});
    },
  };
  const known = partsStored(service).length + 1;
  const objects = await storedObjects(service);
  const sent = put(stuck, true, "title=gone.mp4", abort.signal);
  await until(() => partsStored(service).length > known);
  abort.abort();
  await assert.rejects(sent);
  const row = async () => (await listAll(worker)).find(({ title }) => title === "gone.mp4");
  await until(async () => (await row())?.state !== "running");
  const { state, error } = (await row()) ?? {};
  assert.equal(state, "failed", JSON.stringify(error));
  assert.match(error?.code ?? "", /^(aborted|interrupted|source_.*)$/);
  await until(async () => (await service.openUploads()).length === 0);
  assert.deepEqual(await storedObjects(service), objects);
});

test("what is refused is refused by its field or its code", async () => {
  const refusals: [query: string, content: Content, status: number, code: string][] = [
    ["", madeUp(10), 400, "invalid_argument"],
    [`title=${"x".repeat(129)}`, madeUp(10), 400, "invalid_argument"],
    ["title=a&cateId=x", madeUp(10), 400, "invalid_argument"],
    ["title=a&fileName=film.exe", madeUp(10), 400, "vod_rejected"],
    ["title=a", madeUp(0), 400, "empty_source"],
    ["title=a", madeUp(MOST + 1), 413, "too_large"],
  ];
  for (const [query, content, status, code] of refusals) {
    for (const announced of [true, false]) {
      const sent = await put(content, announced, query).catch(() => undefined);
      // The Worker may answer before it has read everything, and Node may see no more than that.
      if (sent === undefined && content.size > MOST) continue;
      assert.deepEqual([sent?.status, sent?.body.code], [status, code], `${query} ${announced}`);
    }
  }
  await assertNothingOpen(service);
});
