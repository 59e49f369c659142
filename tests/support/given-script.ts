// Runs in Node, Deno or Bun: uploads what a program has at hand there, and says what became of each.
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { fromFile, type UploadOptions, type UploadSource, Vodlift } from "../../pkg/src/index.ts";

const { account, file, size } = JSON.parse(process.argv[2] ?? "");
const vod = new Vodlift(account);
const content = new Uint8Array(size).fill(5);

const server = createServer(async (request, response) => {
  if (request.method === "POST") {
    const end = await ended(() => request as UploadSource, { fileName: "in.mp4" });
    return void response.end(JSON.stringify(end));
  }
  if (request.url === "/idn") {
    const { port } = server.address() as AddressInfo;
    const to = `http://bücher.localhost:${port}/é.mp4`;
    const head = `HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    return void request.socket.end(Buffer.from(head, "utf8"));
  }
  response.writeHead(200, { "content-type": "video/mp4", "content-length": size });
  response.end(content);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Bytes, or a code and what was said. */
async function ended(source: () => unknown, options: UploadOptions = {}): Promise<unknown> {
  try {
    const how = { partSize: 102_400, allowPrivateSources: true, ...options };
    return (await vod.upload((await source()) as UploadSource, how)).bytes;
  } catch (error) {
    return [(error as { code: string }).code, (error as Error).message];
  }
}

async function message(): Promise<IncomingMessage> {
  const [reply] = await once(get(`${url}/film.mp4`), "response");
  return reply;
}

async function posted(body: Uint8Array<ArrayBuffer> | ReadableStream): Promise<unknown> {
  return (await fetch(url, { method: "POST", body, duplex: "half" } as RequestInit)).json();
}

const headers = { "content-type": "video/mp4" };
const named = { fileName: "a.mp4" };
const ends = {
  fetched: await ended(() => fetch(`${url}/film.mp4`)),
  made: await ended(() => new Response(content, { headers })),
  request: await ended(
    () => new Request("https://example.com/", { method: "POST", body: content, headers }),
  ),
  message: await ended(message),
  posted: await posted(content),
  chunked: await posted(new Blob([content]).stream()),
  fileUrl: await ended(() => fromFile(new URL(file))),
  nodeStream: await ended(() => createReadStream(new URL(file)), named),
  webStream: await ended(() => Readable.toWeb(createReadStream(new URL(file))), named),
  stored: await ended(() => ({
    key: "films/r2.mp4",
    size,
    httpEtag: '"e"',
    body: new Blob([content]).stream(),
  })),
  used: await ended(async () => {
    const used = new Response(content);
    await used.arrayBuffer();
    return used;
  }),
  idn: await ended(() => `${url}/idn`, { sourceTimeoutMs: 2000 }),
};
process.stdout.write(`${JSON.stringify(ends)}\n`, () => process.exit());
