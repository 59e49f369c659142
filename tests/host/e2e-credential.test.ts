// The upload credential dies again and again while the bytes move. Nothing may be sent twice because of that.
import assert from "node:assert/strict";
import { test } from "node:test";
import { vodlift } from "../support/cli.ts";
import { startOrigin } from "../support/origin.ts";
import { assertNothingOpen, partsStored, startService, storedSha256 } from "../support/service.ts";

const MIB = 1024 * 1024;
const PARTS = 80;

test("a credential that lives 2 seconds carries an upload of 20, each part stored exactly once", async (t) => {
  const service = await startService({ credentialLifeSeconds: 2 });
  const origin = await startOrigin({
    routes: { "/slow.mp4": { size: PARTS * MIB, bytesPerSecond: 4 * MIB } },
  });
  try {
    const args = `upload ${origin.url}/slow.mp4 --allow-private --json --part-size 1MiB`;
    const began = performance.now();
    const { code, json, stderr } = await vodlift(args.split(" "), { service });
    const seconds = (performance.now() - began) / 1000;
    assert.equal(code, 0, stderr);
    assert.equal(await storedSha256(service, json.objectKey), await origin.sha256("/slow.mp4"));

    const refreshes = service.log.filter(({ operation }) => operation === "RefreshUploadVideo");
    assert.equal(json.refreshes, refreshes.length);
    // One a life at the least; much more would be a storm. The origin's pace, not the clock, makes it last this long.
    assert.ok(json.refreshes >= seconds / 2 - 2, `${json.refreshes} refreshes in ${seconds} s`);
    assert.ok(json.refreshes <= seconds * 2, `${json.refreshes} refreshes in ${seconds} s`);

    // On a busy machine a credential may end on the way of a part: that one is refused, and sent once more.
    const sent = service.log.filter(({ operation }) => operation === "UploadPart");
    const late = sent.filter(({ code }) => code === "SecurityTokenExpired");
    assert.equal(sent.length, PARTS + late.length, "no other part was refused or sent twice");
    t.diagnostic(`${late.length} credentials ended on the way`);
    assert.deepEqual(
      partsStored(service).toSorted((a, b) => a - b),
      Array.from({ length: PARTS }, (_, i) => i + 1),
    );
    await assertNothingOpen(service);
  } finally {
    await origin.close();
    await service.close();
  }
});
