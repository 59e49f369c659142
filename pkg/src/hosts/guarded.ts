// Connections of node:http to addresses that were looked at: for the host, and for what the emulator calls.

import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";

/** Deno's agents read a proxy from the environment unless told another, and a proxy looks names up past the guard. */
export const NO_PROXY = { proxyEnv: {} };

/** Why an address may not be connected to, if it may not. */
export type Refusal = (address: string) => Error | undefined;

/** Throws for a URL that holds a refused address itself, which is connected to without a look-up. */
export function checkLiteral({ hostname }: URL, refusal: Refusal): void {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  const refused = isIP(address) ? refusal(address) : undefined;
  if (refused !== undefined) throw refused;
}

/**
 * Resolves names as the system does, and leaves out the addresses that are refused. The socket connects to what is handed
 * out here, so the address that was checked is the address that is used, however the name resolves a moment later.
 */
export function guardedLookup(refusal: Refusal): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, "", 0);
      const refusals = found.map(({ address }) => refusal(address));
      const allowed = found.filter((_, index) => refusals[index] === undefined);
      const [first] = allowed;
      if (first === undefined) {
        return callback(refusals[0] ?? new Error("the name has no address"), "", 0);
      }
      if (options.all) return callback(null, allowed);
      callback(null, first.address, first.family);
    });
  };
}
