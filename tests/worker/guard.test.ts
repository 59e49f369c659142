// Which addresses the Worker lets anybody reach through it, and how large a source may be. What the guard itself refuses is
// tested with the core; here, that nothing goes round it.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { brokenSetting } from "../../worker/src/settings.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";
import { type Route, startOrigin } from "../support/origin.ts";
import { assertNothingOpen, assertNothingStored, startService } from "../support/service.ts";
import {
  callWorker,
  ingestEnd,
  listAll,
  NOWHERE,
  postIngest,
  type RunningWorker,
  startWorker,
  type WorkerOptions,
} from "../support/worker.ts";

const REFUSED = [
  // Loopback, in every spelling.
  ...["127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.1."],
  ...["%31%32%37.0.0.1", "①②⑦.0.0.1", "0", "0.0.0.0", "localhost", "LOCALHOST.", "a.localhost"],
  // Private, link-local, shared, special and multicast.
  ...["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.0.1"],
  ...["100.64.0.1", "100.100.100.200", "192.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.1"],
  ...["224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1"],
  // IPv6: loopback, mapped, 6to4, NAT64, Teredo, unique local, link-local, multicast.
  ...["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]"],
  ...["[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[64:ff9b::100.100.100.200]", "[2001:0:7f00:1::1]"],
  ...["[fd00::1]", "[fd00:ec2::254]", "[fe80::1]", "[ff02::1]", "[2001:db8::1]"],
  // Names of this network only.
  ...["metadata.google.internal", "vpc.internal", "nas.local", "printer.lan", "router"],
];

async function withWorker(
  options: Omit<WorkerOptions, "service"> & Partial<Pick<WorkerOptions, "service">>,
  use: (worker: RunningWorker) => Promise<void>,
): Promise<void> {
  const worker = await startWorker({ service: NOWHERE, ...options });
  try {
    await use(worker);
  } finally {
    await worker.close();
  }
}

const post = (worker: RunningWorker, body: unknown) =>
  callWorker(worker, "/v1/ingests", { method: "POST", body: JSON.stringify(body) });

test("no address of an inner network is taken, for a source or a webhook", async () => {
  await withWorker({ allowPrivateSources: false }, async (worker) => {
    const good = "https://example.com/film.mp4";
    for (const field of ["url", "webhookUrl"]) {
      const batch = REFUSED.map((host) => ({
        url: good,
        [field]: `http://${host}/film.mp4?q=hush`,
      }));
      const { body } = await post(worker, batch);
      for (const [n, { error }] of body.results.entries()) {
        assert.deepEqual([error?.status, error?.field], [400, field], REFUSED[n]);
        assert.match(error.code, /^(address_refused|url_refused|invalid_argument)$/, REFUSED[n]);
        assert.doesNotMatch(JSON.stringify(error), /hush/);
      }
    }
    const others = [
      "file:///etc/passwd",
      "data:,x",
      "ftp://example.com/",
      "http://u:p@example.com/",
    ];
    for (const url of [
      ...others,
      "http://example.com:22/",
      "javascript:alert(1)",
      "//example.com/",
    ]) {
      assert.equal((await post(worker, { url })).status, 400, url);
    }
    assert.deepEqual(await listAll(worker), []);
  });
});

test("no redirect leads there either", async () => {
  const targets = ["http://127.0.0.1/", "http://[::ffff:7f00:1]/", "http://vpc.internal/"];
  const metadata = [
    "http://100.100.100.200/latest/",
    "http://169.254.169.254/",
    "http://2130706433/",
  ];
  const all = [...targets, ...metadata, "file:///etc/passwd", "//[fd00::1]/"];
  const fetched: string[] = [];
  const outbound = (url: string) => {
    fetched.push(url);
    const { pathname } = new URL(url);
    const [, hops = "", target = ""] = /^\/(\d)\/(\d)/.exec(pathname) ?? [];
    const location = hops === "0" ? (all[Number(target)] ?? "") : `/0/${target}/film.mp4`;
    return { status: 302, location };
  };
  await withWorker({ allowPrivateSources: false, outbound }, async (worker) => {
    const { body } = await post(
      worker,
      all.flatMap((_, n) =>
        [0, 1].map((hops) => ({ url: `http://public.example/${hops}/${n}/a.mp4` })),
      ),
    );
    for (const { id } of body.results) {
      const { state, error } = await ingestEnd(worker, id);
      assert.equal(state, "failed");
      assert.match(error?.code ?? "", /^(address_refused|url_refused)$/, error?.message);
    }
  });
  const hosts = new Set(fetched.map((url) => new URL(url).host));
  assert.deepEqual([...hosts], ["public.example"], "nothing else was asked");
});

