// An id is no proof of ownership: what one caller's ingest has made in VOD no other caller gets at by naming it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256OfFile } from "../support/origin.ts";
import { mediaMade, storedFile } from "../support/service.ts";
import { until } from "../support/until.ts";
import {
  type Answer,
  callWorker,
  type IngestView,
  ingestEnd,
  postIngest,
  sha256,
} from "../support/worker.ts";
import { startWorld } from "../support/world.ts";

const WORK = ["create", "read", "cancel"];
const TOKENS = [
  { name: "alice", sha256: sha256("alice"), scopes: WORK },
  { name: "mallory", sha256: sha256("mallory"), scopes: ["create", "read"] },
  { name: "admin", sha256: sha256("admin"), scopes: [...WORK, "admin"] },
];
const settings = { VODLIFT_TOKENS: JSON.stringify(TOKENS) };
const { service, origin, worker } = await startWorld({ token: "admin", settings });

let count = 0;
const source = (route: object = {}): string => {
  count += 1;
  return origin.add(`/film-${count}.mp4`, { size: 300_000, seed: String(count), ...route });
};
const by = (token: string) => ({ ...worker, token });
const lift = async (token: string, fields: object): Promise<IngestView> =>
  ingestEnd(by(token), await postIngest(by(token), fields));
const post = (token: string, body: object): Promise<Answer> =>
  callWorker(by(token), "/v1/ingests", { method: "POST", body: JSON.stringify(body) });
const put = (token: string, query: string): Promise<Answer> =>
  callWorker(by(token), `/v1/uploads?${query}`, { method: "PUT", body: Buffer.alloc(300_000, 1) });
/** What OSS has of it. */
const storedSha256 = ({ mediaId }: IngestView): Promise<string> =>
  sha256OfFile(storedFile(service, mediaId));

test("another's media is replaced by none of its ids, and answered as one that is not there", async () => {
  const theirs = await lift("alice", { url: source(), referenceId: "alices-film" });
  const before = await storedSha256(theirs);
  const [media] = await mediaMade(service);
  const targets = [
    theirs.mediaId,
    { mediaId: theirs.mediaId },
    { referenceId: "alices-film" },
    { mediaId: media?.id },
  ];
  for (const replace of targets) {
    const { status, body } = await post("mallory", { url: source(), replace });
    const none = await post("mallory", { url: source(), replace: { referenceId: "no-such-film" } });
    assert.deepEqual([status, body], [404, none.body], JSON.stringify(replace));
    const query = new URLSearchParams({
      title: "a.mp4",
      replace: typeof replace === "string" ? replace : JSON.stringify(replace),
    });
    query.delete("title");
    const sent = await put("mallory", query.toString());
    assert.deepEqual([sent.status, sent.body.code], [404, "media_not_found"]);
  }
  // A claim that came to nothing proves nothing.
  const claimed = await lift("mallory", { url: source(), referenceId: "alices-film" });
  assert.equal(claimed.error?.code, "reference_taken");
  const again = await post("mallory", { url: source(), replace: { referenceId: "alices-film" } });
  assert.equal(again.status, 404);
  assert.equal(await storedSha256(theirs), before, "its object is as it was");
  for (const [who, replace] of [
    ["alice", { referenceId: "alices-film" }],
    ["admin", theirs.mediaId],
  ] as const) {
    const url = source();
    const done = await lift(who, { url, replace });
    assert.deepEqual([done.state, done.mediaId], ["done", theirs.mediaId], who);
    assert.equal(await storedSha256(theirs), await origin.sha256(new URL(url).pathname));
  }
});

test("ids of this Worker's own are told by nobody, and nobody's own begins like them", async () => {
  const { id, mediaId } = await lift("alice", { url: source() });
  const made = (await mediaMade(service)).find((one) => one.id === mediaId);
  const { referenceId: own = "" } = made as { referenceId?: string };
  assert.match(own, /^vodlift-[0-9a-f]{40}$/);
  assert.ok(!own.includes(id) && !own.includes(sha256(id).slice(0, 40)));
  for (const referenceId of [own, `vodlift-${id}`, "vodlift-mine", "VODLIFT-mine", " Vodlift-x"]) {
    for (const fields of [{ referenceId }, { replace: { referenceId } }]) {
      const { status, body } = await post("mallory", { url: source(), ...fields });
      assert.deepEqual([status, body.code], [400, "invalid_argument"], referenceId);
    }
    const query = new URLSearchParams({ title: "a.mp4", referenceId });
    const { status, body } = await put("mallory", query.toString());
    assert.deepEqual([status, body.field], [400, "referenceId"]);
  }
});

test("a refusal is the same whoever has the id and whatever is in it", async () => {
  const refused = { kind: "answer", status: 403, code: "AccessDenied" } as const;
  await lift("alice", { url: source(), referenceId: "done-0001" });
  service.setFaults([{ operation: "PutObject", action: refused }]);
  await lift("alice", { url: source(), referenceId: "failed-0001" });
  service.setFaults([]);
  const held = source({ size: 4_000_000 });
  origin.hold(new URL(held).pathname, (offset) => offset >= 1_000_000);
  const moving = await postIngest(by("alice"), { url: held, referenceId: "moving-0001" });
  await until(async () => (await callWorker(worker, `/v1/ingests/${moving}`)).body.mediaId);
  const told = new Set<string>();
  for (const referenceId of ["done-0001", "failed-0001", "moving-0001"]) {
    const { state, mediaId, error } = await lift("mallory", { url: source(), referenceId });
    assert.deepEqual([state, mediaId], ["failed", undefined]);
    told.add(JSON.stringify({ ...error, requestId: undefined }));
  }
  assert.equal(told.size, 1, [...told].join("\n"));
  await callWorker(worker, `/v1/ingests/${moving}`, { method: "DELETE" });
});

test("what another has left without a file is not taken for what a lost reply made", async () => {
  const refused = { kind: "answer", status: 403, code: "AccessDenied" } as const;
  service.setFaults([{ operation: "PutObject", action: refused }]);
  const left = await lift("alice", { url: source(), referenceId: "left-0001" });
  assert.ok(left.mediaId);
  // At once: within the seconds in which the two media could not be told apart by their age.
  service.setFaults([{ operation: "CreateUploadVideo", nth: 1, action: { kind: "reset-before" } }]);
  const { state, error, mediaId } = await lift("mallory", {
    url: source(),
    referenceId: "left-0001",
  });
  service.setFaults([]);
  assert.deepEqual([state, error?.code, mediaId], ["failed", "reference_taken", undefined]);
});
