// Content-Encoding of a request: what is known is undone, the rest is refused. A coded body stored as it came would be no video.
import type { Trouble } from "./problem.ts";
import type { Failure } from "./schema.ts";

type Coding = ConstructorParameters<typeof DecompressionStream>[0];

const FORMATS: Readonly<Record<string, Coding>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
};
/** Said by some clients of a body that is not coded at all. */
const PLAIN: ReadonlySet<string> = new Set(["", "identity", "none", "binary", "aws-chunked"]);
/** Codings over one another: two multiply what little text becomes, and no honest request has them. */
const MOST = 1;

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

/** A body without its codings. */
export interface Decoded {
  body: ReadableStream<Uint8Array>;
  /** Why reading it has failed, if a coding was not what it was said to be. */
  broken(): Failure | undefined;
}

export function decoded(body: ReadableStream<Uint8Array>, codings: readonly Coding[]): Decoded {
  let broken: Failure | undefined;
  const undo = (coded: ReadableStream<Uint8Array>, coding: Coding) =>
    undone(coded, coding, () => {
      broken ??= brokenOf(coding);
    });
  return { body: codings.reduceRight(undo, body), broken: () => broken };
}

function brokenOf(coding: Coding): Failure {
  return {
    code: "source_encoded",
    message: `\`Content-Encoding\` says ${coding}, but the body is none, is damaged or cut short, or goes on behind its end`,
    hint: "Send the file as it is, or all of it as one gzip or deflate body.",
    retryable: false,
  };
}

/** Coded bytes that are undone at once: they become 8 MiB at most. */
const SLICE = 8 * 1024;

/**
 * Undoes a coding slice by slice, as it is read. workerd's own stream undoes all that there is at once, whoever reads it how
 * fast: 2 MB that become 2 GB would take the memory for all of it.
 */
function undone(
  body: ReadableStream<Uint8Array>,
  format: Coding,
  onBroken: () => void,
): ReadableStream<Uint8Array> {
  const coded = body.getReader();
  const { readable, writable } = new DecompressionStream(format);
  const [plain, writer] = [readable.getReader(), writable.getWriter()];
  let rest = new Uint8Array();
  let isFed = false;
  // A line that breaks fails where it is read, which says nothing of the coding.
  const fail = (error: unknown): never => {
    onBroken();
    throw error;
  };
  const feed = async (): Promise<true> => {
    if (rest.length === 0) {
      const { done, value } = await coded.read();
      isFed = done;
      rest = new Uint8Array(value ?? []);
    }
    const slice = rest.subarray(0, SLICE);
    rest = rest.subarray(SLICE);
    await (isFed ? writer.close() : writer.write(slice)).catch(fail);
    return true;
  };
  let feeding: Promise<true> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let read: ReadableStreamReadResult<Uint8Array> | undefined;
        const reading = plain.read().then((one) => {
          read = one;
        }, fail);
        while (read === undefined) {
          if (!isFed) feeding ??= feed();
          const fed = await Promise.race([reading, feeding ?? reading]);
          if (!fed) continue;
          feeding = undefined;
          // What this slice has become is read before the next one is undone.
          await Promise.race([reading, turn()]);
        }
        if (read.done) controller.close();
        else controller.enqueue(read.value);
      },
      async cancel(reason) {
        await Promise.allSettled([coded.cancel(reason), plain.cancel(reason)]);
      },
    },
    { highWaterMark: 0 },
  );
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
