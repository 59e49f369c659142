// A URL that is spelled wrong is no path: it would be told as one, with the password that it holds.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parseCommand } from "../../pkg/src/cli/args.ts";
import { rowsOf } from "../../pkg/src/cli/ingest/manifest.ts";
import { isMisspeltUrl, isUrl, named } from "../../pkg/src/cli/urls.ts";
import { shownUrl } from "../../pkg/src/shown-url.ts";
import { vodlift } from "../support/cli.ts";
import { type Drawn, drawn, seeds } from "../support/drawn.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vodlift-misspelt-"));
});
after(() => rm(folder, { recursive: true }));

const SECRET = "hunter2hunter2";

/** A URL with a password, as hands and spreadsheets write one that is wrong. */
function misspelt(draw: Drawn): string {
  const before = draw.of([
    "",
    "",
    " ",
    "\t",
    "\u00a0",
    "\ufeff",
    "\u200b",
    '"',
    "'",
    "<",
    "(",
    "url=",
  ]);
  const scheme = draw.of(["http", "https", "HTTP", "Https", "ht\ntp", "ftp", "wss", "file"]);
  const between = draw.of([":", ":/", ":\\", ":\\\\", ":/\\", ":\t", ":/\t/", ":\n//"]);
  const user = draw.of([`user:${SECRET}@`, `${SECRET}@`, `user:%40${SECRET}@`]);
  const path = draw.of(["", "/film.mp4", `/a/film.mp4?sig=${SECRET}`]);
  const url = `${before}${scheme}${between}${user}example.com${path}`;
  // Behind a word only a URL that is whole is known as one.
  return before === "url=" ? `url=https://${user}example.com${path}` : url;
}

const WRITTEN = [
  `http:user:${SECRET}@example.com/film.mp4`,
  `https:/user:${SECRET}@example.com/film.mp4`,
  `http:\\\\user:${SECRET}@example.com/film.mp4`,
  ` https://user:${SECRET}@example.com/film.mp4`,
  `"https://user:${SECRET}@example.com/film.mp4"`,
  `https//user:${SECRET}@example.com/film.mp4`,
  `http;//user:${SECRET}@example.com/film.mp4`,
];

test("neither upload, resume, call nor another command takes one, or repeats it", async () => {
  for (const url of WRITTEN) {
    for (const args of [
      ["upload", url],
      ["upload", "film.mp4", url],
      ["resume", "film.json", "--source", url],
      ["resume", "film.json", url],
      ["abort", "film.json", url],
      ["ingest", "films.csv", url],
      ["call", url],
      ["emulator", url],
      [url],
    ]) {
      const { code, stdout, stderr } = await vodlift(args);
      assert.equal(code, 2, `${args}`);
      assert.ok(!`${stdout}${stderr}`.includes(SECRET), `${args}: ${stderr}`);
    }
  }
});

for (const seed of seeds(5)) {
  test(`spelled in any way, it is refused and not told, seed ${seed}`, async () => {
    const draw = drawn(seed);
    for (let turn = 0; turn < 300; turn += 1) {
      const url = misspelt(draw);
      const place = JSON.stringify(url);
      assert.ok(isMisspeltUrl(url) || isUrl(url), place);
      assert.ok(!named(url).includes(SECRET), place);
      if (isUrl(url)) continue;
      for (const args of [
        ["upload", url],
        ["resume", "f.json", "--source", url],
        ["call", url],
      ]) {
        assert.throws(
          () => parseCommand(args),
          (error: Error) => !JSON.stringify([error.message, error]).includes(SECRET),
          place,
        );
      }
      const manifest = join(folder, "m.jsonl");
      const column = draw.of(["source", "file", "url"]);
      await writeFile(manifest, JSON.stringify({ [column]: url }));
      await assert.rejects(
        rowsOf(manifest).next(),
        ({ message }: Error) => /line 1: column/.test(message) && !message.includes(SECRET),
        place,
      );
    }
  });
}

test("a URL in the column of paths is none, and an ingest tells nothing of it", async () => {
  const manifest = join(folder, "films.csv");
  const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: "id", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "not-a-key" };
  for (const [column, url] of [
    ["file", `https://user:${SECRET}@example.com/film.mp4`],
    ["source", `http:user:${SECRET}@example.com/film.mp4`],
  ]) {
    await writeFile(manifest, `${column}\n${url}\n`);
    const { code, stdout, stderr } = await vodlift(["ingest", manifest, "--json"], { env });
    assert.equal(code, 2, stderr);
    assert.ok(!`${stdout}${stderr}`.includes(SECRET), stderr);
  }
  for (const name of await readdir(folder)) {
    if (name.startsWith("films.csv.")) {
      assert.ok(!(await readFile(join(folder, name), "utf8")).includes(SECRET), name);
    }
  }
});

test("what may be shown of a URL holds no user and no password, however many slashes stand before them", () => {
  for (const slashes of ["//", "///", "//\\", "// /", "//\t/", "/////"]) {
    const url = `http:${slashes}user:${SECRET}@example.com/film.mp4`;
    assert.ok(!shownUrl(url).includes(SECRET), url);
    assert.match(shownUrl(url), /example\.com\/film\.mp4$/, url);
  }
  assert.equal(shownUrl("https://h/a@b/c.mp4?x"), "https://h/a@b/c.mp4");
});

test("names of files that only remind of a URL are paths", async () => {
  const work = join(folder, "http");
  await mkdir(work);
  for (const path of ["./http:film.mp4", "/srv/http//film.mp4", "C:\\film.mp4", "C:/film.mp4"]) {
    assert.equal(isMisspeltUrl(path), false, path);
  }
  for (const path of ["httpd.mp4", "http", "https.mov", "file//a.mp4", "Film: the end.mp4", "-"]) {
    assert.equal(isMisspeltUrl(path), false, path);
  }
});
