// What a Worker has at hand as a source: objects of a real R2 binding, replies, its own request; and Locations of raw bytes.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { mediaMade, startService } from "../support/service.ts";

const SIZE = 250_000;

/** A film, and redirects to a film and a playlist whose Locations are raw UTF-8. */
async function startFilms() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const to = { "/raw": "/电影 片.mp4", "/raw.m3u8": "/播放/表.m3u8" }[path];
    if (to !== undefined) {
      const head = `HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
      return void request.socket.end(Buffer.from(head, "utf8"));
    }
    if (path.endsWith(".m3u8")) {
      const list = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n段.ts\n#EXT-X-ENDLIST\n";
      const headers = { "content-type": "application/vnd.apple.mpegurl" };
      return void response.writeHead(200, headers).end(list);
    }
    const type = path.endsWith(".ts") ? "video/mp2t" : "video/mp4";
    response.writeHead(200, { "content-type": type, "content-length": SIZE });
    response.end(Buffer.alloc(SIZE, path.endsWith(".ts") ? 0x47 : 5));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, close: () => server.close().closeAllConnections() };
}

test("what a Worker has at hand arrives whole, or is refused for what it is", async () => {
  process.env.WRANGLER_SEND_METRICS = "false";
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
  process.env.WRANGLER_LOG ??= "error";
  process.env.X_LOCAL_OBSERVABILITY = "false";
  const { unstable_DevEnv: DevEnv } = await import("wrangler");
  const service = await startService();
  const films = await startFilms();
  const persist = await mkdtemp(join(tmpdir(), "vodlift-given-"));
  const { endpoint, region, accessKeyId, accessKeySecret } = service;
  const dev = new DevEnv();
  try {
    const worker = await dev.startWorker({
      name: "given",
      entrypoint: fileURLToPath(new URL("../support/given-worker.ts", import.meta.url)),
      compatibilityDate: "2026-05-01",
      bindings: {
        BUCKET: { type: "r2_bucket", bucket_name: "films" },
        SERVICE: {
          type: "plain_text",
          value: JSON.stringify({ endpoint, region, accessKeyId, accessKeySecret }),
        },
        ORIGIN: { type: "plain_text", value: films.url },
      },
      dev: {
        server: { hostname: "127.0.0.1", port: 0 },
        persist,
        remote: false,
        inspector: false,
        watch: false,
        liveReload: false,
        logLevel: "error",
      },
    });
    const headers = { "content-type": "video/mp4" };
    const asked = { method: "POST", headers, body: Buffer.alloc(SIZE, 5) };
    const reply = await fetch(await worker.url, asked);
    const ends = (await reply.json()) as Record<
      string,
      { bytes?: number; mediaId?: string; code?: string; said?: string }
    >;
    const told = Object.fromEntries(
      Object.entries(ends).map(([name, { bytes, code }]) => [name, bytes ?? code]),
    );
    const { playlist, ...others } = told;
    assert.ok(Number(playlist) > SIZE, JSON.stringify(ends.playlist));
    assert.deepEqual(
      others,
      {
        whole: SIZE,
        named: SIZE,
        range: 200_000,
        suffix: 150_000,
        offset: SIZE - 1000,
        condition: "invalid_argument",
        head: "invalid_argument",
        missing: "invalid_argument",
        fetched: SIZE,
        made: SIZE,
        request: SIZE,
        raw: SIZE,
      },
      JSON.stringify(ends),
    );
    const made = await mediaMade(service);
    const titleOf = (name: string) =>
      made.find(({ id }) => id === ends[name]?.mediaId)?.parameters.Title;
    assert.deepEqual(
      [titleOf("whole"), titleOf("named"), titleOf("fetched")],
      ["电影", "named", "film"],
    );
    for (const path of ["/电影 片.mp4", "/播放/表.m3u8", "/播放/段.ts"]) {
      assert.ok(films.asked.includes(encodeURI(path)), `${path} of ${films.asked}`);
    }
  } finally {
    await dev.teardown();
    await service.close();
    films.close();
    await rm(persist, { recursive: true, force: true });
  }
});
