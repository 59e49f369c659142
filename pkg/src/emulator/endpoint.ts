/** Under which address a client reaches the emulator. */
import { type Exchange, header } from "./exchange.ts";
import { percentEncodePath } from "./sign/text.ts";
import type { World } from "./world.ts";

/** Listening on every address, only the client knows which of them it can reach: the one it just used. */
export function endpointFor(world: World, exchange: Exchange): string {
  const everywhere = /^(https?):\/\/(0\.0\.0\.0|\[::\]):/.exec(world.endpoint);
  const host = header(exchange, "host");
  return everywhere && host !== undefined ? `${everywhere[1]}://${host}` : world.endpoint;
}

/** Where an object lies, unsigned. */
export function objectUrl(endpoint: string, object: { bucket: string; key: string }): string {
  return `${endpoint}/${object.bucket}/${percentEncodePath(object.key)}`;
}
