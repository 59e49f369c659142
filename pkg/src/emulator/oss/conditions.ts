/** Rules several writing operations share: announced length, Content-MD5, overwriting. */
import { contentLength, type Exchange, header } from "../exchange.ts";
import type { Digest } from "../store/receive.ts";
import { MAX_PART } from "../store/uploads.ts";
import type { World } from "../world.ts";
import { OssError } from "./errors.ts";

/** The announced length of a body that may not be chunked. */
export function requiredLength(exchange: Exchange): number {
  const length = contentLength(exchange);
  if (length === undefined) {
    throw new OssError(
      411,
      "MissingContentLength",
      "You must provide the Content-Length HTTP header.",
    );
  }
  return withinLimit(length);
}

/** The announced length, or undefined for a chunked body, which PutObject takes. */
export function lengthOrChunked(exchange: Exchange): number | undefined {
  if (header(exchange, "transfer-encoding") !== undefined) return undefined;
  return requiredLength(exchange);
}

export function withinLimit(length: number): number {
  if (length <= MAX_PART) return length;
  throw new OssError(
    400,
    "EntityTooLarge",
    "Your proposed upload exceeds the maximum allowed size.",
    [
      ["MaxSizeAllowed", MAX_PART],
      ["ProposedSize", length],
    ],
  );
}

/** Refuses a malformed Content-MD5 before the body is read; the result checks the body's own. */
export function md5Check(exchange: Exchange): (digest: Pick<Digest, "md5">) => void {
  const announced = header(exchange, "content-md5");
  if (announced === undefined) return () => {};
  const expected = Buffer.from(announced, "base64");
  const refuse = () =>
    new OssError(
      400,
      "InvalidDigest",
      "The Content-MD5 you specified did not match what we received.",
      [["Content-MD5", announced]],
    );
  if (expected.length !== 16) throw refuse();
  return (digest) => {
    if (!digest.md5.equals(expected)) throw refuse();
  };
}

export async function checkOverwrite(
  world: World,
  exchange: Exchange,
  bucket: string,
  key: string,
): Promise<void> {
  if (header(exchange, "x-oss-forbid-overwrite")?.toLowerCase() !== "true") return;
  if (!(await world.objects.find(bucket, key))) return;
  throw new OssError(
    409,
    "FileAlreadyExists",
    "The object you specified already exists and can not be overwritten.",
    [
      ["Bucket", bucket],
      ["Key", key],
    ],
  );
}
