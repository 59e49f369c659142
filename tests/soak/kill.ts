// `make soak`: many kills of large uploads. The seed is printed; with it the same moments are drawn again:
//   make soak SOAK="--seed 7 --size 2GiB --kills 20"
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { bytes } from "../../pkg/src/arguments.ts";
import { survive } from "../support/kills.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    size: { type: "string", default: "2GiB" },
    kills: { type: "string", default: "20" },
    "part-size": { type: "string", default: "16MiB" },
    concurrency: { type: "string", default: "4" },
  },
});
const seed = Number(values.seed ?? randomInt(2 ** 31));
const size = bytes("--size", values.size) ?? 0;
const kills = Number(values.kills);
console.log(`· ${kills} kills of a URL and of a file of ${values.size}, seed ${seed}`);
const began = performance.now();
const toll = await survive({
  size,
  kills,
  partSize: bytes("--part-size", values["part-size"]) ?? 0,
  concurrency: Number(values.concurrency),
  seed,
  say: (line) => console.log(`  ${line}`),
});
const minutes = ((performance.now() - began) / 60_000).toFixed(1);
console.log(
  `${toll.kills} kills in ${minutes} min: every object is its source, nothing was left open. ` +
    `${toll.again} parts were sent again, at most ${toll.mostAgain} after one kill; ` +
    `${toll.tooLate} kills came when all was done.`,
);
