// Who may come in, and where the emulator may be sent: it must be nobody's way to what only this machine can reach.
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { refusalBy } from "../../pkg/src/emulator/addresses.ts";
import { dice } from "../support/dice.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "../support/emulator.ts";
import {
  call,
  completeBody,
  decode,
  initiate,
  keysOf,
  ossV4,
  rpcTarget,
  send,
  vodAcs3,
  xmlText,
} from "./client.ts";

/** What lies on loopback, and on no business of a client. */
let inside: string;
let asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? "");
  if (request.url?.startsWith("/moved-to-metadata")) {
    response.writeHead(302, { location: "http://169.254.169.254/latest/film.mp4" }).end();
  } else response.end('"kept inside"');
});
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  inside = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

async function started(context: TestContext, options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator(options);
  context.after(() => emulator.close());
  asked = [];
  return emulator;
}

/** A folder to start in. */
async function folder(context: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "vodlift-door-"));
  context.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

test("keys are drawn at random, kept in the folder, and fixed where they are given", async (context) => {
  const dir = await folder(context);
  const first = await startEmulator({ dir });
  await first.close();
  const other = await started(context);
  notEqual(first.accessKeyId, other.accessKeyId);
  notEqual(first.accessKeySecret, other.accessKeySecret);
  match(first.accessKeySecret, /^[0-9a-f]{48}$/);
  const again = await startEmulator({ dir });
  await again.close();
  deepEqual([again.accessKeyId, again.accessKeySecret], [first.accessKeyId, first.accessKeySecret]);
  const given = { accessKeyId: "mine", accessKeySecret: "and:mine/alone" };
  const fixed = await started(context, given);
  equal((await ossV4(fixed, { method: "PUT", key: "a", body: "x", keys: given })).status, 200);
  equal((await stat(join(fixed.dir, ".vodlift-emulator/settings.json"))).mode & 0o777, 0o600);
});

test("a folder of an emulator with the keys that everybody knows gets others", async (context) => {
  const dir = await folder(context);
  const known = { accessKeyId: "vodlift-emulator", accessKeySecret: "vodlift-emulator-secret" };
  await mkdir(join(dir, ".vodlift-emulator"));
  const settings = join(dir, ".vodlift-emulator/settings.json");
  await writeFile(settings, JSON.stringify({ ...known, region: "cn-beijing" }));
  const emulator = await started(context, { dir });
  notEqual(emulator.accessKeySecret, known.accessKeySecret);
  equal(emulator.region, "cn-beijing");
});

const OWN_HOSTS = [
  ...["127.0.0.1", "127.0.0.1:80", "[::1]:8080", "10.1.2.3:9", "localhost", "LOCALHOST:1"],
  ...["localhost.", "vodlift-emulator.localhost:80", "named.test", "vodlift-emulator.named.test"],
  ...["oss-cn-beijing.aliyuncs.com", "vodlift-emulator.oss-cn-shanghai.aliyuncs.com"],
  "vod.cn-shanghai.aliyuncs.com",
];
const FOREIGN_HOSTS = [
  ...["rebound.example.com", "127.0.0.1.nip.io", "localhost.example.com", "other.localhost"],
  ...["vodlift-emulator.example.com", "evil.oss-cn-shanghai.aliyuncs.com", "aliyuncs.com"],
  ...["oss-cn-shanghai.aliyuncs.com.example.com", "xoss-cn-shanghai.aliyuncs.com", ":80"],
  ...["0x7f.1", "2130706433", "[::1].example.com", "[rebound.example.com]", "localhost..", "a b"],
];

for (const [hosts, status] of [
  [OWN_HOSTS, 200],
  [FOREIGN_HOSTS, 403],
] as const) {
  test(`requests to ${status === 200 ? "its own names are answered" : "other names are refused by both services"}`, async (context) => {
    const emulator = await started(context, { hostNames: ["named.test"] });
    equal((await ossV4(emulator, { method: "PUT", key: "a", body: "x" })).status, 200);
    for (const host of hosts) {
      const search = rpcTarget(emulator, { action: "SearchMedia" });
      const vod = await send(emulator.endpoint, {
        method: "GET",
        target: search,
        headers: { host },
      });
      equal(vod.status, status, `VOD at ${host}`);
      const bucket = host.toLowerCase().startsWith(`${emulator.bucket}.`);
      const region = host.includes("cn-beijing");
      const oss = await ossV4(emulator, {
        method: "GET",
        key: "a",
        tamper: (wire) => {
          if (bucket) wire.target = wire.target.replace(`/${emulator.bucket}`, "");
          wire.headers = { ...wire.headers, host };
        },
      });
      // The bucket is in another region than this name.
      equal(oss.status, region ? 403 : status, `OSS at ${host}`);
      if (status === 403) {
        equal(JSON.parse(vod.text).Code, "Forbidden");
        equal(xmlText(oss.text, "Code"), "AccessDenied");
        match(oss.text, /--host-name/);
      }
    }
  });
}

