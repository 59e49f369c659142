// Sources with the habits of real servers: raw bytes in headers, many redirects, odd encodings, large headers, broken
// HTTP. On Node, Deno and Bun.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { Vodlift } from "../../pkg/src/index.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";
import { film, type RawOrigin, type RawReply, startRawOrigin } from "../support/raw-origin.ts";
import { type Emulator, mediaMade, startService, storedSha256 } from "../support/service.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const bytes = randomBytes(250_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const latin1 = (text: string) => Buffer.from(text, "latin1");

let service: Emulator;
let folder: string;
let script: string;

before(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "vodlift-habits-"));
  script = join(folder, "uploader.mjs");
  await build({
    entryPoints: [join(root, "tests/support/uploader.ts")],
    bundle: true,
    format: "esm",
    platform: "node",
    conditions: ["node"],
    outfile: script,
    logLevel: "error",
  });
});

after(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const account = () => {
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  return { accessKeyId, accessKeySecret, region, endpoint };
};

async function titleOf(mediaId: string): Promise<string | undefined> {
  return (await mediaMade(service)).find(({ id }) => id === mediaId)?.parameters.Title;
}

async function withOrigin<T>(
  answer: Parameters<typeof startRawOrigin>[0],
  work: (origin: RawOrigin) => Promise<T>,
): Promise<T> {
  const origin = await startRawOrigin(answer);
  try {
    return await work(origin);
  } finally {
    origin.close();
  }
}

const small = { allowPrivateSources: true, partSize: 102_400 } as const;

interface Told {
  mediaId: string;
  objectKey: string;
  error?: { code: string; message: string; hint: string };
}

/** Uploads in this runtime. */
async function uploadIn(runtime: readonly string[], source: string, options = {}): Promise<Told> {
  const [program = "", ...args] = runtime;
  const task = { account: account(), source, options: { ...small, ...options } };
  const { stdout } = await run(
    join(root, "node_modules/.bin", program),
    [...args, script, JSON.stringify(task)],
    { timeout: 900_000 },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

const RUNTIMES: readonly (readonly string[])[] = [["node"], ["deno", "run", "-A"], ["bun"]];

/** Where a redirect leads, as bytes, and what is asked for then. */
const LOCATIONS: readonly (readonly [string | Uint8Array, string])[] = [
  ["/电影.mp4", "/%E7%94%B5%E5%BD%B1.mp4"],
  ["/café.mp4", "/caf%C3%A9.mp4"],
  [latin1("/caf\xe9.mp4"), "/caf%E9.mp4"],
  [latin1("/\xb5\xe7\xd3\xb0.mp4"), "/%B5%E7%D3%B0.mp4"],
  ["/%E7%94%B5.mp4?a=é", "/%E7%94%B5.mp4?a=%C3%A9"],
];

for (const runtime of RUNTIMES) {
  const name = runtime[0];
  test(`${name}: a Location of raw bytes leads to those bytes`, async () => {
    for (const [location, path] of LOCATIONS) {
      const answer = (request: { path: string; headers: Record<string, string> }): RawReply => {
        if (request.path === "/a") return { status: 302, headers: [["Location", location]] };
        return request.path === path ? film(request, bytes) : { status: 404 };
      };
      await withOrigin(answer, async ({ url, requests }) => {
        const { objectKey, error } = await uploadIn(runtime, `${url}/a`);
        assert.equal(error, undefined, `${path}: ${error?.message} ${requests.at(-1)?.path}`);
        assert.equal(await storedSha256(service, objectKey), sha256);
      });
    }
  });

  test(`${name}: a raw name is read as UTF-8, and an ETag goes back byte for byte`, async () => {
    const etag = Buffer.concat([latin1('"\xe9\xff'), Buffer.from('é"')]);
    const answer = (request: { path: string; headers: Record<string, string> }): RawReply =>
      film(request, bytes, [
        ["Content-Disposition", 'attachment; filename="测试.mp4"'],
        ["ETag", etag],
      ]);
    await withOrigin(answer, async ({ url, requests }) => {
      const { mediaId, error } = await uploadIn(runtime, `${url}/get`);
      assert.equal(error, undefined, error?.message);
      assert.equal(await titleOf(mediaId), "测试");
      const conditional = requests.flatMap(({ headers }) => headers["if-range"] ?? []);
      assert.ok(conditional.length > 0);
      for (const sent of conditional) assert.equal(sent, etag.toString("latin1"));
    });
  });

  test(`${name}: a body that ends with its connection has not ended where that was reset`, async () => {
    const half = (times: number) => {
      let asked = 0;
      return (): RawReply => {
        asked += 1;
        return asked > times ? { raw: UNTIL_CLOSED } : CUT;
      };
    };
    await withOrigin(half(2), async ({ url }) => {
      const { objectKey, error } = await uploadIn(runtime, `${url}/film.mp4`);
      assert.equal(error, undefined, error?.message);
      assert.equal(await storedSha256(service, objectKey), sha256);
    });
    await withOrigin(half(Number.POSITIVE_INFINITY), async ({ url }) => {
      const { error } = await uploadIn(runtime, `${url}/film.mp4`);
      assert.equal(error?.code, "source_truncated", error?.message);
    });
  });

  test(`${name}: a source is told who asks, and what breaks HTTP has a code of its own`, async () => {
    await withOrigin(
      ({ path }) => ({ raw: MALFORMED[path.slice(1)] ?? "" }),
      async ({ url, requests }) => {
        for (const kind of Object.keys(MALFORMED)) {
          requests.length = 0;
          const { error } = await uploadIn(runtime, `${url}/${kind}`, { fileName: "a.mp4" });
          assert.equal(error?.code, "source_malformed", `${kind}: ${error?.message}`);
          assert.equal(requests.length, 1, kind);
          assert.match(requests[0]?.headers["user-agent"] ?? "", /^vodlift\/\d/);
          assert.equal(requests[0]?.headers.accept, "*/*");
        }
      },
    );
  });
}

/** The film, ended by its connection alone; and the half of it that came before a reset. */
const UNTIL_CLOSED = `HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nConnection: close\r\n\r\n${bytes.toString("latin1")}`;
const CUT: RawReply = { raw: UNTIL_CLOSED.slice(0, 120_000), resets: true };

const MALFORMED: Readonly<Record<string, string>> = {
  lengths: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
  both: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  header: "HTTP/1.1 200 OK\r\nBad Header: x\r\nContent-Length: 0\r\n\r\n",
  junk: "SSH-2.0-OpenSSH_9.6\r\n\r\n",
  huge: `HTTP/1.1 200 OK\r\nX: ${"a".repeat(600_000)}\r\nContent-Length: 1\r\n\r\na`,
};

test("what the caller says of who asks wins", async () => {
  await withOrigin(
    (request) => film(request, bytes),
    async ({ url, requests }) => {
      const headers = { "User-Agent": "mine/1", Accept: "video/*" };
      await new Vodlift(account()).upload({ url: `${url}/a.mp4`, headers }, small);
      for (const { headers: sent } of requests) {
        assert.deepEqual([sent["user-agent"], sent.accept], ["mine/1", "video/*"]);
      }
    },
  );
});

test("a service behind a proxy that breaks HTTP is told so, and asked once", async () => {
  await withOrigin(
    () => ({ raw: MALFORMED.lengths ?? "" }),
    async ({ url, requests }) => {
      const vod = new Vodlift({ ...account(), endpoint: url });
      const refused = { code: "reply_malformed", retryable: false };
      await assert.rejects(vod.upload(new File([bytes], "a.mp4")), refused);
      assert.equal(requests.length, 1);
      await assert.rejects(vod.call("GetVideoInfo", { VideoId: "x" }), refused);
      assert.equal(requests.length, 2);
    },
  );
});

test("hints do not advise what would not help", async () => {
  const vod = new Vodlift(account());
  for (const [source, hint] of [
    ["https://user:pass@example.com/a.mp4", /Authorization/],
    ["http://169.254.169.254/latest/meta-data", /credentials/],
    ["ftp://example.com/a.mp4", /http or https/],
  ] as const) {
    const error = await vod.upload(source).catch((error) => error);
    assert.equal(error.class, "guard");
    assert.match(error.hint, hint);
    assert.doesNotMatch(error.hint, /private/);
  }
});

/** What a source does beside giving its bytes: drawn together, they must not matter. */
function habits(luck: Dice): {
  hops: number;
  locations: (string | Uint8Array)[];
  headers: [string, string][];
  cuts: number;
} {
  const headers: [string, string][] = [];
  if (luck.oneIn(2)) {
    const codings = ["aws-chunked", "binary", "none", "", "identity", "None, identity", "utf-8"];
    headers.push(["Content-Encoding", luck.pick(codings)]);
  }
  if (luck.oneIn(2)) headers.push(["X-Policy", "p".repeat(luck.pick([1_000, 20_000, 120_000]))]);
  if (luck.oneIn(2)) headers.push(["Content-Disposition", 'inline; filename="片.mp4"']);
  const hops = luck.below(6);
  const locations = Array.from({ length: hops }, () => luck.pick(LOCATIONS)[0]);
  const cuts = luck.below(3);
  return { hops, locations, headers, cuts };
}

for (const seed of seeds(25)) {
  test(`SEED=${seed}: a source with habits arrives byte for byte`, async () => {
    const { locations, headers, cuts } = habits(dice(seed));
    let hop = 0;
    let cut = 0;
    const answer = (request: { path: string; headers: Record<string, string> }): RawReply => {
      if (!request.headers["user-agent"] || !request.headers.accept) return { status: 403 };
      const location = locations[hop];
      if (location === undefined) {
        cut += 1;
        return cut > cuts ? film(request, bytes, headers) : CUT;
      }
      hop += 1;
      return { status: 302, headers: [["Location", location]] };
    };
    await withOrigin(answer, async ({ url }) => {
      const { objectKey } = await new Vodlift(account()).upload(`${url}/start.mp4`, small);
      assert.equal(await storedSha256(service, objectKey), sha256);
    });
  });
}
