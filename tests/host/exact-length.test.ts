// Exactly N bytes or an error, for any way a source may cut its bytes: the server has all N only if the source has N.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Attempt } from "../../pkg/src/hosts/attempt.ts";
import { HostFailure } from "../../pkg/src/hosts/failure.ts";
import type { Host, Outgoing } from "../../pkg/src/hosts/host.ts";
import { put } from "../../pkg/src/transfer.ts";
import { upload } from "../support/transfer.ts";

const RUNS = 2000;
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** mulberry32: small, and good enough to cut streams. */
function random(state: number): (below: number) => number {
  let a = state;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A server in memory, which answers early after so many bytes, if told to. */
class MemorySink implements Outgoing {
  readonly received: number[] = [];
  readonly #answerAfter: number;
  readonly #slow: boolean;

  constructor(answerAfter: number, slow: boolean) {
    this.#answerAfter = answerAfter;
    this.#slow = slow;
  }

  get answered(): boolean {
    return this.received.length >= this.#answerAfter;
  }

  write(chunk: Uint8Array, written: () => void): Promise<void> | undefined {
    this.received.push(...chunk);
    written();
    return this.#slow ? new Promise((resolve) => setImmediate(resolve)) : undefined;
  }

  async finish() {
    const status = this.answered ? 403 : 200;
    return { status, headers: [], body: { read: async () => undefined, close() {} } };
  }
}

test(`a source cut at random arrives whole or not at all (SEED=${seed})`, async () => {
  for (let run = 0; run < RUNS; run += 1) await oneRun(random(seed + run), seed + run);
});

async function oneRun(pick: (below: number) => number, name: number): Promise<void> {
  const length = 1 + pick(60);
  const has = pick(3) === 0 ? pick(80) : length;
  const bytes = Uint8Array.from({ length: has }, () => pick(256));
  const early = pick(8) === 0 ? 1 + pick(length) : Number.POSITIVE_INFINITY;
  const sink = new MemorySink(early, pick(2) === 0);
  let at = 0;
  const source = {
    async read() {
      if (at === has) return undefined;
      const chunk = bytes.slice(at, at + 1 + pick(20));
      at += chunk.length;
      return chunk;
    },
    // Whoever still needs a released chunk would see it here.
    release: (chunk: Uint8Array) => void chunk.fill(0xee),
    close() {},
  };
  const host: Host = {
    limits: { concurrency: 1, maxConcurrency: 1, bufferBytes: 1, buffersParts: false },
    memoryEach: 1,
    open: () => Promise.reject(new Error("not used")),
    put: () => sink,
  };
  const attempt = new Attempt();
  const outcome = await put(attempt, host, upload("http://sink/", length, source)).catch((e) => e);
  attempt.end();
  const message = `SEED=${name}: ${has} of ${length} bytes`;
  if (outcome instanceof HostFailure) {
    assert.equal(outcome.kind, has < length ? "source_short" : "source_long", message);
    assert.ok(sink.received.length < length, `${message}: it looked complete`);
    return;
  }
  assert.equal(outcome.sent, sink.received.length, message);
  assert.deepEqual(sink.received, [...bytes.subarray(0, outcome.sent)], message);
  if (outcome.reply.status === 200) assert.equal(has, length, message);
}
