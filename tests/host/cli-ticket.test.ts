// `vodlift ticket` with the keys, and `vodlift upload --ticket` without any.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serviceEnv, vodlift } from "../support/cli.ts";
import { sha256OfFile } from "../support/origin.ts";
import { startService, storedSha256 } from "../support/service.ts";

const BIN = fileURLToPath(new URL("../../pkg/bin/vodlift.js", import.meta.url));

async function world(t: TestContext) {
  const service = await startService();
  const folder = await mkdtemp(join(tmpdir(), "vodlift-cli-ticket-"));
  t.after(async () => {
    await service.close();
    await rm(folder, { recursive: true });
  });
  const film = join(folder, "a film.mp4");
  await writeFile(film, Buffer.alloc(300_000, 7));
  return { service, folder, film };
}

test("a ticket is written for its owner alone, and uploads without any key", async (t) => {
  const { service, folder, film } = await world(t);
  const out = join(folder, "ticket.json");
  const made = await vodlift(["ticket", film, "--title", "Film", "--out", out, "--json"], {
    service,
  });
  assert.equal(made.code, 0, made.stderr);
  assert.deepEqual(Object.keys(made.json), ["mediaId", "expiresAt", "out"]);
  assert.match(made.stderr, /holds a secret/);
  const written = await readFile(out, "utf8");
  assert.equal((await stat(out)).mode & 0o777, 0o600);
  assert.equal(written.includes(service.accessKeySecret), false);
  const { uploadAuth } = JSON.parse(written);
  assert.equal((made.stdout + made.stderr).includes(uploadAuth), false);
  // Another one would be lost.
  const twice = await vodlift(["ticket", film, "--out", out], { service });
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, /exists already[\s\S]*--refresh/);

  const sent = await vodlift(["upload", "--ticket", out, film, "--json"]);
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal(sent.json.mediaId, made.json.mediaId);
  assert.equal(await storedSha256(service, sent.json.objectKey), await sha256OfFile(film));
  const asked = service.log.filter(({ service: of }) => of === "vod");
  assert.deepEqual(
    asked.map(({ operation }) => operation),
    ["CreateUploadVideo", "CreateUploadVideo"],
  );
});

test("a ticket goes from one command to the other through a pipe, and may be refreshed", async (t) => {
  const { service, film } = await world(t);
  // What goes through the pipe is a secret: it is kept nowhere.
  const piped = (...args: string[]) =>
    promisify(execFile)(
      "sh",
      [
        "-c",
        `"$0" "$1" ticket --json "$3" "$4" | env -i "$0" "$1" upload --ticket - "$2" --json`,
      ].concat([process.execPath, BIN, film], args),
      { env: { PATH: process.env.PATH, ...serviceEnv(service) } },
    );
  const first = await piped("--file-name", "film.mp4");
  assert.match(first.stderr, /this is a secret/);
  const { mediaId } = JSON.parse(first.stdout);
  const second = JSON.parse((await piped("--refresh", mediaId)).stdout);
  assert.equal(second.mediaId, mediaId);
  assert.equal(await storedSha256(service, second.objectKey), await sha256OfFile(film));
});

test("what does not go with a ticket is refused by name", async (t) => {
  const { service, folder, film } = await world(t);
  const page = join(folder, "page.html");
  await writeFile(page, "<html>");
  for (const [args, message] of [
    [["upload", "--ticket", page, film], /holds no ticket: it is not JSON/],
    [["upload", "--ticket", join(folder, "none"), film], /no such file/],
    [["upload", "--ticket", "-", "-"], /both the ticket and the media/],
    [["upload", "--ticket", page, film, "--title", "Film"], /--title/],
    [["ticket"], /--file-name/],
    [["ticket", "--refresh", "id", film], /--refresh goes alone/],
    [["ticket", film, "--as", "playlist"], /playlist/],
    [["ticket", film, "--image-type", "cover"], /--image-type goes with --as image/],
  ] as [string[], RegExp][]) {
    const { code, stderr } = await vodlift(args, { service });
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, message);
  }
  assert.equal(service.log.length, 0);
});
