// A body that says something: it ends at its limit, and is not waited for forever.
import { PayloadTrouble } from "./problem.ts";

/** How long it may take to arrive. */
const PATIENCE_MS = 30_000;

/** Reads nothing before it is asked to, no more than this many bytes, and for no longer than it has patience. */
export function bounded(
  body: ReadableStream<Uint8Array>,
  most: number,
  patienceMs = PATIENCE_MS,
): ReadableStream<Uint8Array> {
  // Not locked before it is asked for: what no route reads is left to be dropped.
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let left = most;
  let end: number | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= body.getReader();
        end ??= Date.now() + patienceMs;
        const { done, value } = await inTime(reader, end - Date.now());
        if (done) return controller.close();
        left -= value.byteLength;
        if (left < 0) {
          await reader.cancel();
          throw tooLargeError(most);
        }
        controller.enqueue(value);
      },
      cancel: (reason) => (reader ?? body).cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

async function inTime(reader: ReadableStreamDefaultReader<Uint8Array>, ms: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PayloadTrouble(408, TOO_SLOW));
      // What still comes of it is not taken.
      reader.cancel().catch(() => {});
    }, ms);
  });
  return Promise.race([late, reader.read()]).finally(() => clearTimeout(timer ?? null));
}

const TOO_SLOW = {
  code: "body_too_slow",
  message: `the body took longer than ${PATIENCE_MS / 1000} seconds`,
  hint: "Send it at once.",
};

export function tooLargeError(most: number): PayloadTrouble {
  return new PayloadTrouble(413, {
    code: "body_too_large",
    message: `the body ends at ${most} bytes`,
    hint: "Pass the URL of the media, not the media; split large batches.",
  });
}
