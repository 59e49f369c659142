// A presigned URL that has lost its question mark, or has it escaped, is a URL all the same, and its signature a secret: it is
// told by no error, no trace, no checkpoint and no report.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { memoryCheckpoint, Vodlift } from "../../pkg/src/index.ts";
import { shownUrl } from "../../pkg/src/shown-url.ts";
import { dice, seeds } from "../support/dice.ts";
import { leaks } from "../support/leaks.ts";
import { startOrigin } from "../support/origin.ts";
import { startService } from "../support/service.ts";

const SECRET = "aB3+x/Y7zQ9kLm2pR5tV8w==";

for (const seed of seeds(12)) {
  test(`what follows a lost mark is told nowhere, SEED=${seed}`, async (t) => {
    const luck = dice(seed);
    const [service, origin] = await Promise.all([startService(), startOrigin()]);
    t.after(() => Promise.all([service.close(), origin.close()]));
    const secret = luck.pick([SECRET, encodeURIComponent(SECRET), "aB3xY7zQ9kLm2pR5tV8w"]);
    const mark = luck.pick(["&", "%3F", "%3f", "%23", "#", "?", "%26", "&a=1&", "&x-y.z_1=&"]);
    const name = luck.pick(["sig", "Signature", "X-Amz-Signature", "x-oss-security-token"]);
    const equals = mark.startsWith("%") && luck.oneIn(2) ? "%3D" : "=";
    const lost = `${mark}${name}${equals}${secret}`;
    const path = luck.pick(["/film.mp4", "/Tom&Jerry/film.mp4", "/a%20b/film.m3u8"]);
    const asked = `${path}${lost}`.replace(/[?#].*/, "");
    const at = decodeURI(asked) === asked ? asked : path;
    const how = luck.pick([{ status: 404 }, { size: 300_000, dieAfter: 1_000 }, { status: 403 }]);
    const origins = [origin.add(asked, how), origin.add(at, how)];
    const url = `${new URL(origins[0] ?? "").origin}${path}${lost}`;
    const told: unknown[] = [shownUrl(url)];
    const store = memoryCheckpoint();
    const vod = new Vodlift(service);
    const options = {
      title: "Film",
      fileName: "film.mp4",
      allowPrivateSources: true,
      checkpoint: store,
      partSize: 102_400,
      onProgress: (progress: unknown) => void told.push(progress),
      trace: (line: string) => void told.push(line),
      ...(path.endsWith("m3u8") && { as: "playlist" as const }),
    };
    const quick = AbortSignal.timeout(1_500);
    await vod.upload(url, { ...options, signal: quick }).then(
      (end) => told.push(end),
      (error) => told.push(error.toJSON(), inspect(error, { depth: 9 }), String(error.stack)),
    );
    told.push(await store.load());
    const text = told
      .map((one) => (typeof one === "string" ? one : JSON.stringify(one)))
      .join("\n");
    assert.deepEqual(leaks(text, [secret]), []);
  });
}
