// What the README shows must run as it stands there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { parseCommand } from "../../pkg/src/cli/args.ts";
import { serviceEnv } from "../support/cli.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { type Emulator, startService, storedSha256 } from "../support/service.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = await readFile(join(root, "README.md"), "utf8");
const [upload = "", emulated = ""] = blocks("js");

let service: Emulator;
let origin: Origin;
let folder: string;

before(async () => {
  service = await startService();
  origin = await startOrigin({ routes: { "/film.mp4": { size: 3_000_000 } } });
  folder = await mkdtemp(join(tmpdir(), "vodlift-readme-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(join(root, "pkg"), join(folder, "node_modules/vodlift"));
  await writeFile(join(folder, "film.mp4"), Buffer.alloc(1_000_000, 5));
});
after(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

function blocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, tag]) => tag === language)
    .map(([, , body]) => body ?? "");
}

async function run(name: string, code: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, code);
  const { PATH = "" } = process.env;
  const env = { PATH, ...serviceEnv(service) };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, env });
  return stdout;
}

test("the ten lines upload a URL and a file, once they are pointed at an emulator", async () => {
  assert.ok(upload.trimEnd().split("\n").length <= 11, "ten lines");
  const code = upload
    .replace(
      'region: "cn-shanghai",',
      'region: "cn-shanghai", endpoint: process.env.VODLIFT_ENDPOINT,',
    )
    .replace("https://example.com/film.mp4", `${origin.url}/film.mp4`)
    .replace('title: "Film"', 'title: "Film", allowPrivateSources: true');
  const out = await run("upload.mjs", code);
  assert.match(out, /^100$/m);
  const stored = service.log.filter(({ operation }) => operation === "PutObject");
  assert.deepEqual(
    stored.map(({ status, bytesReceived }) => [status, bytesReceived]),
    [
      [200, 3_000_000],
      [200, 1_000_000],
    ],
  );
  assert.equal(await storedSha256(service, stored[0]?.key ?? ""), await origin.sha256("/film.mp4"));
});

test("the lines with the emulator run as they stand", async () => {
  assert.equal(await run("emulated.mjs", emulated), "true\n");
});

test("the commands it shows are commands, with options that exist", async () => {
  const lines = blocks("").join("").split("\n");
  const shown = lines
    .map((line) => /(?:^|\| )vodlift (.+)$/.exec(line)?.[1])
    .filter((line) => line !== undefined);
  assert.ok(shown.length >= 4);
  for (const line of shown) {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, word]) => quoted ?? word ?? "",
    );
    assert.ok(
      ["upload", "uploadByTicket", "resume", "ingest", "ticket", "emulator"].includes(
        parseCommand(words).name,
      ),
      line,
    );
  }
  const makefile = await readFile(join(root, "Makefile"), "utf8");
  for (const [, target] of readme.matchAll(/\bmake (demo|test|dev|build)\b/g)) {
    assert.match(makefile, new RegExp(`^${target}:`, "m"));
  }
});

test("its table of exit codes is the one of the help", async () => {
  const codes = [...readme.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => code);
  assert.deepEqual(codes, ["0", "2", "3", "4", "5", "6", "7", "130"]);
});

test("the size it tells is the size it has", async () => {
  const told = Number(/about (\d+) KB with gzip/.exec(readme)?.[1]);
  const wasm = gzipSync(await readFile(join(root, "pkg/dist/wasm/core.wasm")), { level: 9 });
  const has = wasm.length / 1000;
  assert.ok(
    has < told * 1.1 && has > told * 0.7,
    `${has.toFixed(0)} KB, and the README says ${told}`,
  );
});

test("nothing in it is left to fill in", () => {
  assert.deepEqual(readme.match(/@@|TODO|XXX/g), null);
});
