/** `partNumber`: 1 to 10,000, and in a sequential upload the one whose turn it is. */
import { queryValue } from "../exchange.ts";
import { MAX_PARTS, type Upload } from "../store/uploads.ts";
import { invalidArgument, OssError } from "./errors.ts";
import type { OssRequest } from "./service.ts";

export function partNumber({ world, exchange }: OssRequest, upload: Upload): number {
  const text = queryValue(exchange, "partNumber") ?? "";
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MAX_PARTS) {
    throw invalidArgument(
      "partNumber",
      text,
      "Part number must be an integer between 1 and 10000, inclusive.",
    );
  }
  const last = world.uploads.parts(upload.id).at(-1)?.number ?? 0;
  if (upload.sequential && number !== last && number !== last + 1) {
    throw new OssError(409, "PartNotSequential", "The part is not the next one of its upload.", [
      ["PartNumber", number],
    ]);
  }
  return number;
}
