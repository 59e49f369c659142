// Every option through every shell that offers it: the core is to get the same job from each, and a value that is none is to be
// refused by each with the same field and rule. Which those are src/options says, so an option that is added and does not
// arrive somewhere fails here.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseCommand, type UploadCommand } from "../../pkg/src/cli/args.ts";
import { rowsOf } from "../../pkg/src/cli/ingest/manifest.ts";
import { flagOf } from "../../pkg/src/cli/options/option.ts";
import { runUpload } from "../../pkg/src/cli/upload.ts";
import { Upload } from "../../pkg/src/core.ts";
import { DECLARED, type Declared, type Kind, type Shell } from "../../pkg/src/declared.ts";
import { fromJson } from "../../pkg/src/given.ts";
import { createIngestHandler } from "../../pkg/src/handler/index.ts";
import { memoryCheckpoint, type UploadOptions, Vodlift } from "../../pkg/src/index.ts";
import type { Job } from "../../pkg/src/wasm/core.js";
import { IngestRequest } from "../../worker/src/api/schema.ts";

// biome-ignore lint/suspicious/noExplicitAny: options by names that are drawn
type Any = any;
type Options = Record<string, unknown>;

const folder = await mkdtemp(join(tmpdir(), "vodlift-options-"));
after(() => rm(folder, { recursive: true }));
const keys = { accessKeyId: "id", accessKeySecret: "secret" };
const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: "id", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "secret" };
const SOURCES: Readonly<Record<Kind, string>> = {
  video: "https://example.com/film.mp4",
  image: "https://example.com/cover.png",
  attached: "https://example.com/pack.zip",
  playlist: "https://example.com/film.m3u8",
};

// By paths that are no constants: what they import has the types of a browser, and of workerd.
const [{ fromCsv }, { troubleOf }, { jobOf }]: Any[] = await Promise.all(
  ["public/app/manifest.js", "src/api/validation.ts", "src/ingest/request.ts"].map(
    (path) => import(`../../worker/${path}`),
  ),
);

/** What the core is given is written down, judged, and goes no further. */
class Seen extends Error {}
let seen: Job | undefined;
const create = Upload.create;
Upload.create = (...given) => {
  create.apply(Upload, given).free();
  seen = structuredClone(given[0]);
  throw new Seen();
};
// The command listens for them, each time.
process.setMaxListeners(0);
after(() => {
  Upload.create = create;
});

async function jobOfWork(work: () => Promise<unknown>): Promise<Job> {
  seen = undefined;
  await work().catch((error: unknown) => {
    if (!(error instanceof Seen)) throw error;
  });
  assert.ok(seen, "no upload was begun");
  return seen;
}

/** How each shell sends a source of a kind with some options; or what it says is wrong with them. */
type Send = (kind: Kind, options: Options) => Promise<unknown>;

/** As it is said in place of `as: "video"`, which means something. */
const withKind = (kind: Kind, options: Options): Options =>
  kind === "video" ? options : { as: kind, ...options };

const CLIENT = Object.keys(DECLARED).filter((name) => DECLARED[name]?.stages.includes("client"));

const api: Send = async (kind, options) => {
  const all = Object.entries(withKind(kind, options));
  const ofClient = Object.fromEntries(all.filter(([name]) => CLIENT.includes(name)));
  const rest = Object.fromEntries(all.filter(([name]) => !CLIENT.includes(name)));
  return new Vodlift({ ...keys, ...ofClient }).upload(SOURCES[kind], rest as UploadOptions);
};

const TOKEN = "a-token-of-the-test";
const handler: Send = async (kind, options) => {
  let thrown: unknown;
  const serve = createIngestHandler({
    ...keys,
    tokens: [
      { sha256: createHash("sha256").update(TOKEN).digest("hex"), scopes: ["create", "replace"] },
    ],
    sealKey: "3f1c0d9be8a7465221f0a9c8d7e6b5a4",
    onError: (error) => {
      thrown = error;
    },
  });
  const body = JSON.stringify({ url: SOURCES[kind], ...withKind(kind, options) });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const asked = new Request("https://a.test/v1/ingests", { method: "POST", headers, body });
  const { detail, field } = (await (await serve(asked)).json()) as Any;
  if (thrown instanceof Seen) throw thrown;
  throw new Told(field, detail);
};

/** What a shell has said. */
class Told extends Error {
  constructor(field: string, message: string) {
    super(message.startsWith("`") ? message : `\`${field}\` ${message}`);
  }
}

const worker: Send = async (kind, options) => {
  const body = { url: SOURCES[kind], ...withKind(kind, options) };
  const parsed = IngestRequest.safeParse(JSON.parse(JSON.stringify(body)));
  if (!parsed.success) {
    const { field = "", message } = troubleOf(parsed.error);
    throw new Told(field, message);
  }
  const { source, options: given } = jobOf(parsed.data);
  return new Vodlift(keys).upload(source, given);
};

