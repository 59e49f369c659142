// Requests in random order, repeated, written otherwise, canceled and retried, while listeners come and go and workerd dies
// now and then. What must hold holds for every seed; SEED=7 runs that one alone.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { madeUp, type Origin, sha256OfFile, startOrigin } from "../support/origin.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { type Emulator, startService, storedFile } from "../support/service.ts";
import { until } from "../support/until.ts";
import { cannotKill, SOON_STALE, startVictim, type Victim } from "../support/victim.ts";
import { type Answer, callWorker, listAll, viewIngest } from "../support/worker.ts";

const KIB = 1024;
const STEPS = 70;
const SEEDS = process.env.SEED ? [Number(process.env.SEED)] : [1, 2];
const CALLBACK_KEY = "a-callback-key";

type Random = (below: number) => number;

/** mulberry32 */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface Asked {
  how: "POST" | "PUT";
  key: string | undefined;
  /** Of a PUT the query. */
  request: Record<string, unknown>;
  sha256: string;
  body?: Uint8Array;
  id: string | undefined;
}

/** What was under way when workerd died has no answer. */
function died(error: unknown): void {
  if (error instanceof assert.AssertionError) throw error;
}

class Play {
  readonly random: Random;
  readonly asked: Asked[] = [];
  readonly listeners: Promise<void>[] = [];
  /** Sequence numbers that listeners have heard, by ingest and listener. */
  readonly heard: { id: string; seqs: number[] }[] = [];
  readonly flights: Promise<unknown>[] = [];
  restarts = 0;
  over = false;
  readonly world: { service: Emulator; origin: Origin; receiver: Receiver };
  worker: Victim;
  readonly #restart: () => Promise<Victim>;

  constructor(seed: number, world: Play["world"], worker: Victim, restart: () => Promise<Victim>) {
    this.random = randomOf(seed);
    this.world = world;
    this.worker = worker;
    this.#restart = restart;
  }

  pick<T>(list: readonly T[]): T {
    const one = list[this.random(list.length)];
    assert.ok(one !== undefined);
    return one;
  }

  chance(perCent: number): boolean {
    return this.random(100) < perCent;
  }

  async step(n: number): Promise<void> {
    const dice = this.random(100);
    if (dice < 30 || this.asked.length === 0) return this.post(n);
    if (dice < 42) return this.put(n);
    if (dice < 60) return this.repeat();
    if (dice < 66) return this.conflict();
    if (dice < 84) return this.deed();
    return this.listen();
  }

  reference(): object {
    return this.chance(35) ? { referenceId: `reference-${this.random(5)}` } : {};
  }

  key(n: number): string | undefined {
    return this.chance(60) ? `key-${n}` : undefined;
  }

  async post(n: number): Promise<void> {
    const path = `/film-${n}.mp4`;
    const url = this.world.origin.add(path, {
      size: this.pick([10, 150 * KIB, 600 * KIB]),
      seed: `${n}`,
      ...(this.chance(30) && { bytesPerSecond: 300 * KIB }),
      ...(this.chance(15) && { status: 404, statusTimes: 1 }),
    });
    const request = {
      url,
      partSize: 102_400,
      sourceHeaders: { "x-one": "1", "x-two": "2" },
      tags: ["a", "b"],
      ...(this.chance(30) && { wait: true }),
      ...this.reference(),
    };
    const sha256 = await this.world.origin.sha256(path);
    const one: Asked = { how: "POST", key: this.key(n), request, sha256, id: undefined };
    await this.send(one);
    this.asked.push(one);
  }