test("the operator's lists of hosts hold", async () => {
  const settings = {
    VODLIFT_ALLOW_HOSTS: "good.example, *.cdn.example",
    VODLIFT_DENY_HOSTS: "evil.cdn.example",
  };
  await withWorker({ allowPrivateSources: false, settings }, async (worker) => {
    await callWorker(worker, "/v1/pause", { method: "POST" });
    const status = async (host: string) =>
      (await post(worker, { url: `https://${host}/a.mp4` })).status;
    for (const host of ["good.example", "GOOD.example.", "a.cdn.example", "a.b.cdn.example"]) {
      assert.equal(await status(host), 202, host);
    }
    for (const host of [
      "cdn.example",
      "badgood.example",
      "evil.cdn.example",
      "EVIL.cdn.example.",
    ]) {
      assert.equal(await status(host), 400, host);
    }
  });
});

test("a host beyond ASCII is taken, and listed in either spelling", async () => {
  const asked = new Set<string>();
  const outbound = (url: string) => {
    const { host, pathname } = new URL(url);
    asked.add(host);
    if (pathname !== "/moved.mp4") return { status: 404 };
    return { status: 302, location: "//xn--fiqs8s.xn--p3t879b.example/a" };
  };
  const settings = { VODLIFT_ALLOW_HOSTS: "电影.example, *.电影.example" };
  await withWorker({ allowPrivateSources: false, settings, outbound }, async (worker) => {
    const url = "https://电影.example/moved.mp4";
    const { error } = await ingestEnd(worker, await postIngest(worker, { url }));
    assert.equal(error?.code, "source_not_found", error?.message);
    const { body } = await post(worker, { url: "https://电影院.example/film.mp4" });
    assert.equal(body.code, "source_host_refused");
  });
  assert.deepEqual([...asked], ["xn--p3t879b.example", "xn--fiqs8s.xn--p3t879b.example"]);
});

test("they hold where a source redirects to, too", async () => {
  const asked = new Set<string>();
  const outbound = (url: string) => {
    asked.add(new URL(url).host);
    return { status: 302, location: "https://elsewhere.example/a" };
  };
  for (const settings of [
    { VODLIFT_ALLOW_HOSTS: "good.example" },
    { VODLIFT_DENY_HOSTS: "*.example.org, elsewhere.example" },
  ]) {
    await withWorker({ allowPrivateSources: false, settings, outbound }, async (worker) => {
      for (const as of ["video", "playlist"]) {
        const id = await postIngest(worker, { url: "https://good.example/a.m3u8", as });
        const { state, error } = await ingestEnd(worker, id);
        assert.deepEqual([state, error?.code], ["failed", "source_host_refused"], as);
        assert.match(error?.message ?? "", /elsewhere\.example/);
      }
    });
  }
  assert.deepEqual([...asked], ["good.example"], "nothing else was asked");
});

test("a limit that cannot be read lets nothing through", async () => {
  const settings = { VODLIFT_MAX_BYTES: "20GiB" };
  await withWorker({ settings }, async (worker) => {
    for (const [method, path] of [
      ["POST", "/v1/ingests"],
      ["PUT", "/v1/uploads?title=a"],
    ] as const) {
      const body = JSON.stringify({ url: "https://example.com/a.mp4" });
      const { status, body: problem } = await callWorker(worker, path, { method, body });
      assert.deepEqual([status, problem.code], [503, "setting_invalid"]);
      assert.match(problem.hint, /VODLIFT_MAX_BYTES/);
    }
    assert.deepEqual(await listAll(worker), []);
  });
});

test("a memory that no upload could work in lets nothing through", async () => {
  // Its types are those of a Worker.
  const { unready } = await import("../../worker/src/client.ts" as string);
  const keys = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: "id",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "k".repeat(32),
  };
  const trouble = await unready({ ...keys, VODLIFT_MEMORY: "1000" });
  assert.equal(trouble?.code, "setting_invalid");
  assert.match(trouble.message, /VODLIFT_MEMORY.*1048576/);
  assert.equal(await unready({ ...keys, VODLIFT_MEMORY: "33554432" }), undefined);
});

