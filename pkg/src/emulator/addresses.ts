/** Which addresses the emulator calls on somebody's behalf: public ones, and private ones where that is switched on. */
import { checkAddress } from "../core.ts";
import type { Refusal } from "../hosts/guarded.ts";

/** Why an address is not called. */
export class PrivateAddress extends Error {
  constructor(why: string) {
    super(`its address is private: ${why}`);
  }
}

const SWITCH = "start the emulator with allowPrivate (--allow-private) to have it called";

/** The rules are the core's, as for sources: where clouds tell a machine its role's keys, no switch opens. */
export function refusalBy(allowPrivate: boolean): Refusal {
  return (address) => {
    if (checkAddress(address, allowPrivate) === undefined) return undefined;
    const opens = checkAddress(address, true) === undefined;
    return new PrivateAddress(opens ? SWITCH : "it may be a cloud's metadata");
  };
}
