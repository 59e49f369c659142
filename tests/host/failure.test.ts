// What a failure says of the runtime's error: what happened and where, never a URL.
import assert from "node:assert/strict";
import { test } from "node:test";
import { describe } from "../../pkg/src/hosts/failure.ts";

function systemError(fields: object, message = "text"): Error {
  return Object.assign(new Error(message), fields);
}

test("a code is told with the host it is about", () => {
  assert.equal(
    describe(systemError({ code: "ENOTFOUND", hostname: "h.example" })),
    "ENOTFOUND h.example",
  );
  const refused = systemError({ code: "ECONNREFUSED", address: "127.0.0.1", port: 1 });
  assert.equal(describe(refused), "ECONNREFUSED 127.0.0.1:1");
  assert.equal(describe(systemError({ code: "ECONNRESET" })), "ECONNRESET");
});

test("a code is found where fetch and dual-stack connects hide it", () => {
  const refused = systemError({ code: "ECONNREFUSED", address: "::1", port: 80 });
  const both = Object.assign(new AggregateError([refused]), { code: "ECONNREFUSED" });
  assert.equal(describe(new TypeError("fetch failed", { cause: both })), "ECONNREFUSED ::1:80");
});

test("a text without a code loses its URLs, and is not long", () => {
  const error = new Error(
    'error sending request for url (https://h/f?Signature=abc) "http://x/?y"',
  );
  assert.equal(describe(error), 'error sending request for url ((url)) "(url)"');
  assert.equal(describe(new Error("x".repeat(1000))).length, 200);
  assert.equal(describe("odd"), "odd");
});