test("a list that holds separators alone, and a secret or an address that is none, let nothing through", async () => {
  const separators = [",", " , ", " ", "\t", "\n", ",,\n ,"];
  const lists = ["ALLOW_HOSTS", "DENY_HOSTS", "WEBHOOK_HOSTS", "WEBHOOK_SECRET"];
  const all = lists.flatMap((name) => separators.map((text) => [`VODLIFT_${name}`, text] as const));
  const broken = [
    ...all,
    ["VODLIFT_WEBHOOK_SECRET", "whsec_!"],
    ["VODLIFT_WEBHOOK_URL", " "],
    ["VODLIFT_WEBHOOK_URL", "hooks.example"],
    ["VODLIFT_MAX_BYTES", "1e9"],
    ["VODLIFT_MAX_BYTES", "-1"],
    ["VODLIFT_MAX_BYTES", "0.5"],
    ["VODLIFT_MAX_BYTES", "9".repeat(400)],
    ["VODLIFT_LEAST_RATE", "9".repeat(17)],
    ["VODLIFT_RUNNING", "0x10"],
  ] as const;
  const unset = Object.fromEntries(lists.map((name) => [`VODLIFT_${name}`, ""]));
  assert.equal(brokenSetting(unset), undefined);
  for (const [name, text] of broken) {
    const found = brokenSetting({ ...unset, [name]: text });
    assert.equal(found?.name, name, `${name}=${JSON.stringify(text)}`);
  }
  await withWorker({ settings: { VODLIFT_ALLOW_HOSTS: " , " } }, async (worker) => {
    const { status, body } = await post(worker, { url: "https://example.com/a.mp4" });
    assert.deepEqual([status, body.code], [503, "setting_invalid"]);
    assert.match(body.hint, /VODLIFT_ALLOW_HOSTS/);
  });
});

/** A host as a list may name it, however it is written. */
function drawHost(dice: Dice): string {
  const label = () =>
    dice.pick(["a", "cdn", "media-1", "x_y", "xn--fiqs8s", "电影", "BÜCHER", "1a", "a".repeat(63)]);
  const name = Array.from({ length: 1 + dice.below(4) }, label).join(".") + dice.pick(["", "."]);
  const host = dice.oneIn(6)
    ? dice.pick(["192.0.2.1", "[2606:4700::1]"])
    : `${dice.pick(["", "*."])}${name}`;
  return host + dice.pick(["", "", ":443", ":8443", ":80"]);
}

/** The same with a mistake in it. */
function spoiled(dice: Dice, host: string): string {
  const signs = [..."/?#@\\*\"'`;()<>{}|^!$&=+~%\u00a0\u200b\0"].filter((one) => one.trim() !== "");
  const at = dice.below(host.length + 1);
  return dice.pick([
    () => `https://${host.replace("*.", "")}/`,
    () => `.${host}`,
    () => `*.${host.startsWith("*.") ? host : `*.${host}`}`,
    () => "*",
    () => `${host.split(":")[0]}:${dice.pick(["65536", "x", "-1", "8o"])}`,
    () => "192.0.2.0/24",
    () => "*.192.0.2.1",
    () => "256.1.1.1",
    () =>
      host.slice(0, at) +
      dice.pick(signs.filter((one) => !"\u200b".includes(one))) +
      host.slice(at),
  ])();
}

test("a list of hosts closes the Worker at the door, or every rule in it is one: drawn", async (t) => {
  // By its address only, as its types are those of a Worker.
  const { unready } = (await import(
    `${new URL("../../worker/src/client.ts", import.meta.url)}`
  )) as {
    unready(settings: object): Promise<{ code: string; message: string } | undefined>;
  };
  const base = { ALIBABA_CLOUD_ACCESS_KEY_ID: "id", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "hush" };
  const silenced = t.mock.method(console, "error", () => {});
  for (const seed of seeds(300)) {
    const drawn = dice(seed);
    const name = drawn.pick(["VODLIFT_ALLOW_HOSTS", "VODLIFT_DENY_HOSTS", "VODLIFT_WEBHOOK_HOSTS"]);
    const hosts = Array.from({ length: 1 + drawn.below(3) }, () => drawHost(drawn));
    const isSpoiled = drawn.oneIn(2);
    const at = drawn.below(hosts.length);
    if (isSpoiled) hosts[at] = spoiled(drawn, hosts[at] ?? "");
    const text = hosts.join(drawn.pick([",", ", ", " ", "\n", " ,\t"]));
    const trouble = await unready({ ...base, [name]: text });
    const what = `seed ${seed}: ${name}=${JSON.stringify(text)}: ${trouble?.message}`;
    assert.equal(trouble?.code, isSpoiled ? "setting_invalid" : undefined, what);
    if (!trouble) continue;
    assert.ok(trouble.message.includes(name), what);
    // Callers hear which setting, the log what it holds.
    assert.doesNotMatch(trouble.message, /, got/, what);
  }
  assert.ok(silenced.mock.callCount() > 50);
});

