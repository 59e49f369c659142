// Runs in Node, Deno or Bun: an upload traps among others, and what became of each is printed.
import { trappedAmongOthers } from "./trap.ts";

const ends = await trappedAmongOthers(JSON.parse(process.argv[2] ?? ""));
process.stdout.write(`${JSON.stringify(ends)}\n`, () => process.exit());
