// Whom a webhook goes to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isSame, receiversOf } from "../../worker/src/ingest/receivers.ts";

test("a receiver whose URL is spelled in two ways is told once, and is one", () => {
  const own = "https://hooks.example.com/vod";
  for (const url of [
    "HTTPS://HOOKS.example.com:443/vod",
    "https://hooks.example.com/a/../vod#done",
    "https://hooks.example.com/vod#",
  ]) {
    assert.deepEqual(receiversOf([own, url]), [own], url);
    assert.ok(isSame(url, own), url);
  }
  for (const url of ["https://hooks.example.com/vod/", "https://hooks.example.com/vod?a"]) {
    assert.deepEqual(receiversOf([own, url]), [own, url]);
    assert.ok(!isSame(url, own), url);
  }
  assert.deepEqual(receiversOf([undefined, ""]), []);
  assert.ok(!isSame(own, undefined));
});
