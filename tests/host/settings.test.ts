// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so OSS writes its variables
// Settings of an upload, seen by the emulator and by a callback server.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { Vodlift } from "../../pkg/src/index.ts";
import { vodlift } from "../support/cli.ts";
import { failure } from "../support/failure.ts";
import {
  assertNothingOpen,
  type Emulator,
  startService,
  storedObjects,
} from "../support/service.ts";

let service: Emulator;
let vod: Vodlift;
let heard: { url: string; body: string }[] = [];
const application = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  heard.push({ url: request.url ?? "", body });
  response.writeHead(request.url === "/broken" ? 500 : 200).end('{"ok":true}');
});
let applicationUrl: string;

before(async () => {
  service = await startService();
  vod = new Vodlift(service);
  await new Promise<void>((resolve) => application.listen(0, "127.0.0.1", resolve));
  applicationUrl = `http://127.0.0.1:${(application.address() as AddressInfo).port}`;
});
after(async () => {
  application.closeAllConnections();
  application.close();
  await service.close();
});

const bytes = new Uint8Array(300_000);

for (const partSize of [102_400, 1_000_000]) {
  test(`headers are kept with the object, in parts of ${partSize} bytes`, async () => {
    const { imageUrl } = await vod.uploadImage(new Blob([bytes]), {
      fileName: "a.png",
      partSize,
      trafficLimit: 838_860_800,
      objectHeaders: {
        "Cache-Control": "max-age=60",
        "x-oss-meta-author": "me",
        "x-oss-storage-class": "IA",
      },
    });
    const { headers } = await fetch(imageUrl ?? "");
    assert.equal(headers.get("content-type"), "image/png");
    assert.equal(headers.get("cache-control"), "max-age=60");
    assert.equal(headers.get("x-oss-meta-author"), "me");
  });

  test(`OSS calls back when the object is complete, in parts of ${partSize} bytes`, async () => {
    heard = [];
    const result = await vod.upload(new Blob([bytes]), {
      fileName: "film.mp4",
      partSize,
      callback: {
        url: `${applicationUrl}/done`,
        body: "o=${object}&s=${size}&id=${x:id}",
        variables: { id: "7" },
      },
    });
    assert.equal(heard.length, 1);
    const told = new URLSearchParams(heard[0]?.body);
    assert.deepEqual(
      [told.get("o"), told.get("s"), told.get("id")],
      [result.objectKey, "300000", "7"],
    );
  });

  test(`a callback that fails is told apart, in parts of ${partSize} bytes`, async () => {
    const before = (await storedObjects(service)).length;
    const error = await failure(
      vod.upload(new Blob([bytes]), {
        fileName: "film.mp4",
        partSize,
        callback: { url: `${applicationUrl}/broken`, body: "x" },
      }),
    );
    assert.deepEqual([error.code, error.status], ["callback_failed", 203]);
    assert.match(error.message, /the object is stored, its media id is [0-9a-f]{32}/);
    assert.equal((await storedObjects(service)).length, before + 1);
    await assertNothingOpen(service);
  });
}

test("what breaks a rule is refused before anything is sent", async () => {
  const sent = service.log.length;
  for (const [options, message] of [
    [{ trafficLimit: 1 }, /`trafficLimit` must be 819,200 to/],
    [{ objectHeaders: { "x-oss-meta-a": "x".repeat(9000) } }, /at most 8192 bytes of x-oss-meta/],
    [{ objectHeaders: { "x-oss-storage-class": "Cold" } }, /x-oss-storage-class/],
    [
      { objectHeaders: { "x-oss-meta-name": "屏幕.png" } },
      /`objectHeaders` .* value of x-oss-meta-name/,
    ],
    [{ objectHeaders: { "x oss": "a" } }, /`objectHeaders` holds a header name/],
    [{ callback: { url: "ftp://h", body: "x" } }, /`callback.url` must be absolute/],
    [{ userData: { MessageCallback: { CallbackURL: "h" } } }, /`MessageCallback` must have/],
    [{ userData: { AccelerateConfig: { Type: "x" } } }, /`AccelerateConfig` must have/],
    [{ title: "x".repeat(129) }, /`title` must be at most 128/],
  ] as const) {
    const upload = vod.upload(bytes, { fileName: "film.mp4", ...options });
    const error = await failure(upload);
    assert.equal(error.code, "invalid_argument");
    assert.match(error.message, message);
  }
  const both = new Vodlift({ ...service, ossEndpoint: "h.example", ossNetwork: "internal" });
  assert.match((await failure(both.upload(bytes, { fileName: "a.mp4" }))).message, /ossNetwork/);
  assert.equal(service.log.length, sent);
});

test("an OSS endpoint of one's own is where the bytes go", async () => {
  const own = service.endpoint.replace("127.0.0.1", "localhost");
  const result = await new Vodlift({
    ...service,
    ossEndpoint: own,
    ossRegion: service.region,
  }).upload(bytes, { fileName: "film.mp4" });
  assert.equal(result.bytes, 300_000);
});

test("the command line has them, too", async () => {
  const args = ["upload", "-", "--file-name", "film.mp4", "--json", "--object-header"];
  const one = await vodlift([...args, "x-oss-storage-class: Glacier"], { service, stdin: bytes });
  assert.equal(one.code, 2);
  assert.match(one.stderr, /x-oss-storage-class/);
  const good = [...args, "Cache-Control: no-cache", "--traffic-limit", "838860800"];
  const own = service.endpoint.replace("127.0.0.1", "localhost");
  const two = await vodlift([...good, "--oss-endpoint", own], { service, stdin: bytes });
  assert.equal(two.code, 0, two.stderr);
});
