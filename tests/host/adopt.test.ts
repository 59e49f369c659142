// A media that is there already, under the caller's own id: found again after a crash, never made twice.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Vodlift, VodliftError } from "../../pkg/src/index.ts";
import { type CliOptions, vodlift } from "../support/cli.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  type Emulator,
  killedOnceCreated,
  mediaMade,
  startService,
  storedObjects,
  storedSha256,
} from "../support/service.ts";

const MIB = 1024 * 1024;
const FILM = Buffer.alloc(300_000, 7);
const NAMED = { fileName: "a.mp4", referenceId: "my-film-1" };

let service: Emulator;
let origin: Origin;
let url: string;
before(async () => {
  origin = await startOrigin();
  url = origin.add("/film.mp4", { size: 3 * MIB });
});
after(() => origin.close());
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

const upload = (options: CliOptions = {}, ...more: string[]) =>
  vodlift(["upload", url, "--allow-private", "--json", "--reference-id", "my-film-1", ...more], {
    service,
    ...options,
  });

test("killed before it heard the media id, it goes on with that media", async () => {
  service.setFaults([{ operation: "CreateUploadVideo", action: { kind: "stall-after" } }]);
  const killed = await upload({ during: killedOnceCreated(service, 1) });
  assert.equal(killed.code, null);
  service.setFaults([]);
  const refused = await upload();
  assert.deepEqual([refused.code, refused.json.error.code], [5, "reference_taken"]);
  const { code, json, stderr } = await upload({}, "--adopt");
  assert.equal(code, 0, stderr);
  assert.equal(await storedSha256(service, json.objectKey), await origin.sha256("/film.mp4"));
  assert.equal((await mediaMade(service)).length, 1);
  await assertNothingOpen(service);
});

test("a media with the whole file is done at once, one with another file is refused", async () => {
  const vod = new Vodlift(service);
  const first = await vod.upload(FILM, NAMED);
  await assert.rejects(
    vod.upload(FILM, NAMED),
    (error: unknown) => error instanceof VodliftError && error.code === "reference_taken",
  );
  const again = await vod.upload(FILM, { ...NAMED, adopt: true });
  assert.deepEqual(
    [again.mediaId, again.objectKey, again.bytes, again.parts],
    [first.mediaId, first.objectKey, FILM.length, 0],
  );
  const other = await upload({}, "--adopt");
  assert.deepEqual([other.code, other.json.error.code], [5, "reference_taken"]);
  assert.match(other.json.error.message, /has 3145728/);
  const made = await vod.upload(FILM.subarray(1), { ...NAMED, adopt: "if-possible" });
  assert.notEqual(made.mediaId, first.mediaId);
  assert.equal((await storedObjects(service)).length, 2);
  assert.equal((await mediaMade(service)).length, 2);
});
