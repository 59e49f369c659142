/**
 * Which addresses the emulator calls on somebody's behalf: public ones, and private ones where that is switched on. The rules
 * are its own, by the registries of IANA: a mistake of the core's must not be one of its stand-in for the cloud as well.
 */
import { BlockList, isIP } from "node:net";
import type { Refusal } from "../hosts/guarded.ts";

/** Why an address is not called. */
export class PrivateAddress extends Error {
  constructor(why: string) {
    super(`its address is private: ${why}`);
  }
}

const SWITCH = "start the emulator with allowPrivate (--allow-private) to have it called";

/** Clouds tell a machine its role's keys there: no switch opens them. */
const METADATA = networks(
  "169.254.0.0/16",
  "100.100.100.200/32",
  "100.96.0.96/32",
  "168.63.129.16/32",
  "192.0.0.192/32",
  "fd00:ec2::/32",
  "fd20:ce::254/128",
  "fd00:42::42/128",
);

/** Addresses that lead through another network to one of IPv4: which, is not looked at. */
const TUNNELS = networks("64:ff9b:1::/48", "2001::/32", "2002::/16");

/** By this an address of IPv4 is reached where there is IPv6 alone. */
const NAT64 = networks("64:ff9b::/96");

const PRIVATE = networks(
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  // All but what is given out, 2000::/3, and what is special in that.
  "::/3",
  "4000::/2",
  "8000::/1",
  "2001::/23",
  "2001:db8::/32",
  "2620:4f:8000::/48",
  "3fff::/20",
);

/** Whether an address is called, and whether the switch changes that. */
export function refusalBy(allowPrivate: boolean): Refusal {
  return (address) => {
    const [zoneless = ""] = address.split("%");
    const ip = isIn(NAT64, zoneless) ? lastOf(zoneless) : zoneless;
    if (isIn(METADATA, ip) || isIn(TUNNELS, ip) || carriesMetadata(ip)) {
      return new PrivateAddress("it may be a cloud's metadata");
    }
    return allowPrivate || !isIn(PRIVATE, ip) ? undefined : new PrivateAddress(SWITCH);
  };
}

/** Some hosts have their metadata service at an address of IPv6 that holds the one of IPv4. */
function carriesMetadata(ip: string): boolean {
  if (isIP(ip) !== 6) return false;
  return isIn(METADATA, lastOf(ip)) || groupsOf(ip).includes("a9fe");
}

/** The address of IPv4 in the last 32 bits. */
function lastOf(ip: string): string {
  const [high = 0, low = 0] = groupsOf(ip)
    .slice(-2)
    .map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Its eight groups, however it is spelled. */
function groupsOf(ip: string): string[] {
  const spelled = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const [before = [], after = []] = spelled
    .split("::")
    .map((part) => part.split(":").filter(Boolean));
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after];
}

/** A list of each kind: one of both takes an address of IPv4 for one of IPv6, too. */
type Networks = Record<"ipv4" | "ipv6", BlockList>;

function kindOf(ip: string): keyof Networks {
  return ip.includes(":") ? "ipv6" : "ipv4";
}

function isIn(networks: Networks, ip: string): boolean {
  return networks[kindOf(ip)].check(ip, kindOf(ip));
}

function networks(...all: string[]): Networks {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const one of all) {
    const [address = "", prefix] = one.split("/");
    lists[kindOf(address)].addSubnet(address, Number(prefix), kindOf(address));
  }
  return lists;
}
