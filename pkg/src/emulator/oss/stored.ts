/** What follows a stored object: VOD notices it, and the uploader's callback decides what is answered. */
import { endpointFor } from "../endpoint.ts";
import type { Answer, Exchange } from "../exchange.ts";
import type { Unpublished } from "../store/objects.ts";
import type { World } from "../world.ts";
import { type Callback, performCallback } from "./callback.ts";

export async function answerStored(
  world: World,
  exchange: Exchange,
  object: Unpublished,
  callback: Callback | undefined,
  plain: Answer,
): Promise<Answer> {
  world.events.objectStored(world, object, endpointFor(world, exchange));
  return callback ? performCallback(world, exchange, callback, object, plain) : plain;
}
