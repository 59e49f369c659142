// What steers a terminal, or turns the direction of writing, never reaches one: whatever a title, a file name, a service, a
// checkpoint or a URL holds. Machines that read `--json` get it exactly.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Board } from "../../pkg/src/cli/ingest/board.ts";
import { Drawing, type Screen } from "../../pkg/src/cli/output.ts";
import { progressView } from "../../pkg/src/cli/progress.ts";
import { quoted } from "../../pkg/src/cli/shell.ts";
import { printable, printableJson } from "../../pkg/src/printable.ts";
import { type Service, vodlift } from "../support/cli.ts";
import { type Drawn, drawn, seeds } from "../support/drawn.ts";
import { startEmulator } from "../support/emulator.ts";
import { type RawOrigin, startRawOrigin } from "../support/raw-origin.ts";
import { type Emulator, startService } from "../support/service.ts";

const SOURCES = new URL("../../pkg/src/", import.meta.url);
const WRITES =
  /\bconsole\b\s*[.[]|\bprocess\s*(\.|\[\s*["'])\s*std(out|err)|node:tty|\bwriteSync\b/;
/**
 * A trace is written to a file that was made for it; node-http writes to the log of a server of its user's, who may have
 * it told elsewhere.
 */
const MAY_WRITE = ["cli/output.ts", "cli/trace.ts", "emulator/complain.ts", "node-http/index.ts"];

test("one place of the command line writes, and one of the emulator", async () => {
  const found: string[] = [];
  for (const file of await readdir(SOURCES, { recursive: true })) {
    if (!file.endsWith(".ts") || file.startsWith("wasm/")) continue;
    const text = await readFile(new URL(file, SOURCES), "utf8");
    const code = text.replace(/^\s*(\/\/|\/?\*).*$/gm, "");
    if (WRITES.test(code)) found.push(file);
  }
  assert.deepEqual(found.toSorted(), MAY_WRITE);
});

/** All that must not be there; the end of a line may. */
function steers(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  const control = (code < 0x20 && char !== "\n") || (code >= 0x7f && code < 0xa0);
  const turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return control || turns || code === 0x061c || code === 0x200e || code === 0x200f || hides(code);
}

/** Without width, or a letter of a tag: a name reads as another, or carries what nobody sees. */
function hides(code: number): boolean {
  const blank = code === 0x200b || (code >= 0x2060 && code <= 0x2064) || code === 0xfeff;
  const filler = [0xad, 0x34f, 0x115f, 0x1160, 0x180e, 0x3164, 0xffa0].includes(code);
  const note = code >= 0xfff9 && code <= 0xfffb;
  return blank || filler || note || (code >= 0xe0000 && code <= 0xe007f);
}

function assertPlain(text: string, shown = JSON.stringify(text)): void {
  assert.deepEqual([...text].filter(steers), [], shown);
}

const HOSTILE = [
  "\x1b[2J",
  "\x1b[31m",
  "\x1b]0;owned\x07",
  "\x1b]8;;evil:owned\x1b\\",
  "\x1bP+q\x1b\\",
  "\x9b2J",
  "\x9d0;owned\x9c",
  "\r",
  "\b\b\b",
  "\x07",
  "\x7f",
  "\u202egpj",
  "\u2066",
  "\u2069",
  "\u200e",
  "\u200f",
  "\u061c",
  "\n\x1b[1Aerror: no",
  "\u200b",
  "\u2060",
  "\ufeff",
  "\u00ad",
  "\u180e",
  "\u034f",
  "\u3164",
  "\ufff9",
  "\u{e0001}\u{e0065}\u{e0076}\u{e0069}\u{e006c}\u{e007f}",
  "\x1b]52;c;ZXZpbA==\x07",
  "\x1b]1337;File=:AAAA\x07",
  "\x1b[?1049h",
  "\x1b[6n",
  "\x1bc",
  "\x9e\x98\x90",
  "\u2028",
  "\u2029",
];

/** A text with a few of them in it. Names of files take all of them. */
function hostile(draw: Drawn): string {
  const pieces = Array.from({ length: 1 + draw.upTo(3) }, () => `x${draw.of(HOSTILE)}y`);
  return pieces.join("");
}

let service: Emulator;
let evil: Server;
let folder: string;
/** Writes `raw`, whatever it is asked. */
let broken: RawOrigin;
let raw = "";
let answer: (path: string) => { status: number; headers?: Record<string, string>; body: string };
before(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "vodlift-terminal-"));
  evil = createServer((request, response) => {
    request.resume();
    const { status, headers, body } = answer(request.url ?? "");
    response.writeHead(status, headers).end(body);
  });
  broken = await startRawOrigin(() => ({ raw }));
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  evil.close();
  broken.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const evilUrl = () => `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;

/** A run of the command, with what must stand exactly in its `--json`. */
interface Run {
  args: string[];
  service?: Service;
  env?: Record<string, string>;
  exact?: string;
}

/** Every place that a user, a source or a service can put a text into. */
const PLACES: Readonly<Record<string, (text: string, draw: Drawn) => Promise<Run>>> = {
  "the name of a file": async (text) => {
    const film = join(folder, `${text}.mp4`);
    await writeFile(film, "12345");
    return { args: ["upload", film] };
  },
  "the name of a file that is not there": async (text) => ({
    args: ["upload", join(folder, "none", `${text}.mp4`)],
    exact: text,
  }),
  "a title and a file name": async (text) => {
    const film = join(folder, "film.mp4");
    await writeFile(film, "12345");
    return { args: ["upload", film, "--title", text, "--file-name", `${text}.mp4`] };
  },
  "an option": async (text) => ({ args: ["upload", "film.mp4", `--${text}`] }),
  "an option's value": async (text) => ({ args: ["upload", "film.mp4", "--as", text] }),
  "a number": async (text) => ({ args: ["upload", "film.mp4", "--part-size", text] }),
  "a command": async (text) => ({ args: [`upl${text}`] }),
  "the name of a checkpoint": async (text) => {
    const film = join(folder, "film.mp4");
    const checkpoint = join(folder, `${text}.json`);
    await writeFile(film, "12345");
    await writeFile(checkpoint, "{}");
    return { args: ["upload", film, "--checkpoint", checkpoint] };
  },
  "a checkpoint that is none": async (text) => {
    const checkpoint = join(folder, `${text}.bad.json`);
    await writeFile(checkpoint, text);
    return { args: ["resume", checkpoint], exact: text };
  },
  "what a checkpoint names": async (text) => {
    const checkpoint = join(folder, "named.json");
    const fixture = new URL("../fixtures/checkpoints-v1/video-file.json", import.meta.url);
    const good = JSON.parse(await readFile(fixture, "utf8"));
    const source = { ...good.source, path: join(folder, text), name: text, etag: text };
    await writeFile(checkpoint, JSON.stringify({ ...good, source }));
    return { args: ["resume", checkpoint] };
  },
  "a manifest, its rows and columns": async (text, draw) => {
    const manifest = join(folder, `${draw.upTo(1e9)}${text}.jsonl`);
    const row = draw.of<object>([
      { source: `${text}.mp4`, title: text },
      { source: `https://127.0.0.1:1/${text}.mp4?token=1` },
      { source: "film.mp4", [text]: 1 },
      { source: "film.mp4", as: text },
    ]);
    await writeFile(manifest, `${JSON.stringify(row)}\n`);
    return { args: ["ingest", manifest, "--allow-private"] };
  },
  "a source's URL": async (text) => {
    answer = () => ({ status: 404, body: text });
    return { args: ["upload", `${evilUrl()}/${text}.mp4`, "--allow-private"] };
  },
  "a source's answer": async (text, draw) => {
    const header = text.replace(/[^\t\x20-\x7e\x80-\xff]/g, "_");
    answer = (path) =>
      draw.of([
        { status: 302, headers: { location: `/${encodeURI(text)}${path.length}` }, body: text },
        { status: 200, headers: { "content-type": header, etag: `"${header}"` }, body: "" },
        { status: 416, headers: { "content-range": header }, body: text },
        {
          status: 200,
          headers: { "content-disposition": `inline; filename="${header}"` },
          body: text,
        },
      ]);
    return { args: ["upload", `${evilUrl()}/film.mp4`, "--allow-private"] };
  },
  "a source's status line and what is no HTTP": async (text, draw) => {
    const bytes = Buffer.from(text.replace(/[\r\n]/g, "_")).toString("latin1");
    const status = draw.of(["200", "404", "503", "302"]);
    raw = draw.of([
      `HTTP/1.1 ${status} ${bytes}\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 ${status} ${text}\r\nLocation: /${bytes}\r\n\r\n`,
      `HTTP/1.1 200 OK\r\n${bytes}: x\r\nContent-Length: 5\r\n\r\n12345`,
      `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n12345`,
      `HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Encoding: ${bytes}\r\n\r\n12345`,
      bytes,
    ]);
    return { args: ["upload", `${broken.url}/film.mp4`, "--allow-private"] };
  },
  "a playlist": async (text, draw) => {
    const lines = draw.of([
      `#EXTINF:6,${text}\n${text}.ts`,
      `#EXT-X-KEY:METHOD=AES-128,URI="${text}"\n#EXTINF:6,\na.ts`,
      `#EXT-X-MAP:URI="http://${text}/"\n#EXTINF:6,\na.ts`,
      `#EXT-X-DEFINE:NAME="${text}",VALUE="x"\n#EXTINF:6,\n{$${text}}`,
      `#EXT-X-STREAM-INF:BANDWIDTH=1\n${text}.m3u8`,
    ]);
    answer = () => ({ status: 200, body: `#EXTM3U\n${lines}\n#EXT-X-ENDLIST\n` });
    const url = `${evilUrl()}/list.m3u8`;
    return { args: ["upload", url, "--as", "playlist", "--allow-private"] };
  },
  "what VOD hands out, and what OSS says of it": async (text, draw) => {
    const film = join(folder, "film.mp4");
    await writeFile(film, "12345");
    const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
    const one = (good: string) => draw.of([good, good, `${good}${text}`]);
    const place = {
      Endpoint: draw.of([evilUrl(), `https://${text}`]),
      Bucket: one("bucket-1"),
      FileName: one("film.mp4"),
    };
    const auth = {
      AccessKeyId: one("id"),
      AccessKeySecret: "secret",
      SecurityToken: "token",
      Expiration: draw.of(["3000", text]),
    };
    const created = { VideoId: one("v"), UploadAddress: base64(place), UploadAuth: base64(auth) };
    const etag = `"${text.replace(/[^\t\x20-\x7e\x80-\xff]/g, "_")}"`;
    const xml = `<Error><Code>${text}</Code><Message>${text}</Message><RequestId>${text}</RequestId></Error>`;
    const said = draw.of([
      { status: 403, body: xml },
      { status: 200, headers: { etag, "x-oss-request-id": etag }, body: "" },
      { status: 404, headers: { "x-oss-ec": etag, "x-oss-request-id": etag }, body: text },
    ]);
    const given = { status: 200, body: JSON.stringify({ RequestId: one("r"), ...created }) };
    answer = (path) => (path.includes("film.mp4") ? said : given);
    return { args: ["upload", film], service: { ...service, endpoint: evilUrl() } };
  },
  "a reply of VOD": async (text, draw) => {
    const film = join(folder, "film.mp4");
    await writeFile(film, "12345");
    const Code = draw.of([text, "Forbidden.RAM", "InvalidParameter"]);
    const body = JSON.stringify({ Code, Message: text, RequestId: text });
    answer = () => ({ status: draw.of([400, 403, 404]), body });
    return { args: ["upload", film], service: { ...service, endpoint: evilUrl() } };
  },
  "a reply to any call": async (text) => {
    answer = () => ({
      status: 200,
      body: JSON.stringify({ RequestId: "r", Title: text, [text]: 1 }),
    });
    const args = ["call", "GetVideoInfo", `VideoId=${text}`];
    return { args, service: { ...service, endpoint: evilUrl() }, exact: text };
  },
  "the environment": async (text) => ({
    args: ["call", "GetVideoInfo"],
    env: { VODLIFT_ENDPOINT: `https://${text}/`, VODLIFT_REGION: text },
  }),
  "the emulator's folder": async (text) => {
    const dir = join(folder, `${text}-dir`);
    await writeFile(dir, "");
    return { args: ["emulator", "--dir", dir], exact: text };
  },
};