test("pages of origins that were named may call it, those of any other get nothing", async (context) => {
  const named = "http://localhost:5173";
  const emulator = await started(context, { allowOrigins: [named] });
  const foreign = [
    "null",
    "http://localhost:5174",
    "https://localhost:5173",
    "http://evil.example",
  ];
  for (const origin of [named, emulator.endpoint, ...foreign]) {
    const preflight = await send(emulator.endpoint, {
      method: "OPTIONS",
      target: `/${emulator.bucket}/x`,
      headers: { origin, "access-control-request-private-network": "true" },
    });
    const put = await ossV4(emulator, {
      method: "PUT",
      key: "x",
      body: "x",
      tamper: (wire) => {
        wire.headers = { ...wire.headers, origin };
      },
    });
    const create = await vodAcs3(emulator, {
      action: "CreateUploadVideo",
      parameters: { Title: "t", FileName: "f.mp4" },
      tamper: (wire) => {
        wire.headers = { ...wire.headers, origin };
      },
    });
    for (const reply of [preflight, put, create]) {
      const comesIn = origin === named;
      equal(reply.status, comesIn ? 200 : 403, origin);
      equal(reply.headers["access-control-allow-origin"], comesIn ? named : undefined);
      equal(reply.headers.vary, "Origin");
    }
  }
  for (const origin of ["*", "null", "localhost", "http://a.example/", "file:///", ""]) {
    await startEmulator({ allowOrigins: [origin] }).then(
      () => ok(false, origin),
      (error) => ok(error instanceof RangeError),
    );
  }
});

test("an image or a link of a page makes no call of VOD, and may show an object", async (context) => {
  const emulator = await started(context, { allowOrigins: ["http://localhost:5173"] });
  equal((await ossV4(emulator, { method: "PUT", key: "a", body: "x" })).status, 200);
  for (const [site, status] of [
    ["cross-site", 403],
    ["same-site", 403],
    ["same-origin", 200],
    ["none", 200],
  ] as const) {
    const headers = { "sec-fetch-site": site, "sec-fetch-mode": "no-cors" };
    const target = rpcTarget(emulator, { action: "SearchMedia" });
    equal((await send(emulator.endpoint, { method: "GET", target, headers })).status, status, site);
    equal((await ossV4(emulator, { method: "GET", key: "a", headers })).status, 200, site);
  }
});

