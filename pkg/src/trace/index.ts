// A session written down: what the core was told and what it answered, a JSON object a line, without a secret. What the core
// does depends on nothing else, so a trace can be replayed: `cargo run -p replay -- FILE`.

import type { Beginning } from "../begin.ts";
import type { Upload } from "../core.ts";
import type { Account } from "../wasm/core.js";
import { Mask } from "./mask.ts";

/** What else it begins with. */
export interface Circumstances {
  readonly account: Account;
  readonly entropy: Uint8Array;
  /** In ms since the epoch. */
  readonly now: number;
}

/** The format of the lines. */
const VERSION = 1;

/** An upload that tells each step that it takes. */
export function traced(
  machine: Upload,
  begun: Beginning,
  { account, entropy, now }: Circumstances,
  tell: (line: string) => void,
): Pick<Upload, "handle" | "free" | "held"> {
  const mask = new Mask();
  const hidden = mask.account(account);
  const job = mask.job(begun.job);
  const checkpoint = begun.type !== "create" && { checkpoint: mask.plain(begun.checkpoint) };
  const seed = Array.from(entropy);
  const first = { type: begun.type, now, entropy: seed, account: hidden, job, ...checkpoint };
  tell(JSON.stringify({ trace: VERSION, ...first }));
  return {
    handle(event, at) {
      const effects = machine.handle(event, at);
      const told = mask.event(event);
      tell(JSON.stringify({ now: at, event: told, effects: effects.map((e) => mask.effect(e)) }));
      return effects;
    },
    held: () => machine.held(),
    free: () => machine.free(),
  };
}