for (const seed of seeds(3)) {
  for (const [place, prepare] of Object.entries(PLACES)) {
    test(`nothing steers a terminal from ${place}, seed ${seed}`, async () => {
      const draw = drawn(seed * 7919 + place.length);
      const text = hostile(draw);
      const run = await prepare(text, draw);
      const { service: to = service, env } = run;
      const options = { service: to, ...(env && { env }) };
      const takesJson = run.args[0] !== "emulator";
      for (const more of [[], ["--json"]]) {
        const { stdout, stderr, code, json } = await vodlift([...run.args, ...more], options);
        const shown = `${JSON.stringify(text)} in ${JSON.stringify(stdout + stderr)}`;
        assertPlain(stdout, shown);
        assertPlain(stderr, shown);
        assert.notEqual(code, null, "it has ended by itself");
        assert.equal(/(^|\n)error: no/.test(stderr), false, `a line was forged: ${shown}`);
        if (more.length === 0 || !takesJson) continue;
        assert.ok(json, shown);
        if (run.exact !== undefined) assert.ok(holds(json, run.exact), shown);
      }
    });
  }
}

/** A text stands in it, exactly. */
function holds(value: unknown, text: string): boolean {
  if (typeof value === "string") return value.includes(text);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, one]) => name === text || holds(one, text));
}