const CSV = /[",\n]/;
const cell = (text: string) => (CSV.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const table = (kind: Kind, options: Options) => {
  const row: Options = { url: SOURCES[kind], ...withKind(kind, options) };
  return `${Object.keys(row).join(",")}\n${Object.values(row).map(textOf).map(cell).join(",")}\n`;
};

/** A value as people write it into a cell. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const dashboard: Send = async (kind, options) => {
  const { rows, troubles } = await fromCsv(table(kind, options));
  if (rows.length === 0) {
    const [, field = "", rule = ""] = /^(\w+) (.*)$/.exec(troubles[0].text) ?? [];
    throw new Told(field, rule);
  }
  return worker(kind, rows[0].request);
};

async function manifest(name: string, text: string): Promise<unknown> {
  const path = join(folder, name);
  await writeFile(path, text);
  for await (const { source, options } of rowsOf(path)) {
    return await new Vodlift(keys).upload(source as string, options as UploadOptions);
  }
  return undefined;
}

const csv: Send = (kind, options) => manifest("m.csv", table(kind, options));
const jsonl: Send = (kind, options) =>
  manifest("m.jsonl", JSON.stringify({ url: SOURCES[kind], ...withKind(kind, options) }));

const cli: Send = async (kind, options) =>
  runUpload((await command(kind, options)) as UploadCommand, env);

async function command(kind: Kind, options: Options): Promise<unknown> {
  const flags = await Promise.all(
    Object.entries(withKind(kind, options)).map(([name, value]) => flagsOf(name, value)),
  );
  const source = options.size === undefined ? [SOURCES[kind]] : ["-", "--file-name=a.mp4"];
  return parseCommand(["upload", ...source, "--quiet", ...flags.flat()]);
}

async function flagsOf(name: string, value: unknown): Promise<string[]> {
  const { flag = "", type } = DECLARED[name] as Declared;
  const [own, example] = [flagOf(flag), flag.includes(" ")];
  if (!example) return [own];
  if (type === "fields" && typeof value === "object")
    return Object.entries(value as object).map(([field, text]) => `${own}=${field}: ${text}`);
  if (type === "texts") return (value as string[]).map((one) => `${own}=${one}`);
  if (name === "limits")
    return [
      `${own}=${Object.entries(value as object)
        .map((one) => one.join("="))
        .join(",")}`,
    ];
  if (name === "segments") {
    const path = join(folder, "segments.txt");
    await writeFile(path, (value as string[]).join("\n"));
    return [`${own}=${path}`];
  }
  if (type === "program") return [`${own}=${join(folder, `new.${Math.random()}.json`)}`];
  // A number alone is one of seconds there.
  const unit = type === "duration" && typeof value === "number" ? "ms" : "";
  return [`${own}=${textOf(value)}${unit}`];
}

const SHELLS: Readonly<Record<Shell, Readonly<Record<string, Send>>>> = {
  api: { api },
  cli: { cli },
  manifest: { csv, jsonl },
  worker: { worker },
  dashboard: { dashboard },
  handler: { handler },
};

const SEED = Number(process.env.SEED ?? 20_261_127);
let state = SEED >>> 0;
function draw(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}
const one = <T>(of: readonly T[]): T => of[draw(of.length)] as T;

const VALUES: Readonly<Record<string, () => unknown>> = {
  fileName: () => `film${draw(99)}.mp4`,
  tags: () => one([["a", "b"], "a, b", ["c"]]),
  coverUrl: () => `https://example.com/${draw(99)}.png`,
  storageLocation: () => `outin-${draw(99)}.oss-cn-shanghai.aliyuncs.com`,
  appId: () => `app-${draw(99)}`,
  userData: () => one([{ Extend: { id: draw(99) } }, '{ "Extend": {"id": 12345678901234567890} }']),
  replace: () => one(["0123456789abcdef0123456789abcdef", "93ab850b4f6f54b6e91d24d81d44"]),
  imageExt: () => one(["png", "jpg"]),
  mediaExt: () => one(["zip", "png"]),
  variants: () => one([["best"], "720p, <=2500000", ["name=HD"]]),
  hosts: () => ({ "cdn.example.com": { query: `a=${draw(99)}`, headers: { "x-a": "b" } } }),
  limits: () => ({ files: 1 + draw(99), bytes: 1_000_000 }),
  segments: () => [`https://example.com/${draw(99)}.ts`],
  callback: () => ({ url: "https://example.com/done", body: `id=${draw(99)}` }),
  checkpoint: () => memoryCheckpoint(),
  memory: () => one(["64MiB", 50_000_000]),
  region: () => one(["cn-beijing", "ap-southeast-1"]),
  endpoint: () => "https://vod.example.com",
  ossEndpoint: () => one(["oss-cn-beijing.aliyuncs.com", "https://oss-cn-hangzhou.aliyuncs.com"]),
  ossRegion: () => "cn-beijing",
  ossNetwork: () => one(["internal", "accelerate"]),
  trustedHosts: () => ["oss.example.com"],
  allowHosts: () => one([["example.com"], "example.com, *.example.org"]),
  denyHosts: () => ["bad.example.com"],
  objectHeaders: () => ({ "cache-control": `max-age=${draw(99)}` }),
  slowRequestMs: () => one(["5s", 1_500]),
  concurrency: () => 1 + draw(5),
};
/** What some do not go without. */
const BESIDE: Readonly<Record<string, Options>> = {
  adopt: { referenceId: "film-000001" },
  ossCname: { ossEndpoint: "media.example.com", trustedHosts: ["media.example.com"] },
};

function drawnFor(name: string, { type, min = 0, max = 99, values = [], flag = "" }: Declared) {
  const own = VALUES[name];
  if (own !== undefined) return own();
  switch (type) {
    case "flag":
    case "flagOr":
      // On the command line some are said or not said.
      return flag.includes(" ") || flag === "" ? draw(2) === 0 : !flag.startsWith("--no-");
    case "whole":
      return min + draw(Math.min(max - min, 99));
    case "id":
      return one([7, "8"]);
    case "ids":
      return [1 + draw(99), 7];
    case "size":
      return one(["16MiB", "1.5 GB", 20_000_000]);
    case "duration":
      return one(["90s", "2m", 1_500]);
    case "oneOf":
      return one(values);
    case "fields":
      return { "x-a": `${draw(99)}` };
    case "url":
      return `https://example.com/${draw(99)}`;
    default:
      return `drawn-${draw(1e9)}`;
  }
}

/** What shells add by themselves, as they cut uploads into slices or keep checkpoints. */
function plain({ media, source, vod, oss, options, host }: Job, name: string): unknown {
  const { budget: _, keepOnFailure, allowPrivateSources, ...rest } = options;
  return {
    ...{ media, source, vod, oss, bufferBytes: host.bufferBytes },
    options: {
      ...rest,
      ...(allowPrivateSources && { allowPrivateSources }),
      ...(name === "checkpoint" && { keepOnFailure }),
    },
  };
}

const begins = ({ stages }: Declared) => stages.includes("begin") || stages.includes("client");
const ALL = Object.entries(DECLARED).filter(
  ([, one]) => one.shells.length > 1 && one.stages[0] !== "resume",
);
/** The host's alone: what each shell takes them for is compared. `size` goes with a stream. */
const OF_HOST = ALL.filter(([name, { core }]) => core === undefined || name === "size");
const OF_CORE = ALL.filter((one) => !OF_HOST.includes(one));

const kindFor = (name: string, { kinds }: Declared, value: unknown): Kind => {
  if (name === "as") return value as Kind;
  return kinds.includes("video") ? "video" : (kinds[0] ?? "video");
};

test("the core gets the same job of every option from every shell that offers it", async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  assert.ok(OF_CORE.every(([, one]) => begins(one)));
  let sent = 0;
  for (const [name, declared] of OF_CORE) {
    const value = drawnFor(name, declared);
    const kind = kindFor(name, declared, value);
    const options = { ...BESIDE[name], [name]: value };
    const without = plain(await jobOfWork(() => api(kind, BESIDE[name] ?? {})), name);
    // The package says it by `replace`.
    const asApi = name === "replaceReferenceId" ? { replace: { referenceId: value } } : options;
    const expected = plain(await jobOfWork(() => api(kind, asApi)), name);
    // Any other kind is another job by itself.
    if (name !== "as" || kind === "video")
      assert.notDeepEqual(expected, without, `${name} has no effect`);
    for (const shell of declared.shells) {
      for (const [way, send] of Object.entries(SHELLS[shell])) {
        const what = `SEED=${SEED}, ${name}=${JSON.stringify(value)} by ${way}`;
        const job = await jobOfWork(() => send(kind, options)).catch((error: Error) => {
          throw new Error(`${what}: ${error.message}`, { cause: error });
        });
        assert.deepEqual(plain(job, name), expected, what);
        sent += 1;
      }
    }
  }
  t.diagnostic(`${OF_CORE.length} options, ${sent} jobs`);
  assert.ok(sent > 250, `${sent}`);
});

test("what the host alone acts on is taken for the same by every shell that offers it", async () => {
  for (const [name, declared] of OF_HOST) {
    const value = name === "trace" ? "a.jsonl" : drawnFor(name, declared);
    const kind = kindFor(name, declared, value);
    const meant = fromJson(name, value);
    const asked = { url: SOURCES[kind], ...withKind(kind, { [name]: value }) };
    const told: Readonly<Record<Shell, () => Promise<Any>>> = {
      api: async () => ({ [name]: meant }),
      cli: async () => command(kind, { [name]: value }),
      worker: async () => IngestRequest.parse(asked),
      dashboard: async () =>
        IngestRequest.parse((await fromCsv(table(kind, { [name]: value }))).rows[0].request),
      manifest: () => assert.fail(`${name} is compared by no one`),
      handler: () => assert.fail(`${name} is compared by no one`),
    };
    for (const shell of declared.shells) {
      const taken = (await told[shell]())[name];
      if (declared.type === "program") assert.ok(taken, `${name} by ${shell}`);
      else assert.deepEqual(taken, meant, `${name}=${value} by ${shell}`);
    }
  }
});

/** What is none, as a text, and as a JSON value that no text is. */
const WRONG: Readonly<Partial<Record<Declared["type"], { text?: string[]; json: unknown[] }>>> = {
  text: { json: [5, true, {}] },
  url: { text: ["film.png", "ftp://example.com/a"], json: [5] },
  words: { json: [[5], 5, {}] },
  flag: { text: ["maybe", "1"], json: [5, {}] },
  whole: { text: ["many", "-1", "1.5", "0"], json: [1.5, {}] },
  id: { text: ["x", "0x10", "-7"], json: [1.5, {}] },
  ids: { text: ["x", "1,y"], json: [[1.5], 5] },
  size: { text: ["16 parsecs", "-1", "99KiBs", "0"], json: [1.5, {}] },
  duration: { text: ["soon", "-1s", "0.0001s"], json: [1.5, {}] },
  oneOf: { text: ["neither", "Videos"], json: [5, {}] },
  fields: { text: ["x", "[]"], json: [5] },
  video: { json: [5] },
  json: { text: ["{", "[]", "5"], json: [5] },
  object: { text: ["{"], json: [5] },
};

/** The field that was named, and the rule without what came instead. */
function refusalOf(error: unknown): { field: string; rule: string } {
  assert.ok(error instanceof Error && !(error instanceof Seen), "it was taken");
  const [, flag, named = "", told = ""] =
    /(?:^(--[\w-]+)|(?:^|column )`([\w.]+)`) (.*)$/s.exec(error.message) ?? [];
  const byFlag = flag && ALL.find(([, one]) => one.flag && flagOf(one.flag) === flag)?.[0];
  const rule = told.replace(/, got .*$/s, "");
  return { field: (byFlag ?? named).split(".")[0] ?? "", rule };
}

const refused = (work: () => Promise<unknown>) =>
  work().then(() => assert.fail("taken"), refusalOf);

test("a value that is none is refused by every shell with the same field and rule", async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const TEXT_ONLY = ["cli", "csv", "dashboard"];
  let count = 0;
  for (const [name, declared] of OF_CORE) {
    const { text = [], json = [] } = WRONG[declared.type] ?? {};
    const { min = 0, max = Number.POSITIVE_INFINITY } = declared;
    // These the core judges.
    const beyond = [min - 1, max + 1].filter((size) => size > 0 && size < Number.MAX_SAFE_INTEGER);
    const tried = [
      ...beyond,
      ...text.slice(draw(text.length)).slice(0, 2),
      ...(json.length ? [one(json)] : []),
    ];
    const kind = kindFor(name, declared, "video");
    if (!declared.shells.includes("api")) continue;
    for (const value of tried) {
      const options = { ...BESIDE[name], [name]: value };
      // Where there is no text, several are a list.
      const several = declared.type === "ids" && typeof value === "string" && value.split(",");
      const meant = several ? { ...options, [name]: several } : options;
      const expected = await refused(() => api(kind, meant));
      assert.equal(expected.field, name, `${name}=${value}: ${expected.rule}`);
      for (const shell of declared.shells) {
        for (const [way, send] of Object.entries(SHELLS[shell])) {
          const isText = typeof value === "string" || beyond.includes(value as number);
          if (TEXT_ONLY.includes(way) && (!isText || !declared.flag?.includes(" "))) continue;
          // It has its own words for lines of headers, and for objects that hold secrets.
          if (way === "cli" && ["fields", "object"].includes(declared.type)) continue;
          const what = `SEED=${SEED}, ${name}=${JSON.stringify(value)} by ${way}`;
          const said = TEXT_ONLY.includes(way) ? options : meant;
          const { field, rule } = await refused(() => send(kind, said));
          // What a number alone counts is its own.
          const inMs = rule.replace("a number of seconds", "a number of ms");
          assert.deepEqual({ field, rule: way === "cli" ? inMs : rule }, expected, what);
          count += 1;
        }
      }
    }
  }
  t.diagnostic(`${count} refusals`);
  assert.ok(count > 300, `${count}`);
});
