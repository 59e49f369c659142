// One host an isolate: its connections serve every upload. Nothing is made before the first one. A client with a way of its
// own has a host of its own.

import { createHost } from "#host";
import { checkAddress } from "./core.ts";
import type { Host, Route } from "./hosts/host.ts";

let shared: Host | undefined;

export function sharedHost(): Host {
  shared ??= createHost({ checkAddress });
  return shared;
}

export function hostBy(route: Route | undefined): Host {
  return route === undefined ? sharedHost() : createHost({ checkAddress }, route);
}
