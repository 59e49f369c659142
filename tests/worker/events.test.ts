// Following an ingest as server-sent events.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callWorker,
  type IngestView,
  ingestEnd,
  postIngest,
  viewIngest,
} from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

const MIB = 1024 * 1024;

const { origin, worker } = await startWorld();

interface Message {
  event: string;
  id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: its fields are what the tests assert
  data: any;
}

/** Listens until the stream ends, or until enough has been heard. */
async function listen(
  id: string,
  lastEventId?: string,
  enough: (message: Message) => boolean = () => false,
): Promise<{ status: number; messages: Message[] }> {
  const abort = new AbortController();
  const response = await fetch(`${worker.url}/v1/ingests/${id}/events`, {
    signal: abort.signal,
    headers: {
      authorization: `Bearer ${worker.token}`,
      ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
    },
  });
  const messages: Message[] = [];
  if (response.status !== 200) {
    await response.body?.cancel();
    return { status: response.status, messages };
  }
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  let rest = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const message of blocks.flatMap(parse)) {
      messages.push(message);
      if (!enough(message)) continue;
      abort.abort();
      return { status: 200, messages };
    }
  }
  return { status: 200, messages };
}

function parse(block: string): Message[] {
  const fields = Object.fromEntries(
    block.split("\n").flatMap((line) => {
      const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  );
  return fields.event === undefined
    ? []
    : [{ ...fields, data: JSON.parse(fields.data ?? "") } as Message];
}

const entries = (messages: Message[]) => messages.filter(({ event }) => event === "entry");

test("everything is told in order, and then the end", async () => {
  const url = origin.add("/followed.mp4", { size: 8 * MIB, bytesPerSecond: MIB });
  const id = await postIngest(worker, { url, partSize: MIB });
  const { messages } = await listen(id);
  const { timeline, ...view } = await viewIngest(worker, id);
  const told = entries(messages);
  assert.deepEqual(
    told.map(({ data }) => data),
    timeline,
  );
  assert.deepEqual(
    told.map((one) => one.id),
    timeline.map(({ seq }) => String(seq)),
  );
  const views = messages
    .filter(({ event }) => event === "ingest")
    .map(({ data }) => data as IngestView);
  assert.ok(views.every(({ bytes }, n) => bytes >= (views[n - 1]?.bytes ?? 0)));
  assert.ok(new Set(views.map(({ bytes }) => bytes)).size > 2, "progress is told on the way");
  assert.deepEqual(views.at(-1), view, "the last word is how it ended");
  assert.deepEqual(messages.at(-1), { event: "end", data: {} });
  assert.ok(messages.slice(0, -1).every(({ event }) => event !== "end"));
});

test("who was cut off hears exactly what was missed", async () => {
  const url = origin.add("/cut-off.mp4", { size: 6 * MIB, bytesPerSecond: 3 * MIB });
  const id = await postIngest(worker, { url, partSize: MIB });
  const first = await listen(id, undefined, ({ event }) => event === "entry");
  const last = first.messages.at(-1)?.id ?? "";
  const second = await listen(id, last);
  const { timeline } = await viewIngest(worker, id);
  const heard = [...entries(first.messages), ...entries(second.messages)];
  assert.deepEqual(
    heard.map(({ data }) => data),
    timeline,
  );
  // All over again, from the middle.
  const [, middle] = timeline;
  const again = await listen(id, String(middle?.seq));
  assert.deepEqual(
    entries(again.messages).map(({ data }) => data),
    timeline.slice(2),
  );
  assert.equal((await listen(id, String(timeline.at(-1)?.seq))).status, 204);
  assert.equal((await listen(id, "nonsense")).status, 200, "what it never said is not believed");
});

test("what is over is told to its end, and what is not there is 404", async () => {
  const id = await postIngest(worker, { url: origin.add("/none.mp4", { status: 404 }) });
  await ingestEnd(worker, id);
  const { messages } = await listen(id);
  assert.deepEqual(
    messages.slice(-2).map(({ event }) => event),
    ["ingest", "end"],
  );
  assert.equal(messages.at(-2)?.data.error.code, "source_not_found");
  assert.equal((await listen("0".repeat(32))).status, 404);
});

test("a long timeline keeps its beginning and its newest, and a listener hears all of it", async () => {
  await callWorker(worker, "/v1/pause", { method: "POST" });
  const id = await postIngest(worker, { url: origin.add("/long-story.mp4", { size: 10 }) });
  for (let n = 0; n < 260; n += 1) {
    await callWorker(worker, `/v1/ingests/${id}`, { method: "DELETE" });
    await callWorker(worker, `/v1/ingests/${id}/retry`, { method: "POST" });
  }
  await callWorker(worker, "/v1/resume", { method: "POST" });
  const ended = await ingestEnd(worker, id);
  assert.equal(ended.state, "done", JSON.stringify(ended.error));
  const { timeline, omitted } = await viewIngest(worker, id);
  const { messages } = await listen(id);
  const told = entries(messages).map(({ data }) => data);
  assert.equal(told.length, timeline.length + (omitted ?? 0));
  assert.ok(told.length > 520 && timeline.length === 500, `${told.length}, ${timeline.length}`);
  assert.deepEqual(timeline, [...told.slice(0, 20), ...told.slice(-480)]);
  assert.deepEqual([told.at(0).type, told.at(-1).type], ["queued", "done"]);
  assert.ok(told.every(({ seq }, n) => n === 0 || seq > told[n - 1].seq));
  assert.deepEqual(messages.at(-1)?.event, "end");
  // From anywhere in it the rest is heard.
  for (const at of [0, 299, 499, 500, 520]) {
    const rest = await listen(id, String(told[at].seq));
    assert.deepEqual(
      entries(rest.messages).map(({ data }) => data),
      told.slice(at + 1),
    );
  }
});

test("a last id that this ingest never said loses nothing", async () => {
  const [id = "", other = ""] = await Promise.all(
    ["/mine.mp4", "/other.mp4"].map((path) =>
      postIngest(worker, { url: origin.add(path, { size: 10 }) }),
    ),
  );
  await Promise.all([id, other].map((one) => ingestEnd(worker, one)));
  const { timeline } = await viewIngest(worker, id);
  const { timeline: others } = await viewIngest(worker, other);
  const strange = [
    "nonsense",
    "0",
    "-1",
    "1e3",
    "999999999",
    "9".repeat(15),
    "9".repeat(40),
    " 1",
    "",
  ];
  for (const last of [...strange, String(others.at(-1)?.seq), String(others.at(0)?.seq)]) {
    const { status, messages } = await listen(id, last);
    assert.equal(status, 200, last);
    assert.deepEqual(
      entries(messages).map(({ data }) => data),
      timeline,
      last,
    );
  }
});

test("who asks for the head of a stream follows nothing", async () => {
  const url = origin.add("/head.mp4", { size: 10 });
  const id = await postIngest(worker, { url });
  const headers = { authorization: `Bearer ${worker.token}` };
  // More than one caller may follow at once.
  for (let n = 0; n < 120; n += 1) {
    const method = "HEAD";
    const response = await fetch(`${worker.url}/v1/ingests/${id}/events`, { method, headers });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  }
  assert.equal((await listen(id)).messages.at(-1)?.event, "end");
});

test("fifty listeners hear the same", async () => {
  const url = origin.add("/many.mp4", { size: 4 * MIB, bytesPerSecond: 2 * MIB });
  const id = await postIngest(worker, { url, partSize: MIB });
  const all = await Promise.all(Array.from({ length: 50 }, () => listen(id)));
  const { timeline } = await viewIngest(worker, id);
  for (const { messages } of all) {
    assert.deepEqual(
      entries(messages).map(({ data }) => data),
      timeline,
    );
    assert.equal(messages.at(-1)?.event, "end");
  }
});

test("numbers of entries and cursors of pages tell nothing of what happens to others", async () => {
  await callWorker(worker, "/v1/pause", { method: "POST" });
  const url = origin.add("/quiet.mp4", { size: 10 });
  const pageAfter = async () => (await callWorker(worker, "/v1/ingests?limit=1")).body.cursor;
  const id = await postIngest(worker, { url });
  const early: string = await pageAfter();
  const others = Array.from({ length: 20 }, () => ({ url }));
  await callWorker(worker, "/v1/ingests", { method: "POST", body: JSON.stringify(others) });
  await callWorker(worker, `/v1/ingests/${id}`, { method: "DELETE" });
  const { timeline } = await viewIngest(worker, id);
  assert.deepEqual(
    timeline.map(({ type, seq }) => [type, seq - (timeline[0]?.seq ?? 0)]),
    [
      ["queued", 0],
      ["canceled", 1],
    ],
  );
  const late: string = await pageAfter();
  assert.match(late, /^v1\.[\w-]+$/);
  assert.equal(late.length, early.length);
  const inside = Buffer.from(late.slice(3), "base64url").toString("latin1");
  assert.doesNotMatch(inside, /\d{3}/);
});
