// The one way in: how large a request may be, who sends it, and only then its body; the same on every route there is.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { after, before, suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { startService } from "../support/service.ts";
import { cannotKill, startVictim, type Victim } from "../support/victim.ts";
import { NOWHERE, type RunningWorker, sha256, startWorker } from "../support/worker.ts";

const TOKEN = "right";
const settings = {
  VODLIFT_TOKENS: JSON.stringify([{ name: "all", sha256: sha256(TOKEN) }]),
  VODLIFT_CALLBACK_KEY: "callback-key",
};
/** What anybody may ask for. */
const OPEN = new Set(["/healthz", "/openapi.json", "/session", "/callbacks/vod"]);
/** Those that read their body; the others only have one. */
const READ = new Set(["/v1/ingests", "/session", "/callbacks/vod"]);
const MIB = 1024 * 1024;

let worker: RunningWorker;
let routes: [method: string, path: string][];
before(async () => {
  worker = await startWorker({ service: NOWHERE, token: TOKEN, settings });
  const { paths } = (await (await fetch(`${worker.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): [string, string] => [
      method.toUpperCase(),
      path.replace("{id}", "abc"),
    ]),
  );
  assert.ok(routes.length > 10);
  routes.push(["GET", "/metrics"], ["GET", "/healthz"], ["GET", "/openapi.json"]);
  for (const method of ["GET", "POST", "DELETE"]) routes.push([method, "/session"]);
  routes.push(["POST", "/callbacks/vod"], ["POST", "/v1/nothing"], ["POST", "/nothing"]);
});
after(() => worker.close());

interface Raw {
  /** 0: the connection was cut while it was still sent. */
  status: number;
  head: string;
}

/** Sends a request byte by byte: nothing of the body, or as much of it as is taken before there is an answer. */
function send(
  { url }: { url: string },
  method: string,
  path: string,
  headers: readonly string[],
  body: { chunk?: Buffer; times?: number; chunked?: boolean; endless?: boolean } = {},
): Promise<Raw> {
  const { hostname, port, host } = new URL(url);
  const { chunk, times = 0, chunked = false, endless = false } = body;
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("error", () => resolve({ status: 0, head: "" }));
    socket.on("data", (data: Buffer) => {
      answer += data.toString("latin1");
      const end = answer.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.destroy();
      const head = answer.slice(0, end).toLowerCase();
      resolve({ status: Number(answer.slice(9, 12)), head });
    });
    socket.cork();
    socket.write([`${method} ${path} HTTP/1.1`, `host: ${host}`, ...headers, "", ""].join("\r\n"));
    const pump = (left: number): void => {
      if (left === 0 || answer !== "" || socket.destroyed || chunk === undefined) return;
      const frame = chunked
        ? Buffer.concat([
            Buffer.from(`${chunk.length.toString(16)}\r\n`),
            chunk,
            Buffer.from("\r\n"),
          ])
        : chunk;
      const last = left === 1 && chunked && !endless;
      // Not at once: what is taken as fast as it is sent would keep the answer from being read.
      socket.write(last ? Buffer.concat([frame, LAST]) : frame, () => setImmediate(pump, left - 1));
    };
    pump(times);
    if (times === 0 && chunked) socket.write(LAST);
    socket.uncork();
  });
}

/** As VOD signs. */
function signed(path: string): string[] {
  const at = String(Math.floor(Date.now() / 1000));
  const content = `${worker.url}${path}|${at}|${settings.VODLIFT_CALLBACK_KEY}`;
  const signature = createHash("md5").update(content).digest("hex");
  return path.startsWith("/callbacks/")
    ? [`x-vod-timestamp: ${at}`, `x-vod-signature: ${signature}`]
    : [];
}

const LAST = Buffer.from("0\r\n\r\n");
const bearer = (token: string | undefined) =>
  token === undefined ? [] : [`authorization: Bearer ${token}`];

suite("every route", { concurrency: true }, () => {
  test("a stranger is answered before a byte of the body is there", async () => {
    for (const [method, path] of routes.filter(([one]) => one !== "GET")) {
      for (const token of [undefined, "wrong"]) {
        // The login's body is its proof: of that only what is announced can be judged.
        const length = path === "/session" ? 95 * MIB : 5;
        const headers = [...bearer(token), `content-length: ${length}`];
        const { status } = await send(worker, method, path, headers);
        const expected =
          path === "/session" ? [413, 204] : path === "/callbacks/vod" ? [401] : [401, 429];
        assert.ok(expected.includes(status), `${method} ${path} by ${token}: ${status}`);
      }
    }
  });

  test("no bearer, a wrong one and the right one, with bodies of every kind: no 500, and no more than the limit is taken", async () => {
    const bodies: [name: string, body: string][] = [
      ["null", "null"],
      ["an array", "[]"],
      ["an array of null", "[null,[],5]"],
      ["a number", "5"],
      ["a text", '"x"'],
      ["a token that is none", '{"token":{"a":1}}'],
      ["nothing", ""],
      ["no JSON", "{"],
      ["a prototype", '{"__proto__":{"token":"x"},"constructor":null}'],
      ["what is deep", "[".repeat(3_000)],
      ["no UTF-8", "\xff\xfe\x00"],
    ];
    for (const [method, path] of routes) {
      // That one is made to stream; what it takes is tested where uploads are.
      if (path === "/v1/uploads" || path.endsWith("/events")) continue;
      const kinds = method === "GET" ? [["nothing", ""] as const] : bodies;
      const cases = [undefined, "wrong", TOKEN].flatMap((token) =>
        kinds.flatMap(([name, text]) =>
          (method === "GET" ? [false] : [false, true]).map((chunked) => ({
            ...{ token, name, chunked },
            chunk: Buffer.from(text, "latin1"),
          })),
        ),
      );
      await Promise.all(
        cases.map(async ({ token, name, chunked, chunk }) => {
          const framing = chunked
            ? "transfer-encoding: chunked"
            : `content-length: ${chunk.length}`;
          const headers = [...bearer(token), ...(method === "GET" ? [] : [framing])];
          const times = chunk.length === 0 ? 0 : 1;
          const body = { chunk, times, chunked };
          const { status, head } = await send(worker, method, path, headers, body);
          const what = `${method} ${path} by ${token} with ${name}: ${status}`;
          assert.ok(status < 500 || status === 503, what);
          if (!OPEN.has(path) && token !== TOKEN) assert.ok([401, 429].includes(status), what);
          assert.match(head, /\r\nx-content-type-options: nosniff/, what);
          assert.match(head, /\r\nstrict-transport-security: max-age=\d{8}/, what);
        }),
      );
    }
  });

  test("what is larger than a route takes is refused: announced at once, else at the limit", async () => {
    const limited = routes.filter(
      ([method, path]) => method !== "GET" && path !== "/v1/uploads" && !/nothing/.test(path),
    );
    for (const [method, path] of limited) {
      const most = path === "/v1/ingests" ? 8 * MIB : path === "/callbacks/vod" ? 256 * 1024 : 4096;
      const body = Buffer.alloc(most + 1, " ");
      for (const framing of [`content-length: ${most + 1}`, "transfer-encoding: chunked"]) {
        const chunked = framing.startsWith("transfer");
        const headers = [...bearer(TOKEN), ...signed(path), framing];
        const how = { chunk: body, times: 1, chunked };
        const { status } = await send(worker, method, path, headers, how);
        // Who ends a chunked body before it is read has nothing to refuse.
        const expected =
          chunked && !(method === "POST" && READ.has(path)) ? [200, 204, 400, 404] : [413];
        assert.ok(expected.includes(status), `${method} ${path} ${framing}: ${status}`);
      }
    }
    const chunk = Buffer.alloc(64 * 1024, "a");
    const headers = ["transfer-encoding: chunked"];
    for (const path of ["/session", "/v1/ingests"]) {
      // It never ends: who waits for the end waits for ever.
      const how = { chunk, times: 1_520, chunked: true, endless: true };
      const { status } = await send(worker, "POST", path, [...headers, ...bearer(TOKEN)], how);
      assert.ok(status === 413 || status === 0, `${path}: ${status}`);
    }
  });
});

test("a body of very many small things costs little memory", { skip: cannotKill }, async (t) => {
  const victim: Victim = await startVictim({ service: NOWHERE, token: TOKEN, settings });
  try {
    const post = async (body: string) => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const response = await fetch(`${victim.url}/v1/ingests`, { method: "POST", headers, body });
      return [response.status, ((await response.json()) as { field?: string }).field];
    };
    await post("[]");
    const before = victim.peakMib();
    const deep = "[".repeat(4_000_000) + "]".repeat(4_000_000);
    assert.deepEqual(await post(deep), [400, "the body"]);
    assert.deepEqual(await post(`[${"{},".repeat(2_700_000)}{}]`), [400, "the body"]);
    const grown = victim.peakMib() - before;
    t.diagnostic(`${grown.toFixed(0)} MiB more`);
    assert.ok(grown < 128, `${grown} MiB`);
  } finally {
    await victim.close();
  }
});

test("a small body that unpacks to 384 MiB takes the memory of some slices", {
  skip: cannotKill,
}, async (t) => {
  const service = await startService();
  const victim = await startVictim({ service, token: TOKEN, settings });
  try {
    const put = (body: Buffer) =>
      fetch(`${victim.url}/v1/uploads?title=zeros.mp4`, {
        ...{ method: "PUT", body: new Uint8Array(body) },
        headers: {
          ...{ authorization: `Bearer ${TOKEN}`, "content-type": "video/mp4" },
          "content-encoding": "gzip",
        },
      });
    await (await put(gzipSync(Buffer.alloc(8 * MIB)))).body?.cancel();
    const before = victim.peakMib();
    const size = 384 * MIB;
    const response = await put(gzipSync(Buffer.alloc(size)));
    const { bytes } = (await response.json()) as { bytes?: number };
    assert.deepEqual([response.status, bytes], [201, size]);
    const grown = victim.peakMib() - before;
    t.diagnostic(`${grown.toFixed(0)} MiB more`);
    assert.ok(grown < 192, `${grown} MiB`);
  } finally {
    await victim.close();
    await service.close();
  }
});

test("a login with 95 MiB costs no memory", { skip: cannotKill }, async (t) => {
  const victim: Victim = await startVictim({ service: NOWHERE, token: TOKEN, settings });
  try {
    assert.equal((await fetch(`${victim.url}/session`)).status, 401);
    const before = victim.peakMib();
    const chunk = Buffer.alloc(256 * 1024, "a");
    for (const how of [`content-length: ${95 * MIB}`, "transfer-encoding: chunked"]) {
      const chunked = how.startsWith("transfer");
      const { status } = await send(victim, "POST", "/session", [how], {
        chunk,
        times: 380,
        chunked,
      });
      assert.ok(status === 413 || status === 0, `${how}: ${status}`);
    }
    const grown = victim.peakMib() - before;
    t.diagnostic(`${grown.toFixed(0)} MiB more`);
    assert.ok(grown < 64, `${grown} MiB`);
  } finally {
    await victim.close();
  }
});
