// What is no file where a file is wanted: told before it is opened, since a pipe without a writer is waited for, for ever.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { NotAFile, openRegular } from "../../pkg/src/sources/look.ts";
import { type CliResult, serviceEnv, vodlift } from "../support/cli.ts";
import { type Emulator, startService } from "../support/service.ts";

const run = promisify(execFile);
const BIN = new URL("../../pkg/bin/vodlift.js", import.meta.url).pathname;

let service: Emulator;
let folder: string;
let film: string;
let pipe: string;

before(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "vodlift-pipes-"));
  film = join(folder, "film.mp4");
  pipe = join(folder, "pipe");
  await writeFile(film, "0123456789");
  await run("mkfifo", [pipe]);
});
after(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

/** It must not wait for the pipe, and nothing may have been asked of the service. */
async function refused(args: string[], exit: number, says: RegExp): Promise<CliResult> {
  const before = service.log.length;
  const result = await vodlift([...args, "--json"], { service, hangsMs: 30_000 });
  assert.equal(result.code, exit, `${args.join(" ")}\n${result.stderr}`);
  assert.match(result.json.error.message, says);
  assert.notEqual(result.json.error.hint, "");
  assert.equal(service.log.length, before, "VOD hears of nothing");
  return result;
}

test("a pipe as the source is to be passed as standard input", async () => {
  const { stderr } = await refused(["upload", pipe, "--file-name", "a b.mp4"], 2, /it is a pipe/);
  assert.match(stderr, /^hint: .*\| vodlift upload - --file-name 'a b\.mp4'$/m);
  await refused(["upload", pipe, "--as", "image", "--file-name", "a.png"], 2, /it is a pipe/);
  await refused(["upload", pipe, "--as", "playlist"], 2, /it is a pipe/);
});

test("so are <(command) and /dev/stdin, unless a file stands behind it", async () => {
  const env = { ...process.env, ...serviceEnv(service) };
  const upload = `${process.execPath} ${BIN} upload --file-name a.mp4 --quiet`;
  for (const line of [`${upload} <(cat ${film})`, `cat ${film} | ${upload} /dev/stdin`]) {
    const told = await run("bash", ["-c", line], { env }).catch((error) => error);
    assert.equal(told.code, 2, told.stderr);
    assert.match(told.stderr, /it is a pipe[\s\S]*vodlift upload - --file-name a\.mp4/);
  }
  const { stdout } = await run("bash", ["-c", `${upload} /dev/stdin < ${film}`], { env });
  assert.match(stdout, /^[0-9a-f]{32}$/m);
});

test("a pipe as checkpoint, as what is resumed or given up, as manifest or report", async () => {
  await refused(["upload", film, "--checkpoint", pipe], 2, /it is a pipe/);
  await refused(["upload", film, "--checkpoint", "/dev/null"], 2, /it is a device/);
  await refused(["resume", pipe], 2, /it is a pipe/);
  await refused(["abort", pipe], 2, /it is a pipe/);
  await refused(["resume", film, "--source", pipe], 2, /it is a pipe/);
  const manifest = join(folder, "m.csv");
  await writeFile(manifest, "source\nfilm.mp4\n");
  await refused(["ingest", pipe], 2, /it is a pipe/);
  await refused(["ingest", manifest, "--report", pipe], 2, /it is a pipe/);
  await refused(["ingest", manifest, "--report", "/dev/null"], 2, /it is a device/);
  const csv = join(folder, "pipe.csv");
  await run("mkfifo", [csv]);
  await refused(["ingest", csv], 2, /it is a pipe/);
  await rm(csv);
  await rm(manifest);
});

test("what else is no file: a directory, a socket, a device", async () => {
  await refused(["upload", folder], 3, /it is a directory/);
  const socket = join(folder, "socket");
  const server = createServer().listen(socket);
  await once(server, "listening");
  await refused(["upload", socket, "--file-name", "a.mp4"], 2, /it is a socket/);
  server.close();
  await refused(["upload", "/dev/zero", "--file-name", "a.mp4"], 2, /it is a device/);
});

test("what keeps a file from being read is said in words", async () => {
  const round = join(folder, "round.mp4");
  await symlink(round, round);
  const cases: [path: string, code: string, says: RegExp][] = [
    [join(folder, "nowhere.mp4"), "source_missing", /nowhere\.mp4: no such file$/],
    [join(film, "x.mp4"), "source_missing", /no such file/],
    [round, "source_read", /symbolic links lead round/],
    [join(folder, `${"n".repeat(300)}.mp4`), "source_missing", /the name is too long/],
  ];
  for (const [path, code, says] of cases) {
    const { json } = await refused(["upload", path], 3, says);
    assert.equal(json.error.code, code);
  }
});

test("a segment or key of a local playlist that is a pipe ends the upload", async () => {
  const lists = await mkdtemp(join(folder, "list-"));
  await run("mkfifo", [join(lists, "a.ts"), join(lists, "a.key")]);
  await writeFile(join(lists, "b.ts"), "0123456789");
  const key = '#EXT-X-KEY:METHOD=AES-128,URI="a.key"\n';
  for (const [name, lines] of [
    ["segment.m3u8", "#EXTINF:1,\na.ts\n"],
    ["key.m3u8", `${key}#EXTINF:1,\nb.ts\n`],
    ["missing.m3u8", "#EXTINF:1,\nc.ts\n"],
  ] as const) {
    const list = join(lists, name);
    await writeFile(list, `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${lines}#EXT-X-ENDLIST\n`);
    const args = ["upload", list, "--as", "playlist", "--json"];
    const { code, json } = await vodlift(args, { service, hangsMs: 60_000 });
    assert.equal(code, 3, json.error?.message);
    const [expected, says] =
      name === "missing.m3u8"
        ? ["source_missing", /c\.ts.*no such file/]
        : ["source_read", /a\.(ts|key).*it is a pipe/];
    assert.equal(json.error.code, expected);
    assert.match(json.error.message, says as RegExp);
  }
});

test("a file that is swapped for a pipe between the look and the opening is not waited for", async () => {
  const path = join(folder, "swapped");
  const swap = async (target: string) => {
    await symlink(target, `${path}.next`);
    await rename(`${path}.next`, path);
  };
  await swap(film);
  let over = false;
  const swapping = (async () => {
    for (let turn = 0; !over; turn += 1) await swap(turn % 2 === 0 ? pipe : film);
  })();
  const seen = { files: 0, pipes: 0 };
  for (let turn = 0; turn < 2000 || seen.files === 0 || seen.pipes === 0; turn += 1) {
    try {
      const { handle } = await openRegular(path);
      await handle.close();
      seen.files += 1;
    } catch (error) {
      assert.ok(error instanceof NotAFile, String(error));
      seen.pipes += 1;
    }
  }
  over = true;
  await swapping;
});

/** Runs it with a terminal as its standard input and output. */
async function onTerminal(args: string[], env: Record<string, string> = {}): Promise<string> {
  const spawn = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
  const command = [process.execPath, BIN, ...args];
  const { PATH = "" } = process.env;
  const options = { env: { PATH, ...serviceEnv(service), ...env } };
  const told = await run("python3", ["-c", spawn, ...command], options).catch((error) => error);
  return `${told.stdout}exit ${told.code ?? 0}`;
}

test("standard input that is a terminal is refused, with what to do", async () => {
  const said = await onTerminal(["upload", "-", "--file-name", "a.mp4"]);
  assert.match(said, /standard input is a terminal/);
  assert.match(said, /hint: .*\| vodlift upload -/);
  assert.match(said, /exit 2$/);
});

test("refused commands leave nothing behind", async () => {
  const left = (await readdir(folder)).filter((name) => !/^(film\.mp4|pipe|list-.*)$/.test(name));
  assert.deepEqual(left.sort(), ["round.mp4", "swapped"]);
});
