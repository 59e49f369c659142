// What a progress callback is told, with a clock that only the test moves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProgressMeter, type UploadProgress } from "../../pkg/src/progress.ts";
import type { Progress } from "../../pkg/src/wasm/core.js";

function core(fields: Partial<Progress> = {}): Progress {
  return {
    phase: "uploading",
    bytesAccepted: 0,
    bytesTotal: 1000,
    partsAccepted: 0,
    retries: 0,
    refreshes: 0,
    restarts: 0,
    ...fields,
  };
}

function meter() {
  const told: UploadProgress[] = [];
  return { told, meter: new ProgressMeter((progress) => told.push(progress)) };
}

test("bytes under way count as sent, and not as accepted", (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const { told, meter: m } = meter();
  m.update(core());
  t.mock.timers.tick(1000);
  m.sent(1, 250);
  assert.equal(told.at(-1)?.bytesSent, 250);
  assert.equal(told.at(-1)?.percent, 25);
  assert.equal(told.at(-1)?.bytesAccepted, 0);
  // 250 bytes in one second, 750 left.
  assert.deepEqual([told.at(-1)?.rate, told.at(-1)?.etaMs], [250, 3000]);
});

test("an accepted part counts once", (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const { told, meter: m } = meter();
  m.update(core());
  m.sent(1, 400);
  m.sent(1, undefined);
  t.mock.timers.tick(200);
  m.update(core({ bytesAccepted: 400, partsAccepted: 1 }));
  assert.equal(told.at(-1)?.bytesSent, 400);
});

test("a part that failed falls back", (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const { told, meter: m } = meter();
  m.update(core());
  m.sent(1, 400);
  m.sent(1, undefined);
  t.mock.timers.tick(200);
  m.update(core({ retries: 1 }));
  assert.equal(told.at(-1)?.bytesSent, 0);
});

test("it is told at most ten times a second, but every turn of the phase at once", (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const { told, meter: m } = meter();
  m.update(core({ phase: "probing" }));
  m.update(core({ phase: "creating" }));
  m.update(core());
  for (let i = 0; i < 100; i += 1) {
    t.mock.timers.tick(10);
    m.sent(1, 1);
  }
  assert.deepEqual(
    told.slice(0, 3).map(({ phase }) => phase),
    ["probing", "creating", "uploading"],
  );
  assert.equal(told.length, 3 + 10);
});

test("what was held back is told in the end, once", (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const { told, meter: m } = meter();
  m.update(core());
  m.sent(1, 1000);
  assert.equal(told.length, 1);
  m.flush();
  m.flush();
  assert.deepEqual(
    told.map(({ bytesSent }) => bytesSent),
    [0, 1000],
  );
});

test("without a total there is no percent and no time left", () => {
  const { told, meter: m } = meter();
  const { bytesTotal: _, ...unknown } = core();
  m.update(unknown);
  assert.ok(told[0] && !("percent" in told[0]) && !("etaMs" in told[0]));
});
