// How the service is reached and how requests are signed, from the command line to the wire; and the commands beside
// upload.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileCheckpoint, fromFile, Vodlift } from "../../pkg/src/index.ts";
import { vodlift } from "../support/cli.ts";
import { type Emulator, startService } from "../support/service.ts";
import { listenIn, type Wire } from "../support/wire.ts";
import { type Bench, callbackTo, PARTS, SIZE, startBench } from "../support/wire-bench.ts";

const ALIYUN_NAMES = new URL("../support/aliyun-names.ts", import.meta.url).href;

let bench: Bench;
let service: Emulator;
let wire: Wire;
let folder: string;
let film: string;
let run: Bench["run"];

before(async () => {
  bench = await startBench();
  ({ service, wire, folder, film, run } = bench);
});
after(() => bench.close());
beforeEach(() => {
  wire.clear();
  bench.heard.length = 0;
});

const upload = (...args: string[]) => run(["upload", film, ...args]);

/** How a command signs what it sends. */
async function signatures(args: string[]): Promise<Set<string | undefined>> {
  const known = service.log.length;
  await run(args);
  return new Set(service.log.slice(known).map(({ signature }) => signature));
}

/** What is signed neither by V4 nor by ACS3. */
const OLD = ["--vod-signature", "rpc", "--oss-signature", "v1"];
const BOTH_OLD = new Set(["rpc", "oss-v1"]);

test("V4 and ACS3 sign unless --oss-signature and --vod-signature say otherwise", async () => {
  const parts = ["upload", film, ...PARTS];
  assert.deepEqual(await signatures(parts), new Set(["acs3", "oss-v4"]));
  assert.deepEqual(
    await signatures([...parts, "--vod-signature", "rpc"]),
    new Set(["rpc", "oss-v4"]),
  );
  assert.deepEqual(
    await signatures([...parts, "--oss-signature", "v1"]),
    new Set(["acs3", "oss-v1"]),
  );
});

test("call signs as it is told, and repeats a lost call with --repeatable only", async () => {
  const { mediaId } = await upload();
  const calls = async (...args: string[]) => {
    const faults = [{ operation: "DeleteVideo", nth: 1, action: { kind: "reset-before" } }];
    service.setFaults(faults as Parameters<typeof service.setFaults>[0]);
    const known = service.log.length;
    const remove = ["call", "DeleteVideo", `VideoIds=${mediaId}`];
    await vodlift([...remove, "--vod-signature", "rpc", ...args], { service });
    service.setFaults([]);
    return service.log.slice(known).map(({ signature, status }) => [status, signature]);
  };
  assert.deepEqual(await calls(), [[0, undefined]]);
  assert.deepEqual(await calls("--repeatable"), [
    [0, undefined],
    [200, "rpc"],
  ]);
});

test("--region and --oss-region stand in the scope of the signature", async (t) => {
  const beijing = await startService({ region: "cn-beijing" });
  const there = listenIn(beijing.endpoint);
  t.after(() => {
    there.stop();
    return beijing.close();
  });
  const scopes = () =>
    there.requests
      .flatMap(
        ({ headers }) =>
          /Credential=[^/]+\/\d{8}\/([^/]+)\/oss/.exec(headers.authorization ?? "")?.[1] ?? [],
      )
      .filter((scope, index, all) => all.indexOf(scope) === index);
  const to = { service: { ...beijing, region: "cn-shanghai" } };
  await run(["upload", film, "--region", "cn-beijing"], to);
  assert.deepEqual(scopes(), ["cn-beijing"]);
  there.clear();
  const own = ["--oss-endpoint", beijing.endpoint];
  await run(["upload", film, ...own, "--oss-region", "cn-beijing"], to);
  assert.deepEqual(scopes(), ["cn-beijing"]);
});

test("--oss-cname puts no bucket before the path or the host", async (t) => {
  // The emulator takes the first label for the bucket, as OSS does with a domain that is bound to it.
  const bound = await startService({ bucket: "127" });
  const there = listenIn(bound.endpoint);
  t.after(() => {
    there.stop();
    return bound.close();
  });
  const own = ["--oss-endpoint", bound.endpoint, "--oss-region", bound.region, "--oss-cname"];
  const { objectKey } = await run(["upload", film, ...own], { service: bound });
  const put = there.requests.find(({ operation }) => operation === "PutObject");
  assert.deepEqual([put?.path, put?.headers.host], [`/${objectKey}`, new URL(bound.endpoint).host]);
});

test("--trust-host is needed where VOD names a host of its own, and --endpoint says where VOD is", async () => {
  const endpoint = service.endpoint.replace("127.0.0.1", "vod.cn-shanghai.aliyuncs.com");
  const env = { NODE_OPTIONS: `--import=${ALIYUN_NAMES}` };
  const args = ["upload", film, "--endpoint", endpoint];
  const { code, json: told } = await vodlift([...args, "--json"], { service, env });
  assert.deepEqual([code, told.error.code], [7, "endpoint_refused"]);
  wire.clear();
  const trusted = ["--trust-host", "example.com", "--trust-host", service.endpoint];
  await run([...args, ...trusted], { service, env });
  const hosts = wire.requests.map(({ operation, headers }) => [operation, headers.host]);
  assert.deepEqual(hosts.slice(0, 2), [
    ["CreateUploadVideo", new URL(endpoint).host],
    ["PutObject", new URL(service.endpoint).host],
  ]);
});

