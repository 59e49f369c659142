// Bytes that are read to be thrown away. They cost the isolate as much as bytes that arrive, and nothing else slows them: so
// each owner's are read at a rate.
import { Allowances } from "../life/allowance.ts";

const MIB = 1024 * 1024;

const discarded = new Allowances({ most: 64 * MIB, perSecond: 32 * MIB });

/** Takes what this owner sends for nothing. */
export function discarding(owner: string): WritableStream<Uint8Array> {
  return new WritableStream({
    async write({ byteLength }) {
      const ms = discarded.waitMs(owner, Date.now());
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      discarded.spend(owner, byteLength, Date.now());
    },
  });
}