/** Without what the command line itself draws with. */
function withoutDrawing(text: string): string {
  return text.replace(/\r.\[(\d+A.\[J|K)/g, "");
}

test("a bar, a board and their notes hold nothing of a name that steers", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  for (const seed of seeds(200)) {
    const draw = drawn(seed);
    const name = hostile(draw);
    const written: string[] = [];
    const screen: Screen = { isTTY: true, columns: 40, write: (text) => written.push(text) };
    const bar = progressView(name, screen, {});
    const board = new Board({ total: 1, done: 0, failed: 0, skipped: 0, bytes: 0 }, screen, {});
    board.slot(name);
    const drawing = new Drawing(screen);
    t.mock.timers.tick(200);
    drawing.draw([name, name]);
    for (const view of [bar, board, drawing]) view.note(name);
    bar.end();
    board.end();
    for (const text of written) {
      assertPlain(withoutDrawing(text), JSON.stringify([name, text]));
    }
  }
});

test("JSON is the same value, and holds nothing that steers", () => {
  for (const seed of seeds(500)) {
    const draw = drawn(seed);
    const value = { [hostile(draw)]: [hostile(draw), { deep: hostile(draw) }, 1, null] };
    for (const indent of [0, 2]) {
      const json = printableJson(value, indent);
      assert.deepEqual(JSON.parse(json), value);
      assertPlain(json);
    }
    assert.doesNotMatch(printable(hostile(draw)), /[\n\r]/);
  }
});

test("a command to copy holds a name as one word, whatever is in it", () => {
  const names = [
    "a b.json",
    "a;touch owned",
    "$(touch owned)",
    "`x`",
    "it's.json",
    "a\\b",
    "*",
    "~",
    "",
  ];
  for (const name of names) {
    const { stdout } = spawnSync("sh", ["-c", `printf %s ${quoted(name)}`], { encoding: "utf8" });
    assert.equal(stdout, name);
  }
  assert.equal(quoted("./films/film-1.json"), "./films/film-1.json");
});

test("the emulator's complaints hold nothing that steers", async (t) => {
  const told: string[] = [];
  t.mock.method(console, "error", (text: string) => void told.push(text));
  const dir = await mkdtemp(join(folder, "emulator-"));
  const emulator = await startEmulator({ dir });
  const name = `x${HOSTILE.filter((one) => !one.includes("/")).join("")}y`;
  // A folder that is gone is a fault of the emulator's own, and its path is told.
  await rm(dir, { recursive: true });
  await mkdir(dir);
  const url = `${emulator.endpoint}/${emulator.bucket}/${encodeURIComponent(name)}`;
  await fetch(url, { method: "PUT", body: "x" }).catch(() => {});
  await emulator.close();
  const { complain } = await import("../../pkg/src/emulator/complain.ts");
  complain(new Error(name, { cause: { name } }));
  complain(name);
  assert.ok(told.length >= 2);
  for (const text of told) assertPlain(text);
});