test("--oss-network is the way to the bucket, without it the way VOD names", async (t) => {
  // Listening everywhere, it names the host that it was called by.
  const named = await startService({ host: "0.0.0.0" });
  const there = listenIn(named.endpoint);
  t.after(() => {
    there.stop();
    return named.close();
  });
  const endpoint = named.endpoint.replace("0.0.0.0", "oss-cn-shanghai.aliyuncs.com");
  const env = { NODE_OPTIONS: `--import=${ALIYUN_NAMES}` };
  const way = async (...args: string[]) => {
    there.clear();
    await run(["upload", film, ...args], { service: { ...named, endpoint }, env });
    const put = there.requests.find(({ operation }) => operation === "PutObject");
    return put?.headers.host?.replace(/:\d+$/, "");
  };
  assert.equal(await way(), "vodlift-emulator.oss-cn-shanghai.aliyuncs.com");
  assert.equal(
    await way("--oss-network", "internal"),
    "vodlift-emulator.oss-cn-shanghai-internal.aliyuncs.com",
  );
  assert.equal(
    await way("--oss-network", "accelerate"),
    "vodlift-emulator.oss-accelerate.aliyuncs.com",
  );
});

test("resume and abort take what no checkpoint keeps", async () => {
  const begun = async (name: string) => {
    const path = join(folder, name);
    await new Vodlift(service).upload(fromFile(film), {
      partSize: 102_400,
      checkpoint: fileCheckpoint(path),
      callback: JSON.parse(callbackTo(`${bench.application}/done`)),
      budget: { parts: 1 },
    });
    wire.clear();
    return path;
  };
  const resumed = await begun("resume.json");
  const callback = ["--callback", callbackTo(`${bench.application}/done`)];
  const how = ["--traffic-limit", "819200", ...callback, ...OLD];
  assert.deepEqual(await signatures(["resume", resumed, ...how]), BOTH_OLD);
  assert.deepEqual(wire.carriers("x-oss-traffic-limit"), ["UploadPart"]);
  assert.deepEqual(wire.carriers("x-oss-callback"), ["CompleteMultipartUpload"]);
  assert.deepEqual(bench.heard, ["/done"]);
  assert.deepEqual(await signatures(["abort", await begun("abort.json"), ...OLD]), BOTH_OLD);
});

test("a manifest's columns reach the wire, and so do the options of ingest", async () => {
  await writeFile(join(folder, "a.png"), "image");
  const rows = [
    {
      source: film,
      showWatermark: true,
      trafficLimit: 838860800,
      enableFirstFrameCover: true,
      objectHeaders: { "Cache-Control": "no-store" },
      callback: { url: `${bench.application}/row`, body: "row" },
      maxBytes: SIZE,
    },
    { source: "a.png", as: "image", imageExt: "jpg" },
    {
      source: film,
      id: "b",
      as: "attached",
      businessType: "material",
      mediaExt: "zip",
      cateIds: "1,2",
    },
  ];
  const manifest = join(folder, "m.jsonl");
  await writeFile(manifest, rows.map((row) => JSON.stringify(row)).join("\n"));
  await run(["ingest", manifest]);
  const told: [name: string, value: string][] = [
    ["EnableFirstFrameCover", "true"],
    ["ImageExt", "jpg"],
    ["MediaExt", "zip"],
    ["CateIds", "1,2"],
    ["x-oss-traffic-limit", "838860800"],
    ["Cache-Control", "no-store"],
  ];
  for (const [name, value] of told) assert.deepEqual(wire.values(name), [value], name);
  assert.deepEqual(wire.carriers("x-oss-notification"), ["PutObject"]);
  assert.deepEqual(bench.heard, ["/row"]);
  const again = ["ingest", manifest, "--report", join(folder, "again.jsonl")];
  assert.deepEqual(await signatures([...again, ...OLD]), BOTH_OLD);
});

test("--max-bytes refuses a longer source before VOD hears of it, also in a manifest", async () => {
  const most = String(SIZE - 1);
  const alone = await vodlift(["upload", film, "--max-bytes", most, "--json"], { service });
  assert.deepEqual([alone.code, alone.json.error.code], [2, "too_large"]);
  const manifest = join(folder, "long.jsonl");
  await writeFile(manifest, JSON.stringify({ source: film, maxBytes: most }));
  const row = await vodlift(["ingest", manifest, "--json"], { service });
  assert.equal(row.json.error.code, "too_large");
  assert.deepEqual(wire.carriers("Title"), []);
});
