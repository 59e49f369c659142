// Everything that the package exports, with every value that it was not made for: as any argument, in any field of one, and
// as what a function of the caller's gives. What is exported, and which fields there are, is read from the types. Each call
// ends well or with an error of ours that names the field; nothing hangs or is left rejected, and the next upload goes well.
//
// SEED=7 draws that one alone, DRAWS=5000 so many, ONLY="Vodlift.upload" those of one function with every value.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { Conversation, Upload } from "../../pkg/src/core.ts";
import { sealingKey } from "../../pkg/src/handler/index.ts";
import {
  fileCheckpoint,
  fromFile,
  memoryCheckpoint,
  Vodlift,
  VodliftError,
} from "../../pkg/src/index.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";
import { job } from "../support/job.ts";
import { ODD_THINGS, type Odd } from "../support/odd-things.ts";
import {
  type Callable,
  ENTRIES,
  type Field,
  publicApi,
  type Shape,
} from "../support/public-api.ts";
import { type Emulator, startService } from "../support/service.ts";

// biome-ignore lint/suspicious/noExplicitAny: this test is about what no type allows.
type Any = any;

let service: Emulator;
/** Whose faults and clock are set to anything. */
let spare: Emulator;
let vod: Vodlift;
let folder: string;
let modules: Record<string, Record<string, Any>>;
/** Uploads that were not waited for. */
const rejected: unknown[] = [];
const heard = (error: unknown) => void rejected.push(error);

/** What Node itself calls is not called by anybody else. */
const API = publicApi().filter(
  ({ parameters }) => !JSON.stringify(parameters).includes("IncomingMessage"),
);

before(async () => {
  process.on("unhandledRejection", heard);
  service = await startService();
  spare = await startService();
  folder = await mkdtemp(join(tmpdir(), "vodlift-odd-"));
  // A path may be any text.
  process.chdir(folder);
  await writeFile(join(folder, "film.mp4"), film);
  await writeFile(join(folder, "film.ts"), film);
  await writeFile(join(folder, "a.m3u8"), PLAYLIST);
  vod = new Vodlift(account());
  modules = Object.fromEntries(
    await Promise.all(
      Object.entries(ENTRIES).map(async ([name, path]) => [name, await import(path)]),
    ),
  );
  stored = await suspended();
  ticket = await vod.createUpload({ fileName: "film.mp4" });
});
after(async () => {
  process.off("unhandledRejection", heard);
  await service.close();
  await spare.close();
  process.chdir(tmpdir());
  await rm(folder, { recursive: true, force: true });
});

const PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfilm.ts\n#EXT-X-ENDLIST\n";
const film = new Uint8Array(250_000).fill(7);
let stored: Any;
let ticket: Any;

function account() {
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  return { accessKeyId, accessKeySecret, region, endpoint };
}

/** The checkpoint of an upload that is not over. */
async function suspended(): Promise<unknown> {
  const options = { fileName: "film.mp4", partSize: 102_400, budget: { parts: 1 } };
  const end = await vod.upload(film, options);
  return "checkpoint" in end ? end.checkpoint : assert.fail("it was not suspended");
}

/** What fits, by its name; whatever is not here is made up from its type. */
const FITS: Record<string, (controller: AbortController) => unknown> = {
  accessKeyId: () => service.accessKeyId,
  accessKeySecret: () => service.accessKeySecret,
  endpoint: () => service.endpoint,
  region: () => service.region,
  fileName: () => "film.mp4",
  // Of an option, too.
  name: () => "title",
  allowPrivateSources: () => true,
  partSize: () => 102_400,
  source: () => film,
  as: () => "video",
  items: () => [{ source: film, fileName: "film.mp4" }],
  from: () => structuredClone(stored),
  stored: () => structuredClone(stored),
  checkpoint: () => structuredClone(stored),
  initial: () => structuredClone(stored),
  ticket: () => structuredClone(ticket),
  uploadAddress: () => ticket.uploadAddress,
  uploadAuth: () => ticket.uploadAuth,
  signal: (controller) => controller.signal,
  url: () => "https://example.com/film.mp4",
  urls: () => ["https://example.com/film.mp4"],
  action: () => "GetVideoInfo",
  media: () => "0123456789abcdef0123456789abcdef",
  businessType: () => "material",
  key: () => "key",
  text: () => "UploadPart:3:reset-after",
  path: () => join(folder, "film.mp4"),
  handler: () => () => new Response("ok"),
  handlerFor: () => () => () => new Response("ok"),
  request: () => new Request("https://example.com/v1/ingests", { method: "POST", body: "{}" }),
  job: () => structuredClone(job),
  env: () => ({ ALIBABA_CLOUD_ACCESS_KEY_ID: "id", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "secret" }),
  sealKey: () => "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978",
  sha256: () => "0f".repeat(32),
  entropy: () => new Uint8Array(32),
  now: () => 1e12,
  event: () => HTTP_EVENT,
  bucket: () => "films",
  reply: () => ({ status: 503, headers: {}, body: "" }),
  number: () => 1,
  method: () => "PUT",
  a: () => "1",
  b: () => "2",
  body: () => new Blob([film]).stream(),
  port: () => 0,
};
const HTTP_EVENT = JSON.stringify({
  rawPath: "/",
  headers: {},
  requestContext: { http: { method: "GET" } },
});
/** Stands in every object that may have it. */
const ALWAYS = [
  "accessKeyId",
  "accessKeySecret",
  "endpoint",
  "region",
  "fileName",
  "signal",
  "allowPrivateSources",
  "source",
  "key",
];

