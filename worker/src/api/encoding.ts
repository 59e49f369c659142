// Content-Encoding of a request: what is known is undone, the rest is refused. A coded body stored as it came would be no video.
import type { Trouble } from "./problem.ts";

type Coding = ConstructorParameters<typeof DecompressionStream>[0];

const FORMATS: Readonly<Record<string, Coding>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
};
/** Said by some clients of a body that is not coded at all. */
const PLAIN: ReadonlySet<string> = new Set(["", "identity", "none", "binary", "aws-chunked"]);
/** Codings over one another; more than these are no honest request. */
const MOST = 2;

/** The codings of a body, first applied first; or what is not known of them. */
export function codingsOf(header: string | undefined): Coding[] | Trouble {
  const names = (header ?? "").split(",").map((name) => name.trim().toLowerCase());
  const codings = names.filter((name) => !PLAIN.has(name));
  const formats = codings.map((name) => (Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined));
  const known = formats.filter((format) => format !== undefined);
  if (known.length === codings.length && known.length <= MOST) return known;
  return {
    code: "content_encoding_unsupported",
    message: "the body's Content-Encoding is none that this address takes",
    hint: "Send the body as it is, or as gzip or deflate where a file is uploaded.",
    field: "Content-Encoding",
  };
}

/** The body without its codings. A broken one fails while it is read. */
export function decoded(
  body: ReadableStream<Uint8Array>,
  codings: readonly Coding[],
): ReadableStream<Uint8Array> {
  return codings.reduceRight<ReadableStream<Uint8Array>>(
    (stream, format) =>
      stream.pipeThrough(
        new DecompressionStream(format) as ReadableWritablePair<Uint8Array, Uint8Array>,
      ),
    body,
  );
}
