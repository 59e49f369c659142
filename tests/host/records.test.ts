// What tests/run.ts asks of every step: that nothing it printed or left tells a secret. Here it does.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { forms, Search } from "../support/leaks.ts";
import { Records } from "../support/records.ts";

const SECRETS = new URL("../support/secrets.ts", import.meta.url).href;
const planted = () => `${randomBytes(12).toString("hex")}"/+=é`;

/** A step whose process names a secret and then does this with it. */
function step(text: string, deed: string) {
  const records = new Records();
  const script = `import { secret, keep } from ${JSON.stringify(SECRETS)};
    import { mkdirSync, writeFileSync } from "node:fs";
    import { tmpdir } from "node:os";
    const text = process.env.PLANTED;
    secret("the planted one", text);
    ${deed}`;
  const env = { ...process.env, ...records.env(), PLANTED: text };
  const args = ["--input-type=module", "--eval", script];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env });
  assert.equal(status, 0, String(stderr));
  return records.close(String(stdout));
}

test("a step that tells a secret is found out, in what form and where, and it is not told again", () => {
  const deeds = [
    ["console.log('a' + text + 'b')", "plain, in its output"],
    [
      "console.log(btoa('x' + unescape(encodeURIComponent(text)) + 'yz'))",
      "in base64, in its output",
    ],
    ["keep('log', 'x=' + encodeURIComponent(text))", "percent-encoded, in kept/log"],
    ["keep('log', JSON.stringify({ text }))", "escaped as in JSON, in kept/log"],
    ["writeFileSync(tmpdir() + '/left', Buffer.from(text).toString('hex'))", "in hex, in tmp/left"],
    // Where two pieces of a file meet that are read one after the other.
    ["writeFileSync(tmpdir() + '/big', 'x'.repeat(2 ** 24 - 9) + text)", "plain, in tmp/big"],
  ] as const;
  for (const [deed, expected] of deeds) {
    const text = planted();
    const { told, secrets } = step(text, deed);
    assert.equal(secrets, 1);
    assert.equal(told.length, 1, `${deed}: ${told}`);
    assert.ok(told[0]?.startsWith(`the planted one is told, ${expected}`), told[0]);
    assert.ok(!JSON.stringify(told).includes(text.slice(0, 24)));
  }
});

test("a step that tells none is not accused, nor is the service that keeps what is its own", () => {
  const text = planted();
  const deed = `
    console.log(text.slice(1));
    mkdirSync(tmpdir() + "/vod/.vodlift-emulator", { recursive: true });
    writeFileSync(tmpdir() + "/vod/.vodlift-emulator/account", text);`;
  const { told, secrets, bytes } = step(text, deed);
  assert.deepEqual([told, secrets], [[], 1]);
  assert.ok(bytes >= text.length);
});

test("no test starts an emulator whose secrets are not named", async () => {
  const root = new URL("../", import.meta.url);
  const own = ["support/emulator.ts"];
  for await (const path of glob("**/*.ts", { cwd: fileURLToPath(root) })) {
    const text = readFileSync(new URL(path, root), "utf8");
    const imports = text.match(/^import [^;]*from "[^"]*pkg\/src\/emulator\/index\.ts";/gm) ?? [];
    const starts = imports.some((one) => /\bstartEmulator\b/.test(one));
    assert.ok(!starts || own.includes(path), `${path} does not take it from support/emulator.ts`);
  }
});

test("the search for many finds each form of each of them", () => {
  const secrets = Array.from({ length: 200 }, (_, n) => `CAIS${planted()}${n}`);
  const search = new Search(new Map(secrets.map((text, n) => [text, `number ${n}`])));
  for (const [n, text] of secrets.entries()) {
    for (const form of forms(text)) {
      const found = search.in(Buffer.from(`before ${form} after`)).map(({ kind }) => kind);
      assert.ok(found.includes(`number ${n}`), form);
    }
  }
  assert.deepEqual(search.in(randomBytes(1_000_000)), []);
});
