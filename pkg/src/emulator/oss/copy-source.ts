/** The object a copy reads, and which bytes of it: `x-oss-copy-source` and its siblings. */
import { header } from "../exchange.ts";
import type { ObjectMetadata } from "../store/objects.ts";
import { MAX_PART } from "../store/uploads.ts";
import { etagMatches, readDate, wholeSeconds } from "./conditional.ts";
import { withinLimit } from "./conditions.ts";
import { invalidArgument, noSuchKey, OssError } from "./errors.ts";
import type { OssRequest } from "./service.ts";

/** `end` is exclusive. */
export type CopySource = { object: ObjectMetadata; start: number; end: number };

export async function copySource(request: OssRequest): Promise<CopySource> {
  const { world, exchange } = request;
  const text = header(exchange, "x-oss-copy-source") ?? "";
  const { bucket, key } = parse(text);
  if (bucket !== world.settings.bucket) {
    throw new OssError(404, "NoSuchBucket", "The specified bucket does not exist.", [
      ["BucketName", bucket],
    ]);
  }
  const object = await world.objects.find(bucket, key);
  if (!object) throw noSuchKey(key);
  checkConditions(request, object);
  const { start, end } = readRange(header(exchange, "x-oss-copy-source-range"), object.size);
  withinLimit(Math.min(end - start, MAX_PART + 1));
  return { object, start, end };
}

/** `/bucket/key`, the key percent-encoded; a version is not known here. */
function parse(text: string): { bucket: string; key: string } {
  const match = /^\/?([^/?]+)\/([^?]+)(?:\?.*)?$/.exec(text);
  try {
    if (match) {
      return { bucket: match[1] ?? "", key: decodeURIComponent(match[2] ?? "") };
    }
  } catch {}
  throw invalidArgument("x-oss-copy-source", text, "The copy source must be /bucket/object.");
}

function checkConditions({ exchange }: OssRequest, object: ObjectMetadata): void {
  const condition = (name: string) => header(exchange, `x-oss-copy-source-${name}`);
  const failed = (name: string) =>
    new OssError(
      412,
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold.",
      [["Condition", `x-oss-copy-source-${name}`]],
    );
  const match = condition("if-match");
  if (match !== undefined && !etagMatches(match, object.etag)) throw failed("if-match");
  const none = condition("if-none-match");
  if (none !== undefined && etagMatches(none, object.etag)) throw failed("if-none-match");
  const modified = wholeSeconds(object.modified);
  const unmodifiedSince = readDate(condition("if-unmodified-since"));
  if (unmodifiedSince !== undefined && modified > wholeSeconds(unmodifiedSince)) {
    throw failed("if-unmodified-since");
  }
  const modifiedSince = readDate(condition("if-modified-since"));
  if (modifiedSince !== undefined && modified <= wholeSeconds(modifiedSince)) {
    throw failed("if-modified-since");
  }
}

/** Without a range the whole object; one that reaches beyond it is refused. */
function readRange(text: string | undefined, size: number): { start: number; end: number } {
  if (text === undefined) return { start: 0, end: size };
  const match = /^bytes=(\d+)-(\d+)$/.exec(text.trim());
  const start = Number(match?.[1]);
  const end = Number(match?.[2]) + 1;
  if (match && start < end && end <= size) return { start, end };
  throw invalidArgument(
    "x-oss-copy-source-range",
    text,
    `The range must be bytes=first-last within the ${size} bytes of the source.`,
  );
}
