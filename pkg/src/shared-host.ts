// One host an isolate: its connections serve every upload. Nothing is made before the first one.

import { createHost } from "#host";
import { checkAddress } from "./core.ts";
import type { Host } from "./hosts/host.ts";

let shared: Host | undefined;

export function sharedHost(): Host {
  shared ??= createHost({ checkAddress });
  return shared;
}
