// The core traps in the middle of one of several uploads: that one fails with a code of its own, and what it has stored is
// as good as before; the others do not notice.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { memoryCheckpoint, Vodlift, VodliftError } from "../../pkg/src/index.ts";
import { core } from "../../pkg/src/wasm/index.ts";
import { type Emulator, startService } from "../support/service.ts";

let service: Emulator;
before(async () => {
  service = await startService();
});
after(() => service.close());

const film = () => randomBytes(500_000);
const stored = ({ bucket, objectKey }: { bucket: string; objectKey: string }) =>
  readFile(join(service.dir, bucket, objectKey));

/** Lets the core trap, really, in the upload that begins next: when its third part is there. */
function trapNext(): void {
  const { Upload } = core();
  const { handle } = Upload.prototype;
  let victim: unknown;
  let parts = 0;
  Upload.prototype.handle = function (event: string, now: number) {
    victim ??= this;
    if (this === victim && event.includes('"transferred"')) parts += 1;
    if (this !== victim || parts < 3) return handle.call(this, event, now);
    Upload.prototype.handle = handle;
    return handle.call({ __wbg_ptr: 0xfffffff0 } as never, event, now);
  };
}

test("a trap ends one upload of three, and that one goes on from its checkpoint", async () => {
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
  const checkpoint = memoryCheckpoint();
  const contents = [film(), film(), film()];
  trapNext();
  const uploads = contents.map((bytes, at) =>
    vod.upload(bytes, {
      title: `Film ${at}`,
      fileName: "film.mp4",
      partSize: 102_400,
      concurrency: 1,
      ...(at === 0 && { checkpoint }),
    }),
  );
  await assert.rejects(uploads[0] ?? Promise.resolve(), (error) => {
    assert.ok(error instanceof VodliftError);
    assert.equal(error.code, "core_stopped");
    return true;
  });
  for (const at of [1, 2]) {
    const end = await uploads[at];
    assert.ok(end && contents[at]?.equals(await stored(end)), `film ${at}`);
  }
  const kept = await checkpoint.load();
  assert.ok(kept);
  const resumed = await vod.resume(kept, { source: contents[0] as Buffer });
  assert.ok(contents[0]?.equals(await stored(resumed)));
  assert.ok(resumed.resumed);
});