function fit({ name, shape }: Field, controller: AbortController): unknown {
  if (shape.is === "platform") return platform(shape.name, controller);
  // Where no bytes go, a playlist does.
  if (name === "source" && !JSON.stringify(shape).includes("Blob"))
    return fromFile(join(folder, "a.m3u8"));
  // What is signed, not what a handler is given.
  if (name === "request" && shape.is === "object") return made(shape, controller);
  if (["params", "headers"].includes(name) && shape.is === "list") return [["a", "b"]];
  if (name === "media" && JSON.stringify(shape).includes("attachedMedia"))
    return made(shape, controller);
  if (name === "event" && shape.is === "object") return JSON.parse(HTTP_EVENT);
  const known = Object.hasOwn(FITS, name) ? FITS[name] : undefined;
  return known ? known(controller) : made(shape, controller);
}

function made(shape: Shape, controller: AbortController): unknown {
  switch (shape.is) {
    case "text":
      return "film";
    case "number":
      return 1;
    case "flag":
      return true;
    case "one":
      return shape.value;
    case "list":
      return [made(shape.of, controller)];
    case "either":
      return made(shape.of[0] as Shape, controller);
    case "function":
      return shape.later
        ? async () => made(shape.gives, controller)
        : () => made(shape.gives, controller);
    case "object": {
      if (shape.name === "StoredObject") {
        return { key: "film.mp4", size: film.length, body: new Blob([film]).stream() };
      }
      if (shape.name === "CheckpointStore") return memoryCheckpoint();
      if (shape.name === "FileSource") return fromFile(join(folder, "film.mp4"));
      const needed = shape.fields.filter(
        ({ name, optional }) => !optional || ALWAYS.includes(name),
      );
      const right = Object.fromEntries(needed.map((field) => [field.name, fit(field, controller)]));
      const isPlaylist = shape.fields.some(({ name }) => name === "variants");
      return isPlaylist && "fileName" in right ? { ...right, fileName: "a.m3u8" } : right;
    }
    case "platform":
      return platform(shape.name, controller);
    default:
      return "any";
  }
}

function platform(name: string, { signal }: AbortController): unknown {
  if (name === "Request") return FITS.request?.(new AbortController());
  if (name === "AbortSignal") return signal;
  if (name === "CryptoKey") return sealing;
  if (name === "Uint8Array") return new Uint8Array(32);
  const maker = (globalThis as Any)[name];
  try {
    return name === "URL" ? new URL("https://example.com/") : new maker();
  } catch {
    return {};
  }
}
const sealing = await sealingKey("0f1e2d3c4b5a69788796a5b4c3d2e1f0");

/** Every place within a value: fields of objects, items of lists, what functions give. */
function paths(shape: Shape): string[][] {
  switch (shape.is) {
    case "list":
      return [[], ...paths(shape.of).map((path) => ["0", ...path])];
    case "either":
      return [...new Map(shape.of.flatMap(paths).map((path) => [path.join(), path])).values()];
    case "function":
      return [[], ...paths(shape.gives).map((path) => ["()", ...path])];
    case "object":
      return [
        [],
        ...shape.fields.flatMap((one) => paths(one.shape).map((path) => [one.name, ...path])),
      ];
    default:
      return [[]];
  }
}