test("a setting that no request could go by closes the Worker, and its health says so", async () => {
  const broken: [name: string, text: string][] = [
    ["VODLIFT_ALLOW_HOSTS", "good.example, https://cdn.example/"],
    ["VODLIFT_DENY_HOSTS", "evil.example;bad.example"],
    ["VODLIFT_WEBHOOK_HOSTS", "hooks.example/*"],
    ["VODLIFT_REGION", "Shanghai (China)"],
    ["VODLIFT_ENDPOINT", "https://vod.example/path"],
    ["VODLIFT_WEBHOOK_URL", "http://10.0.0.1/hooks"],
    ["VODLIFT_WEBHOOK_SECRET", `whsec_${btoa("swordfish")}`],
  ];
  const look = async ([name, text]: [string, string]) => {
    // An endpoint of its own needs no region.
    const settings = { ...(name === "VODLIFT_REGION" && { VODLIFT_ENDPOINT: "" }), [name]: text };
    await withWorker({ settings, allowPrivateSources: false }, async (worker) => {
      assert.equal((await fetch(`${worker.url}/healthz`)).status, 503, name);
      for (const [method, path] of [
        ["POST", "/v1/ingests"],
        ["PUT", "/v1/uploads?title=a"],
      ] as const) {
        const body = JSON.stringify({ url: "https://example.com/a.mp4" });
        const { status, body: problem } = await callWorker(worker, path, { method, body });
        assert.deepEqual([status, problem.code], [503, "setting_invalid"], name);
        assert.ok(problem.detail.includes(name), problem.detail);
        assert.ok(!JSON.stringify(problem).includes(text), JSON.stringify(problem));
      }
    });
  };
  for (const one of broken) await look(one);
});

test("a callback key of nothing but blanks is none, and nobody signs with it", async () => {
  for (const key of ["", "   ", "\n", "\t "]) {
    await withWorker({ settings: { VODLIFT_CALLBACK_KEY: key } }, async ({ url }) => {
      const path = `${url}/callbacks/vod`;
      const at = String(Math.floor(Date.now() / 1000));
      for (const guess of new Set(["", key, key.trim(), "undefined"])) {
        const signature = createHash("md5").update(`${path}|${at}|${guess}`).digest("hex");
        const headers = { "x-vod-timestamp": at, "x-vod-signature": signature };
        const response = await fetch(path, { method: "POST", headers, body: "{}" });
        const { code } = (await response.json()) as { code: string };
        assert.deepEqual([response.status, code], [503, "callbacks_not_configured"]);
      }
    });
  }
});

test("a webhook's secret is drawn at random, and is long enough", () => {
  const weak = [
    ...["hush", "swordfish", "a".repeat(40), "secret".repeat(8)],
    ...["abcdefghijklmnopqrstuvwxyz0123456789", "0123456789".repeat(5), "correct horse battery"],
  ].flatMap((text) => [btoa(text), text]);
  const bytes: Uint8Array[] = [new Uint8Array(64), Uint8Array.from({ length: 64 }, (_, at) => at)];
  bytes.push(randomBytes(23));
  for (const one of [...weak, ...bytes.map((one) => Buffer.from(one).toString("base64"))]) {
    const found = brokenSetting({ VODLIFT_WEBHOOK_SECRET: `whsec_${one}` });
    assert.equal(found?.name, "VODLIFT_WEBHOOK_SECRET", one);
    const beside = `whsec_${randomBytes(32).toString("base64")}`;
    assert.ok(brokenSetting({ VODLIFT_WEBHOOK_SECRET: `${beside} whsec_${one}` }), one);
  }
  for (let n = 0; n < 2_000; n += 1) {
    const drawn = randomBytes(24 + (n % 41));
    for (const text of [drawn.toString("base64"), btoa(drawn.toString("hex"))]) {
      assert.equal(brokenSetting({ VODLIFT_WEBHOOK_SECRET: `whsec_${text}` }), undefined, text);
    }
  }
});

test("a source that is too large is refused, as soon as that is known", async () => {
  const service = await startService();
  const origin = await startOrigin();
  const settings = { VODLIFT_MAX_BYTES: "3000000" };
  try {
    await withWorker({ service, settings }, async (worker) => {
      const end = async (path: string, route: Route, fields: object = {}) => {
        const url = origin.add(path, route);
        return ingestEnd(worker, await postIngest(worker, { url, partSize: 500_000, ...fields }));
      };
      for (const [path, route, fields] of [
        ["/large.mp4", { size: 3_000_001 }, {}],
        ["/huge.mp4", { size: 10 ** 12 }, {}],
        ["/endless.mp4", { size: 20_000_000, noLength: true }, {}],
        ["/stream.mp4", { size: 20_000_000, noRanges: true }, {}],
        ["/large.png", { size: 5_000_000 }, { as: "image" }],
      ] as const) {
        const { state, error } = await end(path, route, fields);
        assert.deepEqual([state, error?.code], ["failed", "too_large"], path);
        assert.match(error?.message ?? "", /3000000/);
        assert.match(error?.hint ?? "", /VODLIFT_MAX_BYTES/);
      }
      await assertNothingStored(service);
      assert.equal((await end("/fits.mp4", { size: 3_000_000 })).state, "done");
      await assertNothingOpen(service);
    });
  } finally {
    await origin.close();
    await service.close();
  }
});
