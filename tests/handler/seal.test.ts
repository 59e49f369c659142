// What is sealed opens for whoever has the secret, and for nobody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seal, sealingKey, unseal } from "../../pkg/src/handler/seal.ts";

const SECRET = "a secret of high entropy, or so we say";
const VALUE = {
  url: "https://example.com/film.mp4?signature=abc",
  text: "ünïcödé ✓",
  list: [1, 2],
};

test("what was sealed is what is opened, in another process too", async () => {
  const token = await seal(await sealingKey(SECRET), VALUE);
  assert.match(token, /^v1\.[\w-]+$/);
  assert.deepEqual(await unseal(await sealingKey(SECRET), token), VALUE);
});

test("a token is another one each time, tells nothing, and is as long as is said", async () => {
  const key = await sealingKey(SECRET);
  const tokens = await Promise.all(Array.from({ length: 20 }, () => seal(key, VALUE)));
  assert.equal(new Set(tokens).size, 20);
  const bytes = Buffer.byteLength(JSON.stringify(VALUE));
  for (const token of tokens) {
    assert.ok(token.length <= Math.ceil((bytes * 4) / 3) + 41, `${token.length} for ${bytes}`);
    const inside = Buffer.from(token.slice(3), "base64url").toString("latin1");
    assert.doesNotMatch(inside, /signature|example/);
  }
});

test("a change of any character, an end cut off, or another version does not open", async () => {
  const key = await sealingKey(SECRET);
  const token = await seal(key, { a: 1 });
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === "A" ? "B" : "A";
    assert.equal(await unseal(key, token.slice(0, at) + other + token.slice(at + 1)), undefined);
    assert.equal(await unseal(key, token.slice(0, at)), undefined);
  }
  for (const wrong of [`${token}A`, `${token}=`, ` ${token}`, `v2${token.slice(2)}`, "", "v1."]) {
    assert.equal(await unseal(key, wrong), undefined, wrong);
  }
});

test("another secret or another purpose opens nothing", async () => {
  const token = await seal(await sealingKey(SECRET), VALUE);
  assert.equal(await unseal(await sealingKey(`${SECRET}.`), token), undefined);
  assert.equal(await unseal(await sealingKey(SECRET, "stored request"), token), undefined);
});

test("its form is the one written down: AES-256-GCM under HKDF-SHA-256, nonce first", async () => {
  const { createDecipheriv, hkdfSync } = await import("node:crypto");
  const token = await seal(await sealingKey(SECRET), VALUE);
  const bytes = Buffer.from(token.slice(3), "base64url");
  const key = Buffer.from(hkdfSync("sha256", SECRET, "", "vodlift resume token", 32));
  const cipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
  cipher.setAAD(Buffer.from("v1"));
  cipher.setAuthTag(bytes.subarray(-16));
  const text = cipher.update(bytes.subarray(12, -16), undefined, "utf8") + cipher.final("utf8");
  assert.deepEqual(JSON.parse(text), VALUE);
});