async function pulled(emulator: Emulator, url: string): Promise<Record<string, string>> {
  const UploadURLs = encodeURIComponent(url);
  const { reply } = await call(emulator, "UploadMediaByURL", { UploadURLs });
  const JobIds = reply.UploadJobs[0].JobId;
  for (;;) {
    const { URLUploadInfoList } = (await call(emulator, "GetURLUploadInfos", { JobIds })).reply;
    const [row] = URLUploadInfoList;
    if (/^SUCCESS$|_FAIL$/.test(row.Status)) return row;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a pull reaches loopback and networks of one's own only where that is switched on", async (context) => {
  const closed = await started(context);
  const port = new URL(inside).port;
  const spellings = ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1"];
  for (const host of [...spellings, "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "10.0.0.1"]) {
    const row = await pulled(closed, `http://${host}:${port}/film.mp4`);
    deepEqual([row.Status, row.ErrorCode], ["DOWNLOAD_FAIL", "FileDownloadFailed"], host);
    match(row.ErrorMessage ?? "", /private: .*--allow-private/, host);
  }
  deepEqual(asked, []);
  const open = await started(context, { allowPrivate: true });
  equal((await pulled(open, `${inside}/film.mp4`)).Status, "SUCCESS");
  equal((await pulled(open, `http://localhost:${port}/film.mp4`)).Status, "SUCCESS");
  const metadata = ["http://169.254.169.254/film.mp4", "http://[::ffff:a9fe:a9fe]/film.mp4"];
  for (const url of [...metadata, `${inside}/moved-to-metadata.mp4`]) {
    const row = await pulled(open, url);
    deepEqual([row.Status, /metadata/.test(row.ErrorMessage ?? "")], ["DOWNLOAD_FAIL", true], url);
  }
});

test("callbacks that a client asks for reach loopback only where that is switched on", async (context) => {
  const callback = Buffer.from(
    JSON.stringify({ callbackUrl: `${inside}/oss`, callbackBody: "a=1" }),
  ).toString("base64");
  const UserData = JSON.stringify({ MessageCallback: { CallbackURL: `${inside}/vod` } });
  const told: string[] = [];
  context.mock.method(console, "error", (line: string) => void told.push(line));
  for (const allowPrivate of [false, true]) {
    const emulator = await started(context, {
      allowPrivate,
      callback: { retryDelayMs: 1 },
      habits: { transcoding: "none" },
    });
    const put = { method: "PUT", key: "x", body: "x", headers: { "x-oss-callback": callback } };
    const reply = await ossV4(emulator, put);
    equal(reply.status, allowPrivate ? 200 : 203, reply.text);
    const parameters = { Title: "t", FileName: "f.mp4", UserData };
    const created = (await call(emulator, "CreateUploadVideo", parameters)).reply;
    const { FileName: key = "" } = decode(created.UploadAddress);
    await ossV4(emulator, { method: "PUT", key, keys: keysOf(created), body: "12345" });
    while (!emulator.events.some(({ delivered, attempts }) => delivered || attempts === 3)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    deepEqual(asked, allowPrivate ? ["/oss", "/vod"] : []);
  }
  ok(told.length > 0 && told.every((line) => line.includes("--allow-private")));
});

test("the callback that its owner set goes where they said", async (context) => {
  const url = `${inside}/own`;
  const emulator = await started(context, { callback: { url }, habits: { transcoding: "none" } });
  const created = (await call(emulator, "CreateUploadVideo", { Title: "t", FileName: "f.mp4" }))
    .reply;
  const { FileName: key = "" } = decode(created.UploadAddress);
  await ossV4(emulator, { method: "PUT", key, keys: keysOf(created), body: "12345" });
  while (!emulator.events.some(({ delivered }) => delivered)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  deepEqual(asked, ["/own"]);
});

const seed = Number(process.env.SEED ?? 11);

/** What an IPv6 address may carry an IPv4 one in: mapped, compatible, NAT64 of both prefixes, 6to4, Teredo, ISATAP. */
function carriers(octets: readonly number[]): string[] {
  const hex = (values: readonly number[]) =>
    values.map((octet) => octet.toString(16).padStart(2, "0")).join("");
  const [all, inverted] = [hex(octets), hex(octets.map((octet) => octet ^ 255))];
  const pair = (digits: string) => `${digits.slice(0, 4)}:${digits.slice(4)}`;
  const skipping = `${all.slice(0, 4)}:${all.slice(4, 6)}:${all.slice(6)}00`;
  return [
    `::ffff:${octets.join(".")}`,
    `::ffff:${pair(all)}`,
    `0:0:0:0:0:FFFF:${pair(all)}`,
    `::${pair(all)}`,
    `64:ff9b::${pair(all)}`,
    `64:ff9b:1:${skipping}::`,
    `2002:${pair(all)}::1`,
    `2001:0:4136:e378:8000:63bf:${pair(inverted)}`,
    `fe80::5efe:${pair(all)}`,
    `fe80::5efe:${pair(all)}%eth0`,
  ];
}

const METADATA = [
  ...["169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16"],
  ...["192.0.0.192", "100.96.0.96", "169.254.42.42", "169.254.0.23"],
];

test("where clouds tell a machine its role's keys is called by no switch, in no spelling", () => {
  const own = ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42", "fe80::a9fe:a9fe"];
  const carried = METADATA.flatMap((plain) => carriers(plain.split(".").map(Number)));
  for (const address of [...own, ...METADATA, ...carried]) {
    for (const allowPrivate of [false, true]) {
      match(refusalBy(allowPrivate)(address)?.message ?? "called", /metadata/, address);
    }
  }
});

test(`addresses drawn by seed ${seed} are private in every spelling, and by NAT64 as they are without`, () => {
  const draw = dice(seed);
  const isPrivate = (address: string) => refusalBy(false)(address) !== undefined;
  const first = [
    ...["10", "127", "192.168", "172.16", "172.31", "169.254", "100.64", "0", "224", "255"],
    ...["198.18", "192.0.0", "192.0.2", "198.51.100", "203.0.113", "192.88.99"],
  ];
  for (let turn = 0; turn < 500; turn += 1) {
    const begin = draw.pick([...first, "8", "93.184", "172.32", "192.169", "100.128", "11"]);
    const octets = begin.split(".").map(Number);
    while (octets.length < 4) octets.push(draw.below(256));
    const plain = octets.join(".");
    equal(isPrivate(plain), first.includes(begin), plain);
    for (const address of carriers(octets)) {
      // NAT64 leads to that very address. What leads through another network is refused, whatever it carries.
      const wanted = address.startsWith("64:ff9b::") ? isPrivate(plain) : true;
      equal(isPrivate(address), wanted, address);
    }
  }
});

test("in its folder no link is followed, neither to read nor to write nor to remove", async (context) => {
  const outside = await folder(context);
  await writeFile(join(outside, "secret.txt"), "of somebody else");
  const emulator = await started(context, { dir: await folder(context) });
  const bucket = join(emulator.dir, emulator.bucket);
  await symlink(outside, join(bucket, "folder"));
  await symlink(join(outside, "secret.txt"), join(bucket, "file.txt"));
  await symlink(join(outside, "made.txt"), join(bucket, "dangling.txt"));
  await mkdir(join(bucket, "deep"));
  await symlink(outside, join(bucket, "deep/er"));
  const keys = ["folder/secret.txt", "file.txt", "deep/er/secret.txt"];
  for (const key of keys) {
    for (const method of ["GET", "HEAD"]) {
      equal((await ossV4(emulator, { method, key })).status, 404, `${method} ${key}`);
    }
    await ossV4(emulator, { method: "DELETE", key });
    const copy = { "x-oss-copy-source": `/${emulator.bucket}/${key}` };
    const uploadId = await initiate(emulator, "copy");
    const query = { partNumber: "1", uploadId };
    equal(
      (await ossV4(emulator, { method: "PUT", key: "copy", query, headers: copy })).status,
      404,
    );
  }
  const list = await ossV4(emulator, { method: "GET" });
  ok(!list.text.includes("secret") && !list.text.includes("file.txt"), list.text);
  for (const key of [...keys, "dangling.txt", "folder/new/er.txt"]) {
    const inFolder = key.includes("/");
    const put = await ossV4(emulator, { method: "PUT", key, body: "mine" });
    equal(put.status, inFolder ? 409 : 200, `PUT ${key}`);
    const uploadId = await initiate(emulator, key);
    const query = { partNumber: "1", uploadId };
    const part = await ossV4(emulator, { method: "PUT", key, query, body: "mine, too" });
    const body = completeBody([{ number: 1, etag: String(part.headers.etag) }]);
    const whole = await ossV4(emulator, { method: "POST", key, query: { uploadId }, body });
    equal(whole.status, inFolder ? 409 : 200, `complete ${key}`);
    const appended = { append: "", position: "0" };
    const append = await ossV4(emulator, {
      method: "POST",
      key: `${dirname(key)}/x.log`,
      query: appended,
      body: "x",
    });
    if (inFolder) equal(append.status, 409);
  }
  deepEqual(await readdir(outside), ["secret.txt"]);
  equal(await readFile(join(outside, "secret.txt"), "utf8"), "of somebody else");
});

test("it starts in no folder whose state or bucket is a link", async (context) => {
  for (const name of [".vodlift-emulator", ".vodlift-emulator/uploads", "vodlift-emulator"]) {
    const [dir, outside] = [await folder(context), await folder(context)];
    await writeFile(join(outside, "kept"), "kept");
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await symlink(outside, join(dir, name));
    const failure = await startEmulator({ dir }).then(
      () => undefined,
      (error) => error,
    );
    match(failure?.message ?? "it has started", /symbolic link/);
    deepEqual(await readdir(outside), ["kept"]);
  }
});

test("settings behind a link are neither read nor written", async (context) => {
  const [dir, outside] = [await folder(context), await folder(context)];
  const planted = join(outside, "planted.json");
  const text = JSON.stringify({ accessKeyId: "known", accessKeySecret: "to-somebody-else" });
  await writeFile(planted, text);
  await mkdir(join(dir, ".vodlift-emulator"));
  await symlink(planted, join(dir, ".vodlift-emulator/settings.json"));
  const failure = await startEmulator({ dir }).then(
    () => undefined,
    (error) => error,
  );
  match(failure?.message ?? "it has started", /symbolic link/);
  equal(await readFile(planted, "utf8"), text);
});
