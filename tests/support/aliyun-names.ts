// Imported for what it does: in this process every name below aliyuncs.com leads to loopback, where an emulator may listen.
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const lookup = dns.lookup as (name: string, ...rest: unknown[]) => void;
const here = (name: string, ...rest: unknown[]) =>
  lookup(name.endsWith(".aliyuncs.com") ? "127.0.0.1" : name, ...rest);

Object.assign(dns, { lookup: here });
syncBuiltinESMExports();
