/** Which addresses the emulator calls on somebody's behalf: public ones, and private ones where that is switched on. */
import { type LookupAddress, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Why an address is not called. */
export class PrivateAddress extends Error {
  constructor(why = "start the emulator with allowPrivate (--allow-private) to have it called") {
    super(`its address is private: ${why}`);
  }
}

/** Loopback, networks of one's own, and what belongs to nobody. */
const PRIVATE = listOf(
  "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24",
  "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4",
  // Of the public 2000::/3: Teredo and its neighbours, examples, 6to4.
  "2001::/23 2001:db8::/32 2002::/16 3fff::/20",
);
/** Where clouds tell a machine its role's keys. No switch opens these. */
const METADATA = listOf(
  "169.254.0.0/16 100.100.100.200/32 168.63.129.16/32 192.0.0.192/32",
  "fd00:ec2::/32 fd20:ce::254/128 fe80::/10",
);
const GLOBAL_IPV6 = listOf("2000::/3");

function listOf(...lines: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of lines.join(" ").split(" ")) {
    const [address = "", bits] = subnet.split("/");
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** @throws PrivateAddress */
export function checkAddress(given: string, allowPrivate: boolean): void {
  const address = embeddedIn(given) ?? given;
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (METADATA.check(address, family)) throw new PrivateAddress("it may be a cloud's metadata");
  if (allowPrivate) return;
  const global = family === "ipv4" || GLOBAL_IPV6.check(address, family);
  if (!global || PRIVATE.check(address, family)) throw new PrivateAddress();
}

/** The IPv4 address in `::ffff:127.0.0.1` and its other spellings, and in NAT64's 64:ff9b::/96. */
function embeddedIn(address: string): string | undefined {
  if (isIP(address) !== 6) return undefined;
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, "")}]`);
  const [, high, low] =
    /^\[(?:::ffff:|::|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const value = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** Resolves names as the system does, and leaves out the addresses that may not be called: what is left is connected to. */
export function lookupFor(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const refusals: Error[] = [];
      const good = found.filter(({ address }) => mayCall(address, allowPrivate, refusals));
      const [first] = good;
      if (first === undefined) return callback(refusals[0] ?? new PrivateAddress(), []);
      if (options.all) return callback(null, good);
      return callback(null, first.address, first.family);
    });
  };
}

function mayCall(address: LookupAddress["address"], allowPrivate: boolean, refusals: Error[]) {
  try {
    checkAddress(address, allowPrivate);
    return true;
  } catch (error) {
    refusals.push(error as Error);
    return false;
  }
}
