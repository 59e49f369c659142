// The small version of `make soak`.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { survive } from "../support/kills.ts";

const MIB = 1024 * 1024;

test("killed at any moment, an upload is resumed, and at most the parts in flight are sent again", async (t) => {
  const seed = randomInt(2 ** 31);
  t.diagnostic(`seed ${seed}`);
  const say = (line: string) => t.diagnostic(line);
  const size = 24 * MIB + 7;
  const how = { partSize: MIB, concurrency: 4, latencyMs: 50 };
  const toll = await survive({ size, kills: 5, ...how, seed, say });
  assert.equal(toll.kills, 10);
});
