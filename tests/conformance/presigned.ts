/**
 * The same requests signed by the vendor's clients and by `vodlift/core`: presigned URLs of ali-oss and oss2, and signed
 * headers of oss2, V1 and V4, with drawn keys, queries, headers, endpoints and credentials. The clients are the oracle; when
 * they have signed is read from what they have made.
 *
 * With the path of a Python that has oss2 it is oss2's turn, else that of ali-oss. `SEED=7` draws that one alone.
 */
import { deepEqual, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import OSS from "ali-oss";
import { type OssSigning, presignOss, signOss } from "../../pkg/src/core.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";
import { check, finish } from "./harness.ts";

const DRAWN = 400;

/** What a client is told, and ours. */
interface Drawn {
  signature: "v1" | "v4";
  method: string;
  endpoint: string;
  cname: boolean;
  region: string;
  bucket: string;
  key: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  additionalHeaders: string[];
  expiresIn: number;
  credentials: { accessKeyId: string; accessKeySecret: string; securityToken?: string };
}

const ODD = [..." +%#?&=!'()*~^`{}|<>[]\"\\;:,@$-_.09azAZ/片é😀ü/"];
const REGIONS = ["cn-shanghai", "cn-beijing", "ap-southeast-1", "us-west-1"];

function words(luck: Dice, most: number): string {
  return Array.from({ length: 1 + luck.below(most) }, () => luck.pick(ODD)).join("");
}

/** One that an object can have, and that ali-oss takes: it refuses a leading `?`. */
function key(luck: Dice): string {
  const segments = Array.from({ length: 1 + luck.below(3) }, () => words(luck, 12));
  const all = segments.join("/").replace(/^[/\\?]+/, "k");
  return /(^|\/)\.{1,2}(\/|$)/.test(all) || all.trim() === "" ? `sv/${luck.below(1e9)}.mp4` : all;
}

const QUERIES: readonly ((luck: Dice) => Record<string, string>)[] = [
  () => ({}),
  () => ({ uploads: "" }),
  () => ({ acl: "" }),
  (luck) => ({ partNumber: String(1 + luck.below(10_000)), uploadId: words(luck, 32) }),
  (luck) => ({ uploadId: words(luck, 32) }),
  (luck) => ({ versionId: words(luck, 20) }),
  (luck) => ({
    "response-content-type": "video/mp4",
    "response-content-disposition": `attachment; filename=${words(luck, 9)}`,
  }),
  (luck) => ({ "x-oss-process": `video/snapshot,t_${luck.below(9000)},f_jpg` }),
  (luck) => ({ "x-oss-traffic-limit": String(819_200 + luck.below(1e6)) }),
];

const HEADERS: readonly [string, (luck: Dice) => string][] = [
  ["Content-Type", (luck) => luck.pick(["video/mp4", "text/plain; charset=utf-8"])],
  ["Content-MD5", () => "eB5eJF1ptWaXm4bijSPyxw=="],
  ["x-oss-meta-author", (luck) => luck.pick(["alice", "a b", "%E7%89%87"])],
  ["x-oss-storage-class", () => "IA"],
  ["Cache-Control", () => "no-store"],
  ["zabc", () => "value"],
];

function drawn(seed: number): Drawn {
  const luck = dice(seed);
  const signature = luck.pick(["v1", "v4"] as const);
  const cname = luck.oneIn(4);
  const region = luck.pick(REGIONS);
  const scheme = luck.pick(["https", "http"]);
  const headers = Object.fromEntries(
    HEADERS.filter(() => luck.oneIn(3)).map(([name, value]) => [name, value(luck)]),
  );
  const further = ["Cache-Control", "zabc"].filter((name) => name in headers);
  return {
    signature,
    method: luck.pick(["GET", "PUT", "POST", "HEAD", "DELETE"]),
    endpoint: `${scheme}://${cname ? "media.example.com" : `oss-${region}.aliyuncs.com`}`,
    cname,
    region,
    bucket: luck.pick(["outin-1", "films", "oss-cn-x"]),
    key: key(luck),
    query: luck.pick(QUERIES)(luck),
    headers,
    additionalHeaders: signature === "v4" && luck.oneIn(2) ? further : [],
    expiresIn: 1 + luck.below(604_800),
    credentials: {
      accessKeyId: `STS.${luck.below(1e9)}`,
      accessKeySecret: `secret${luck.below(1e9)}`,
      ...(luck.oneIn(2) && { securityToken: `CAIS+/${luck.below(1e9)}==` }),
    },
  };
}

function signing({ cname, ...rest }: Drawn): OssSigning {
  return { ...rest, cname };
}

/** What a URL says, however its writer escapes it, and in whatever order. */
function meaning(text: string) {
  const [, origin, path = "", search = ""] = /^(https?:\/\/[^/]+)([^?]*)\??(.*)$/.exec(text) ?? [];
  const pairs = search.split("&").map((pair) => {
    const [name = "", value = ""] = pair.split(/=(.*)/);
    return `${decodeURIComponent(name)}=${decodeURIComponent(value)}`;
  });
  return { origin, path: decodeURIComponent(path), query: pairs.toSorted() };
}

function presigned(input: Drawn, theirs: string): void {
  const { searchParams } = new URL(theirs);
  const [basic, end] = [searchParams.get("x-oss-date"), searchParams.get("Expires")];
  const now = basic === null ? (Number(end) - input.expiresIn) * 1000 : timeOf(basic);
  const { expiresIn, credentials } = input;
  const ours = presignOss({ ...signing(input), expiresIn }, credentials, now);
  deepEqual(meaning(ours), meaning(theirs));
}

/** Of `20260101T000000Z`. */
function timeOf(basic: string): number {
  return Date.parse(basic.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"));
}

/** What is signed alike; a seed is told where it is not. */
function all(inputs: readonly [number, Drawn][], compare: (input: Drawn, at: number) => void) {
  const differing: string[] = [];
  for (const [at, [seed, input]] of inputs.entries()) {
    try {
      compare(input, at);
    } catch (error) {
      differing.push(`SEED=${seed}: ${(error as Error).message}`);
    }
  }
  ok(inputs.length > 0);
  deepEqual(differing, [], `${differing.length} of ${inputs.length} differ`);
  console.log(`       ${inputs.length} drawn, none differs`);
}

const inputs = seeds(DRAWN * 2).map((seed): [number, Drawn] => [seed, drawn(seed)]);
const of = (signature: string) => inputs.filter(([, input]) => input.signature === signature);
const python = process.argv[2];

for (const signature of ["v1", "v4"]) {
  if (of(signature).length === 0) continue;
  if (python === undefined) {
    await check(`ali-oss ${signature} presigns as the core does`, async () => {
      const urls = await Promise.all(of(signature).map(([, input]) => byAliOss(input)));
      all(of(signature), (input, at) => presigned(input, urls[at] as string));
    });
    continue;
  }
  await check(`oss2 ${signature} presigns as the core does`, async () => {
    const urls = byOss2("presign", of(signature));
    all(of(signature), (input, at) => presigned(input, urls[at] as string));
  });
  await check(`oss2 ${signature} signs headers as the core does`, async () => {
    const signed = byOss2("sign", of(signature)) as unknown as Record<string, string>[];
    all(of(signature), (input, at) => {
      const { authorization = "", "x-oss-date": date = "" } = signed[at] ?? {};
      // V1 is dated by what the caller gives.
      const headers = { ...input.headers, ...(signature === "v1" && { "x-oss-date": date }) };
      const now = signature === "v1" ? 0 : timeOf(date);
      const ours = signOss({ ...signing(input), headers }, input.credentials, now);
      deepEqual(parts(new Headers(ours.headers).get("authorization") ?? ""), parts(authorization));
    });
  });
}
finish();

/** Clients differ in spaces and order. */
function parts(authorization: string): string[] {
  return authorization.split(/[ ,]+/).toSorted();
}

function byAliOss(input: Drawn): Promise<string> | string {
  const { credentials, cname, endpoint, region, bucket, signature } = input;
  const client = new OSS({
    accessKeyId: credentials.accessKeyId,
    accessKeySecret: credentials.accessKeySecret,
    ...(credentials.securityToken !== undefined && {
      stsToken: credentials.securityToken,
      // It warns of each client without one.
      refreshSTSToken: () => Promise.reject(new Error("it is fresh")),
    }),
    endpoint,
    region: `oss-${region}`,
    bucket,
    cname,
  });
  const { method, key, query, headers, additionalHeaders, expiresIn } = input;
  if (signature === "v1") {
    // It writes the token into what it is given.
    const options = { method, expires: expiresIn, subResource: { ...query }, ...headers };
    return client.signatureUrl(key, options as OSS.SignatureUrlOptions);
  }
  // An empty value of a query is `null` to it.
  const queries = Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, value === "" ? null : value]),
  );
  const request = { headers, queries } as object;
  return client.signatureUrlV4(method as "GET", expiresIn, request, key, additionalHeaders);
}

function byOss2(deed: "presign" | "sign", some: readonly [number, Drawn][]): string[] {
  const script = fileURLToPath(new URL("python/presigned.py", import.meta.url));
  const input = JSON.stringify(some.map(([, one]) => one));
  const ran = spawnSync(python as string, [script, deed], { input, encoding: "utf8" });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout);
}
