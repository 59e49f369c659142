import { equal } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Crc64, combineCrc64, crc64 } from "../../pkg/src/emulator/crc64.ts";

/** The definition, bit by bit: slow, and hard to get wrong. */
function reference(data: Uint8Array): bigint {
  let crc = 0xffffffffffffffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
    }
  }
  return crc ^ 0xffffffffffffffffn;
}

test("the check value of CRC-64/XZ comes out", () => {
  equal(crc64(Buffer.from("123456789")), 0x995dc9bbdf1939fan);
  equal(crc64(Buffer.alloc(0)), 0n);
});

test("every length and every alignment agrees with the definition", () => {
  const bytes = randomBytes(80);
  for (let start = 0; start < 8; start += 1) {
    for (let end = start; end < bytes.length; end += 1) {
      const piece = bytes.subarray(start, end);
      equal(crc64(piece), reference(piece), `bytes ${start} to ${end}`);
    }
  }
});

test("pieces fed one after the other give the CRC of the whole", () => {
  const bytes = randomBytes(10_000);
  const running = new Crc64();
  for (let at = 0; at < bytes.length; at += 37) running.update(bytes.subarray(at, at + 37));
  equal(running.digest(), crc64(bytes));
});

test("the CRCs of two pieces combine to that of the whole", () => {
  const bytes = randomBytes(5000);
  for (const cut of [0, 1, 7, 2500, 4999, 5000]) {
    const [first, second] = [bytes.subarray(0, cut), bytes.subarray(cut)];
    equal(combineCrc64(crc64(first), crc64(second), second.length), crc64(bytes), `cut at ${cut}`);
  }
});
