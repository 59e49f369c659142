// A web site of few small files, by path and query, that asks for what real ones ask for and compresses what it likes.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

export interface File {
  body: Uint8Array | string;
  type?: string;
  /** Content-Encoding that is put on it whatever is accepted; `hidden` packs without a word. */
  gzip?: "told" | "hidden";
  /** Another Content-Encoding, with the bytes as they are. */
  encoding?: string;
  /** A request header, or a query parameter, without which the answer is 403. */
  needs?: { header?: [name: string, value: string]; query?: [name: string, value: string] };
  status?: number;
  /** The first answers, before it is given. */
  fails?: number[];
}

export interface Site {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The same by another name, which is another host. */
  readonly other: string;
  /** By path with query, else by path alone. */
  readonly files: Map<string, File>;
  /** Path and query of every request. */
  readonly asked: string[];
  /** Headers of every request, likewise. */
  readonly headers: NodeJS.Dict<string | string[]>[];
  close(): Promise<void>;
}

export async function startSite(files: Record<string, File | string> = {}): Promise<Site> {
  const all = new Map<string, File>();
  for (const [at, file] of Object.entries(files)) {
    all.set(at, typeof file === "string" ? { body: file } : file);
  }
  const asked: string[] = [];
  const headers: NodeJS.Dict<string | string[]>[] = [];
  const server = createServer((request, response) => {
    const at = request.url ?? "/";
    asked.push(at);
    headers.push(request.headers);
    const { pathname, searchParams } = new URL(at, "http://site");
    const file = all.get(at) ?? all.get(pathname);
    const { header, query } = file?.needs ?? {};
    const may =
      (header === undefined || request.headers[header[0]] === header[1]) &&
      (query === undefined || searchParams.get(query[0]) === query[1]);
    if (file === undefined || !may) {
      response.writeHead(file === undefined ? 404 : 403).end();
      return;
    }
    const fails = file.fails?.shift();
    if (fails !== undefined) {
      response.writeHead(fails).end();
      return;
    }
    const body = file.gzip ? gzipSync(file.body) : Buffer.from(file.body);
    response.writeHead(file.status ?? 200, {
      "content-length": body.length,
      ...(file.type && { "content-type": file.type }),
      ...(file.gzip === "told" && { "content-encoding": "gzip" }),
      ...(file.encoding && { "content-encoding": file.encoding }),
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    other: `http://localhost:${port}`,
    files: all,
    asked,
    headers,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
