// Nobody hears of an upload but its source, VOD and OSS: not when it goes well, nor when it fails, is stopped or given up.
import assert from "node:assert/strict";
import { Socket } from "node:net";
import { after, before, test } from "node:test";
import { memoryCheckpoint, Vodlift } from "../../pkg/src/index.ts";
import { startOrigin } from "../support/origin.ts";
import { startService } from "../support/service.ts";

/** Ports of this machine, or hosts, that a socket of this process was told to connect to. */
const contacted = new Set<string | number>();
const { connect } = Socket.prototype;

before(() => {
  // Below http, https and fetch alike.
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    const [first] = args.flat() as { host?: string; port?: number }[];
    contacted.add(first?.host === "127.0.0.1" ? Number(first.port) : String(first?.host));
    return Reflect.apply(connect, this, args);
  } as typeof connect;
});
after(() => {
  Socket.prototype.connect = connect;
});

test("nothing is told to anybody else", async () => {
  const service = await startService();
  const origin = await startOrigin({ routes: { "/film.mp4": { size: 300_000 } } });
  try {
    const vod = new Vodlift(service);
    const how = { partSize: 102_400, allowPrivateSources: true };
    const url = `${origin.url}/film.mp4`;
    const { mediaId } = await vod.upload(url, how);
    await vod.waitUntilReady(mediaId);
    await vod.uploadImage(url, { ...how, fileName: "a.png" });
    await assert.rejects(vod.upload(`${origin.url}/missing.mp4`, how));
    await assert.rejects(vod.uploadPlaylist(url, { allowPrivateSources: true }));
    const suspended = async () => {
      const checkpoint = memoryCheckpoint();
      await vod.upload(url, { ...how, checkpoint, budget: { parts: 1 } });
      return checkpoint;
    };
    await vod.resume(await suspended(), { source: url, allowPrivateSources: true });
    await vod.abort(await suspended());
    assert.deepEqual(contacted, new Set([origin.port, Number(new URL(service.endpoint).port)]));
  } finally {
    await origin.close();
    await service.close();
  }
  // The control: what is contacted would be seen.
  await assert.rejects(fetch("http://127.0.0.1:4/"));
  assert.ok(contacted.has(4));
});
