// Which addresses the emulator calls: by rules of its own, which are held to those of the core.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { checkAddress } from "../../pkg/src/core.ts";
import { refusalBy } from "../../pkg/src/emulator/addresses.ts";
import { dice, seeds } from "../support/dice.ts";

const [guarded, open] = [refusalBy(false), refusalBy(true)];

test("public addresses are called, private ones where that is switched on, metadata never", () => {
  for (const ip of ["1.1.1.1", "2606:4700::1111", "64:ff9b::1.1.1.1"]) {
    assert.equal(guarded(ip), undefined, ip);
  }
  for (const ip of [
    "127.0.0.1",
    "10.1.2.3",
    "::1",
    "fd12::1",
    "::ffff:192.168.1.1",
    "fe80::1%lo",
  ]) {
    assert.match(guarded(ip)?.message ?? "", /allowPrivate/, ip);
    assert.equal(open(ip), undefined, ip);
  }
  for (const ip of [
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "::ffff:169.254.169.254",
    "fe80::a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "fd00:ec2::254",
  ]) {
    for (const refusal of [guarded, open]) assert.match(refusal(ip)?.message ?? "", /metadata/, ip);
  }
});

test("the emulator's rules of addresses are not the core's", async () => {
  const source = new URL("../../pkg/src/emulator/addresses.ts", import.meta.url);
  assert.doesNotMatch(await readFile(source, "utf8"), /from "[^"]*core/);
});

for (const seed of seeds(5)) {
  test(`what the core refuses the emulator does not call either, SEED=${seed}`, () => {
    const luck = dice(seed);
    const starts = [0, 10, 100, 127, 168, 169, 172, 192, 198, 203, 224, 255];
    const v4 = () =>
      [
        luck.oneIn(2) ? luck.pick(starts) : luck.below(256),
        ...Array.from({ length: 3 }, () => luck.below(256)),
      ].join(".");
    const groups = ["2001", "2002", "2620", "3fff", "fd00", "fe80", "64", "0", "a9fe", "2606"];
    const group = () => (luck.oneIn(2) ? luck.pick(groups) : luck.below(65_536).toString(16));
    const v6 = () => Array.from({ length: 8 }, group).join(":");
    for (let left = 2_000; left > 0; left -= 1) {
      const ip = luck.oneIn(2) ? v4() : v6();
      for (const allow of [false, true]) {
        if (checkAddress(ip, allow) === undefined) continue;
        assert.ok(refusalBy(allow)(ip), `${ip}, ${allow}`);
      }
    }
  });
}