/** What fits, but for what is odd at this place. */
function spoiled(
  field: Field,
  path: readonly string[],
  odd: Odd,
  controller: AbortController,
): unknown {
  const [first, ...rest] = path;
  const { shape } = field;
  if (first === undefined) return odd.make(fit(field, controller));
  if (shape.is === "either") {
    const of = shape.of.find((one) => paths(one).some((has) => has.join() === path.join()));
    return spoiled({ ...field, shape: of ?? shape.of[0] ?? shape }, path, odd, controller);
  }
  if (shape.is === "list")
    return [spoiled({ ...field, name: "", shape: shape.of }, rest, odd, controller)];
  if (shape.is === "function") {
    const gives = { name: "", optional: false, shape: shape.gives };
    const give = () => spoiled(gives, rest, odd, controller);
    return shape.later ? async () => give() : give;
  }
  if (shape.is !== "object") return odd.make(undefined);
  const right = made(shape, controller) as object;
  const inner = shape.fields.find(({ name }) => name === first) as Field;
  const value = spoiled(inner, rest, odd, controller);
  return Object.defineProperty({ ...right }, first, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** What a method is called on. */
async function receiver({ entry, name, how }: Callable): Promise<Any> {
  const of = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : name;
  const exported = modules[entry] as Record<string, Any>;
  if (how === "static" || how === "function" || how === "constructor")
    return exported[of] ?? exported;
  const existing = INSTANCES[of];
  if (existing) return existing();
  const maker = API.find(
    (one) =>
      one.entry === entry &&
      `${one.name}${["function", "static"].includes(one.how) ? "()" : ""}` === of &&
      one.how !== "result",
  );
  const args = maker?.parameters.map((field) => fit(field, new AbortController())) ?? [];
  const make = of
    .replace("()", "")
    .split(".")
    .reduce<Any>((within, step) => within[step], exported);
  return how === "method" ? new make(...args) : make(...args);
}

/** Of which one is enough, or that no sample makes. */
const INSTANCES: Record<string, () => Any> = {
  Vodlift: () => vod,
  VodliftError: () =>
    new VodliftError({
      code: "internal",
      class: "service",
      message: "",
      hint: "",
      retryable: false,
    } as Any),
  Upload: () => Upload.create(job, keys, new Uint8Array(32), 1e12),
  Conversation: () =>
    new Conversation(
      {},
      keys,
      { type: "action", action: "GetVideoInfo", params: [] },
      new Uint8Array(32),
      1e12,
    ),
  "startEmulator()": () => ({ ...spare, close: async () => {} }),
  "fileCheckpoint()": () => fileCheckpoint(join(folder, "checkpoint.json")),
};
const keys = { accessKeyId: "id", accessKeySecret: "secret" };

async function called(one: Callable, args: unknown[]): Promise<unknown> {
  const self = await receiver(one);
  if (one.how === "constructor") return Reflect.construct(self, args);
  const result = one.how === "result" ? self(...args) : at(self, one)(...args);
  if (typeof result?.[Symbol.asyncIterator] === "function" && one.name.startsWith("Vodlift.")) {
    for await (const end of result) if (end.error) throw end.error;
    return;
  }
  const end = isPromise(result) ? await result : result;
  // What was started is ended.
  if (one.name === "startEmulator" || one.name === "createNodeServer") await end.close();
  return end;
}

/** A value of the caller's that comes back is not waited for. */
function isPromise(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Promise]";
}

function at(self: Any, { name, how }: Callable): (...args: unknown[]) => Any {
  if (how === "function") return self;
  const method = name.slice(name.lastIndexOf(".") + 1);
  return (...args) => self[method](...args);
}

const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 120_000);
/** An endless value is given up so soon. */
const SOON_MS = 30;

async function tried(
  one: Callable,
  parameter: Field,
  path: readonly string[],
  odd: Odd,
): Promise<void> {
  const where = [parameter.name, ...path].join(".");
  const what = `${one.entry} ${one.name}, ${where}: ${odd.label}`;
  const controller = new AbortController();
  const mayWait = odd.endless || WAITS.test(one.name);
  if (odd.endless && !canAbort(one, where)) return;
  let oddity: unknown;
  const recorded: Odd = {
    ...odd,
    make: (fits) => {
      oddity = odd.make(fits);
      return oddity;
    },
  };
  const work = async () => {
    const args = one.parameters.map((field) =>
      field === parameter ? spoiled(field, path, recorded, controller) : fit(field, controller),
    );
    return called(one, args);
  };
  const ended = work().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const impatient = mayWait ? setTimeout(() => controller.abort(), SOON_MS) : undefined;
  const late = sleep(PATIENCE_MS, "late" as const, { ref: false });
  const told: Any = await Promise.race([ended, late]);
  clearTimeout(impatient);
  assert.notEqual(told, "late", `${what}: it hangs`);
  await turn();
  assert.deepEqual(rejected.splice(0).map(String), [], `${what}: a rejection that nobody handles`);
  const names = [parameter.name, ...path, ...keysOf(oddity), ...fieldsAt(parameter.shape, path)];
  if ("error" in told) mustBeGood(told.error, what, names, one);
  if (told.value instanceof Response) assert.ok(told.value.status < 500, what);
}

/** The fields of what stands there, and beside it: one that is needed may be missing. */
function fieldsAt(shape: Shape, path: readonly string[]): string[] {
  return paths(shape)
    .filter((one) => path.slice(0, -1).every((name, at) => one[at] === name))
    .flat();
}

