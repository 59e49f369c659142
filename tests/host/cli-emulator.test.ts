// `vodlift emulator`, as another program would use it.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { help } from "../../pkg/src/cli/help.ts";
import { drawHabits } from "../../pkg/src/emulator/index.ts";
import { type Service, vodlift } from "../support/cli.ts";
import { type Origin, sha256OfFile, startOrigin } from "../support/origin.ts";

const BIN = fileURLToPath(new URL("../../pkg/bin/vodlift.js", import.meta.url));

let origin: Origin;
let folder: string;
before(async () => {
  origin = await startOrigin({ routes: { "/film.mp4": { size: 700_000 } } });
  folder = await mkdtemp(join(tmpdir(), "vodlift-emulator-cli-"));
});
after(async () => {
  await origin.close();
  await rm(folder, { recursive: true, force: true });
});

interface Announced extends Service {
  bucket: string;
  dir: string;
}

async function start(...options: string[]): Promise<{ child: ChildProcess; told: Announced }> {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [BIN, "emulator", "--json", ...options], { env: { PATH } });
  const [first] = (await once(child.stdout, "data")) as [Buffer];
  return { child, told: JSON.parse(first.toString("utf8").split("\n")[0] ?? "") as Announced };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  const [code] = await once(child, "close");
  assert.equal(code, 0);
}

async function upload(service: Service): Promise<string> {
  const args = ["upload", `${origin.url}/film.mp4`, "--allow-private", "--json"];
  const { code, json, stderr } = await vodlift([...args, "--part-size", "256KiB"], { service });
  assert.equal(code, 0, stderr);
  return json.objectKey;
}

test("its first line says where it is, uploads work, and SIGTERM ends it", async () => {
  const { child, told } = await start();
  assert.deepEqual(Object.keys(told), [
    "endpoint",
    "accessKeyId",
    "accessKeySecret",
    "region",
    "bucket",
    "dir",
  ]);
  await upload(told);
  await stop(child, "SIGTERM");
});

test("objects are plain files in --dir, and stay there", async () => {
  const dir = join(folder, "vod");
  const { child, told } = await start("--dir", dir);
  const key = await upload(told);
  await stop(child, "SIGINT");
  assert.equal(told.dir, dir);
  const stored = join(dir, told.bucket, key);
  assert.equal(await sha256OfFile(stored), await origin.sha256("/film.mp4"));
});

test("a port that is taken is refused with a sentence", async () => {
  const { code, stderr, json } = await vodlift(["emulator", "--json", "--port", `${origin.port}`]);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^error: the emulator cannot start: .*in use.*\nhint: Choose another --port/,
  );
  assert.equal(json.error.code, "invalid_argument");
});

test("a folder that cannot be made is refused, also where making one never ends", async () => {
  const film = join(folder, "film.txt");
  await writeFile(film, "film");
  for (const dir of ["/proc/vodlift", "/proc/vodlift/deeper", film, join(film, "below")]) {
    const { code, stderr } = await vodlift(["emulator", "--dir", dir], { hangsMs: 20_000 });
    assert.equal(code, 2, `${dir}: ${stderr}`);
    assert.ok(stderr.includes(`the emulator cannot start: ${dir}`), stderr);
  }
  const { child } = await start("--dir", join(folder, "new/deeper/vod"));
  await stop(child, "SIGINT");
});

test("habits are chosen one by one or drawn, and said; one that is not there is refused", async () => {
  const { child, told } = await start("--draw-habits", "7", "--habit", "ossSignatures=all");
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  await upload(told);
  await stop(child, "SIGTERM");
  for (const [name, value] of Object.entries({ ...drawHabits(7), ossSignatures: "all" })) {
    assert.ok(said.includes(`${name}=${value}`), `${name} in ${said}`);
    assert.match(help("emulator"), new RegExp(`^ {2}${name} .*`, "m"));
  }
  for (const [habit, wanted] of [
    ["tokenEcho=never", /left-out/],
    ["manners=good", /tokenEcho/],
    ["tokenEcho", /NAME=VALUE/],
  ] as const) {
    const { code, stderr } = await vodlift(["emulator", "--habit", habit]);
    assert.equal(code, 2);
    assert.match(stderr, wanted);
  }
});