  async put(n: number): Promise<void> {
    const content = madeUp(this.pick([10, 400 * KIB]), `put-${n}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of content.read(0, content.size)) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const request = { title: `Put ${n}`, tags: "a,b", ...this.reference() };
    const sha256 = await content.sha256();
    const one: Asked = { how: "PUT", key: this.key(n), request, sha256, body, id: undefined };
    this.asked.push(one);
    // Some are sent while other things happen.
    const flight = this.send(one);
    if (this.chance(50)) await flight;
    else this.flights.push(flight);
  }

  /** Members in another order say the same. */
  shuffled(request: Record<string, unknown>): Record<string, unknown> {
    const members = Object.entries(request)
      .map(([name, value]) => ({ name, value, at: this.random(1000) }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ name, value }) => [
        name,
        name === "sourceHeaders" ? this.shuffled(value as never) : value,
      ]);
    return Object.fromEntries(members);
  }

  /** The request once more: under a key it answers the same id, always. */
  async send(one: Asked): Promise<Answer | undefined> {
    const headers: Record<string, string> = one.key ? { "idempotency-key": one.key } : {};
    const request = this.shuffled(one.request);
    const answer = await (one.how === "POST"
      ? callWorker(this.worker, "/v1/ingests", {
          method: "POST",
          headers,
          body: JSON.stringify(request),
        })
      : callWorker(this.worker, `/v1/uploads?${new URLSearchParams(request as never)}`, {
          method: "PUT",
          headers,
          body: one.body as BodyInit,
        })
    ).catch(() => undefined);
    // workerd was killed under it.
    if (answer === undefined) return undefined;
    const { status, body } = answer;
    if (status === 200 || status === 201 || status === 202) {
      assert.ok(one.id === undefined || one.id === body.id, "one key, one id");
      one.id = body.id;
    } else {
      assert.ok([400, 409, 502].includes(status), `${status} ${JSON.stringify(body)}`);
      assert.equal(one.how, "PUT");
    }
    return answer;
  }

  async repeat(): Promise<void> {
    const one = this.pick(this.asked);
    if (one.key !== undefined) await this.send(one);
  }

  async conflict(): Promise<void> {
    const one = this.pick(this.asked);
    if (one.key === undefined || one.id === undefined) return;
    const known = one.id;
    const other = { ...one, request: { ...one.request, description: "other" } };
    const headers = { "idempotency-key": one.key };
    const answer = await (one.how === "POST"
      ? callWorker(this.worker, "/v1/ingests", {
          method: "POST",
          headers,
          body: JSON.stringify(other.request),
        })
      : callWorker(this.worker, `/v1/uploads?${new URLSearchParams(other.request as never)}`, {
          method: "PUT",
          headers,
          body: one.body as BodyInit,
        }));
    assert.equal(answer.status, 422, JSON.stringify(answer.body));
    assert.equal(one.id, known);
  }

  async deed(): Promise<void> {
    const { id } = this.pick(this.asked);
    if (id === undefined) return;
    const [method, more] = this.pick([
      ["DELETE", ""],
      ["POST", "/stop"],
      ["POST", "/retry"],
      ["POST", "/retry"],
    ] as const);
    const asked = callWorker(this.worker, `/v1/ingests/${id}${more}`, { method }).then(
      ({ status }) => assert.ok([200, 202, 409].includes(status), `${method} ${more} ${status}`),
    );
    // Some are asked before the one before is answered. workerd may be killed under them.
    if (this.chance(50)) await asked;
    else this.flights.push(asked.catch(died));
  }

  async listen(): Promise<void> {
    const { id } = this.pick(this.asked);
    if (id === undefined) return;
    const heard = { id, seqs: [] as number[] };
    this.heard.push(heard);
    // Its own luck: how long it listens must not change what is asked meanwhile.
    this.listeners.push(this.follow(heard, randomOf(this.random(1_000_000))));
  }

  /** Is cut off now and then, comes back, and says what it heard last. */
  async follow({ id, seqs }: { id: string; seqs: number[] }, random: Random): Promise<void> {
    for (let last = false; !last; ) {
      last = this.over;
      const enough = last ? Number.POSITIVE_INFINITY : 1 + random(6);
      await this.hear(id, seqs, enough).catch(() => {});
      if (!last) await sleep(50 + random(200));
    }
  }

  async hear(id: string, seqs: number[], enough: number): Promise<void> {
    const abort = new AbortController();
    const response = await fetch(`${this.worker.url}/v1/ingests/${id}/events`, {
      signal: abort.signal,
      headers: {
        authorization: `Bearer ${this.worker.token}`,
        ...(seqs.length > 0 && { "last-event-id": String(seqs.at(-1)) }),
      },
    });
    let rest = "";
    let left = enough;
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const seq = /^event: entry$/m.test(block) && /^id: (\d+)$/m.exec(block)?.[1];
        if (!seq) continue;
        seqs.push(Number(seq));
        left -= 1;
        if (left > 0) continue;
        abort.abort();
        return;
      }
    }
  }

  async restart(): Promise<void> {
    this.restarts += 1;
    await this.worker.close();
    this.worker = await this.#restart();
  }

  /** Until nothing runs, nothing is cleaned up and nobody is to be told. */
  async rest(): Promise<void> {
    await Promise.all(this.flights);
    await until(async () => {
      const views = await listAll(this.worker);
      return views.every(
        ({ state, webhook, ended }) =>
          state !== "queued" && state !== "running" && webhook !== "pending" && ended,
      );
    });
    this.over = true;
    await Promise.all(this.listeners);
  }
}

async function check(play: Play, t: TestContext): Promise<void> {
  const { service, receiver } = play.world;
  const views = await listAll(play.worker);
  const byId = new Map(views.map((view) => [view.id, view]));
  const stored = views.filter(({ state }) => state === "done" || state === "ready");
  const media = stored.map(({ mediaId }) => mediaId);
  assert.equal(new Set(media).size, media.length, "no media is two ingests'");
  const owners = new Map<unknown, string>();
  for (const { id, request, sha256 } of play.asked) {
    const view = id === undefined ? undefined : byId.get(id);
    if (!view || (view.state !== "done" && view.state !== "ready")) continue;
    assert.equal(await sha256OfFile(storedFile(service, view.mediaId)), sha256, view.id);
    const { referenceId } = request;
    if (referenceId === undefined) continue;
    assert.ok((owners.get(referenceId) ?? view.id) === view.id, `${referenceId} is two ingests'`);
    owners.set(referenceId, view.id);
  }
  // Parts are left of what can be gone on with, and of nothing else.
  const kept = views.filter(({ resumable }) => resumable).map(({ mediaId }) => mediaId);
  for (const { key } of await service.openUploads()) {
    assert.ok(
      kept.some((one) => one !== undefined && key.includes(one)),
      `${key} is left of nothing`,
    );
  }
  for (const { id, seqs } of play.heard) {
    const { timeline } = await viewIngest(play.worker, id);
    const all = timeline.map(({ seq }) => seq);
    assert.deepEqual(
      all,
      all.toSorted((a, b) => a - b),
    );
    assert.deepEqual(seqs, all, `${id}: each entry once, in order`);
  }
  const ids = receiver.got.map(({ headers }) => String(headers["webhook-id"]));
  if (play.restarts === 0) assert.equal(new Set(ids).size, ids.length, "each is told once");
  const told = new Set(ids);
  for (const { id, state, attempts } of views) {
    assert.ok(told.has(`${id}.${attempts}.${state}`), `${id}.${attempts}.${state}`);
    if (state === "ready") assert.ok(told.has(`${id}.${attempts}.done`));
  }
  for (const { body, headers } of receiver.got) {
    const { type, data } = JSON.parse(body);
    assert.equal(type, `ingest.${data.state}`);
    assert.equal(headers["webhook-id"], `${data.id}.${data.attempts}.${data.state}`);
  }
  const counts = views.map(({ state }) => state).toSorted();
  t.diagnostic(`${views.length} ingests (${[...new Set(counts)]}), ${ids.length} webhooks`);
}

for (const seed of SEEDS) {
  test(`whatever is asked in whatever order, seed ${seed}`, async (t) => {
    const receiver = await startReceiver();
    const service = await startService({ callback: { privateKey: CALLBACK_KEY } });
    const origin = await startOrigin();
    const persist = await mkdtemp(join(tmpdir(), "vodlift-sequence-"));
    const isKilled = seed % 2 === 0 && !cannotKill;
    const start = () =>
      startVictim({
        service,
        persist,
        token: "a-token",
        settings: {
          ...(isKilled && SOON_STALE),
          VODLIFT_WEBHOOK_URL: `${receiver.url}/all`,
          VODLIFT_CALLBACK_KEY: CALLBACK_KEY,
        },
      });
    const world = { service, origin, receiver };
    const play = new Play(seed, world, await start(), start);
    try {
      for (let n = 0; n < STEPS; n += 1) {
        await play.step(n);
        if (isKilled && n === Math.floor(STEPS / 2)) await play.restart();
      }
      await play.rest();
      await check(play, t);
    } finally {
      play.over = true;
      await play.worker.close();
      receiver.close();
      await origin.close();
      await service.close();
      await rm(persist, { recursive: true, force: true });
    }
  });
}
