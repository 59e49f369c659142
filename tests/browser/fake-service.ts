// The Worker's HTTP API as the dashboard uses it, and the page itself with its `_headers`, on node:http. It checks what
// the Worker checks (token, cookie, Origin, sizes), so that a page which forgets one fails here.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { scopesOf } from "../../worker/src/api/scopes.ts";
import { FakeWorld } from "./fake-world.ts";

const PUBLIC = fileURLToPath(new URL("../../worker/public", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
const SCOPES = scopesOf(undefined, true);

export interface FakeService {
  readonly url: string;
  readonly token: string;
  readonly world: FakeWorld;
  close(): Promise<void>;
}

export async function startFakeService(): Promise<FakeService> {
  const token = randomUUID();
  const world = new FakeWorld();
  const sessions = new Set<string>();
  const headers = await readHeaders();
  const server = createServer((request, response) => {
    void answer({ request, response, world, token, sessions, headers }).catch(() => {
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    world,
    async close() {
      world.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  world: FakeWorld;
  token: string;
  sessions: Set<string>;
  headers: Record<string, string>;
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response, world } = exchange;
  const url = new URL(request.url ?? "/", "http://fake");
  if (url.pathname === "/session") return session(exchange);
  if (!url.pathname.startsWith("/v1/")) return file(exchange, url.pathname);
  if (!mayCall(exchange)) return problem(response, 401, "Unauthorized", "Log in.");
  const route = `${request.method} ${url.pathname}`;
  const [, id = "", rest = ""] = /^\/v1\/ingests\/([^/]+)\/?(.*)$/.exec(url.pathname) ?? [];
  if (route === "GET /v1/stats") return json(response, 200, world.stats());
  if (route === "GET /v1/ingests") return list(exchange, url.searchParams);
  if (route === "GET /v1/ingests.csv") return csv(exchange, url.searchParams);
  if (route === "POST /v1/ingests") return add(exchange);
  if (route === "POST /v1/pause" || route === "POST /v1/resume") {
    world.paused = route.endsWith("pause");
    return json(response, 200, world.stats());
  }
  const found = world.read(id);
  if (found === undefined) return problem(response, 404, "NotFound", "There is no such ingest.");
  if (rest === "events") return events(exchange, id);
  if (request.method === "GET") return json(response, 200, found);
  const deed = request.method === "DELETE" ? "cancel" : rest;
  const changed = deed === "retry" ? world.retry(id) : world.end(id, deed === "stop");
  if (changed === undefined) return problem(response, 409, "Over", "The ingest is over.");
  json(response, deed === "retry" ? 202 : 200, changed);
}

function mayCall({ request, token, sessions }: Exchange): boolean {
  if (request.headers.authorization === `Bearer ${token}`) return true;
  const safe = request.method === "GET" || request.method === "HEAD";
  if (!safe && request.headers.origin !== `http://${request.headers.host}`) return false;
  return sessions.has(cookie(request));
}

const cookie = (request: IncomingMessage): string =>
  /(?:^|;\s*)session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";

async function session({ request, response, token, sessions }: Exchange): Promise<void> {
  const id = cookie(request);
  if (request.method === "GET") {
    if (sessions.has(id)) return json(response, 200, { name: "tests", scopes: SCOPES });
    return problem(response, 401, "Unauthorized", "There is no session.");
  }
  if (request.method === "DELETE") sessions.delete(id);
  else if ((JSON.parse(await body(request)) as { token?: string }).token !== token) {
    return problem(response, 401, "Unauthorized", "The token is not known.");
  }
  const made = request.method === "POST" ? randomUUID() : "";
  if (made) sessions.add(made);
  const age = made ? "" : "; Max-Age=0";
  response.setHeader("set-cookie", `session=${made}; HttpOnly; SameSite=Strict; Path=/${age}`);
  response.writeHead(204).end();
}

function filters(query: URLSearchParams): Parameters<FakeWorld["list"]>[0] {
  const instant = (name: string, otherwise: number): number =>
    query.has(name) ? Date.parse(query.get(name) ?? "") : otherwise;
  return {
    states: (query.get("state") ?? "").split(",").filter(Boolean),
    q: query.get("q") ?? "",
    since: instant("since", 0),
    until: instant("until", Number.MAX_SAFE_INTEGER),
    limit: Number(query.get("limit") ?? 50),
    before: Number(query.get("cursor") ?? Number.MAX_SAFE_INTEGER),
  };
}

function list({ response, world }: Exchange, query: URLSearchParams): void {
  const filter = filters(query);
  const bad = filter.limit > 200 || (query.has("q") && filter.q.length < 1);
  if (bad) problem(response, 400, "BadQuery", "A filter breaks its rule.");
  else json(response, 200, world.list(filter));
}

function csv({ response, world }: Exchange, query: URLSearchParams): void {
  const { ingests } = world.list({ ...filters(query), limit: Number.MAX_SAFE_INTEGER });
  response.setHeader("content-disposition", 'attachment; filename="ingests.csv"');
  response.setHeader("content-type", "text/csv; charset=utf-8");
  const lines = ingests.map(({ id, state, url }) => `${id},${state},${url}`);
  response.end(["id,state,url", ...lines, ""].join("\r\n"));
}

async function add({ request, response, world }: Exchange): Promise<void> {
  const asked: unknown = JSON.parse(await body(request));
  if (!Array.isArray(asked)) return json(response, 202, world.add(asked as object));
  if (asked.length > 1_000) return problem(response, 400, "TooMany", "1000 at most.");
  json(response, 202, { results: asked.map((one) => world.add(one)) });
}

function events({ request, response, world }: Exchange, id: string): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  let seen = Number(request.headers["last-event-id"] ?? 0);
  const send = (): void => {
    const found = world.read(id);
    if (found === undefined) return;
    const { timeline, ...view } = found;
    response.write(`event: ingest\ndata: ${JSON.stringify(view)}\n\n`);
    for (const entry of timeline.filter(({ seq }) => seq > seen)) {
      seen = entry.seq;
      response.write(`event: entry\nid: ${entry.seq}\ndata: ${JSON.stringify(entry)}\n\n`);
    }
    const over = view.state !== "queued" && view.state !== "running";
    if (over) response.end("event: end\ndata: {}\n\n");
    if (over) world.events.off(id, later);
  };
  // What is over is first moved and then noted: both are to be sent before the end.
  const later = (): void => void setTimeout(() => response.writableEnded || send(), 20);
  world.events.on(id, later);
  request.on("close", () => world.events.off(id, later));
  send();
}

async function body(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(value));
}

function problem(response: ServerResponse, status: number, code: string, detail: string): void {
  response.writeHead(status, { "content-type": "application/problem+json" });
  const told = { type: "about:blank", title: code, status, detail, code, hint: "" };
  response.end(JSON.stringify(told));
}

async function file({ response, headers }: Exchange, path: string): Promise<void> {
  const name = path === "/" ? "index.html" : normalize(decodeURIComponent(path));
  const content = await readFile(join(PUBLIC, name)).catch(() => undefined);
  if (content === undefined) return problem(response, 404, "NotFound", "There is no such file.");
  const type = TYPES[extname(name)] ?? "application/octet-stream";
  response.writeHead(200, { ...headers, "content-type": type }).end(content);
}

/** The one rule of `_headers`, which is for every path. */
async function readHeaders(): Promise<Record<string, string>> {
  const lines = (await readFile(join(PUBLIC, "_headers"), "utf8")).split("\n").slice(1);
  return Object.fromEntries(
    lines
      .filter((line) => line.includes(": "))
      .map((line) => {
        const at = line.indexOf(": ");
        return [line.slice(0, at).trim(), line.slice(at + 2)];
      }),
  );
}