function keysOf(value: unknown): string[] {
  try {
    return typeof value === "object" && value !== null ? Object.keys(value).slice(0, 9) : [];
  } catch {
    return [];
  }
}

/** They wait for what may never come, until they are told to stop. */
const WAITS = /\.wait/;

function canAbort(one: Callable, where: string): boolean {
  return (
    !where.includes("signal") &&
    one.parameters.some(
      ({ name, shape }) =>
        name === "options" &&
        shape.is === "object" &&
        shape.fields.some((field) => field.name === "signal"),
    )
  );
}

function mustBeGood(
  error: unknown,
  what: string,
  names: readonly string[],
  { entry }: Callable,
): void {
  const said = `${what}\n${String((error as Error)?.stack ?? String(error))}`;
  const isOurs =
    error instanceof VodliftError && !["internal", "core_stopped"].includes(error.code);
  // The emulator shares no code with the rest.
  assert.ok(isOurs || (entry === "vodlift/emulator" && isOfEmulator(error)), said);
  if (!isOurs) return;
  if (isOurs && error.code !== "invalid_argument") return;
  const named = [...error.message.matchAll(/`([\w.[\]]+)`/g)].flatMap(([, name = ""]) =>
    name.split(/[.[\]]+/),
  );
  const allowed = names.flatMap((name) => [
    name,
    ...(Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? []) : []),
  ]);
  assert.ok(
    named.some((name) => allowed.includes(name)),
    said,
  );
}

/** Its sentences quote what they are about; the system has refused a folder or an address. */
function isOfEmulator(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined) return true;
  const [thrower = ""] = /at .*/.exec((error as Error).stack ?? "") ?? [];
  return (
    error instanceof RangeError && /[`"]/.test(error.message) && thrower.includes("/emulator/")
  );
}

/** Parameters that are told of by another name. */
const ALIASES: Record<string, readonly string[]> = {
  from: ["checkpoint"],
  how: ["options"],
  stored: ["checkpoint"],
  ask: ["urls", "media"],
  // A playlist whose checkpoint is that of a film.
  source: ["fileName", "sourceHeaders"],
  value: ["title"],
  items: ["item", "options"],
};

async function mustWork(what: string): Promise<void> {
  const { bytes } = await vod.upload(film, { fileName: "film.mp4", title: "After" });
  assert.equal(bytes, film.length, what);
}

const PLACES = API.flatMap((one) =>
  one.parameters.flatMap((parameter) =>
    paths(parameter.shape).map((path) => ({ one, parameter, path })),
  ),
);

test("every entry has something to call, and each of it can be called as it should be", async () => {
  for (const entry of Object.keys(ENTRIES)) {
    assert.ok(
      API.some((one) => one.entry === entry && one.parameters.length > 0),
      entry,
    );
  }
  for (const one of API) {
    const exported = modules[one.entry]?.[one.name.replace(/[.(].*/, "")];
    const isObject = typeof exported === "object" && one.name.includes(".");
    assert.ok(typeof exported === "function" || one.how === "method" || isObject, one.name);
  }
});

test("odd values anywhere end in an error of ours, and the next upload goes well", async () => {
  const { ONLY, DRAWS = "1000" } = process.env;
  if (ONLY !== undefined) return sweep(ONLY);
  const failures: string[] = [];
  for (const seed of seeds(Number(DRAWS))) {
    const luck = dice(seed);
    const { one, parameter, path } = drawn(luck);
    const odd = luck.pick(ODD_THINGS);
    await tried(one, parameter, path, odd).catch((error) => {
      failures.push(`SEED=${seed}: ${error.message}`);
    });
    if (seed % 50 === 0) await mustWork(`SEED=${seed}`);
  }
  await mustWork("after all");
  assert.deepEqual(failures, []);
});

function drawn(luck: Dice): (typeof PLACES)[number] {
  const one = luck.pick(API.filter(({ parameters }) => parameters.length > 0));
  return luck.pick(PLACES.filter((place) => place.one === one));
}

/** All of them, for one function or for what its name begins with; every failure is told. */
async function sweep(only: string): Promise<void> {
  const failures: string[] = [];
  let count = 0;
  for (const { one, parameter, path } of PLACES.filter((place) => place.one.name === only)) {
    for (const odd of ODD_THINGS) {
      count += 1;
      await tried(one, parameter, path, odd).catch((error) => {
        failures.push(error.message);
        console.log(`FAILURE ${error.message}`);
      });
    }
    await mustWork(`${one.name}, ${path.join(".")}`);
  }
  console.log(`${count} calls of ${only}`);
  assert.deepEqual(failures, []);
}
