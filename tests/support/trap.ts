// Lets the core trap, really, in the middle of an upload: in any runtime.
import { memoryCheckpoint, Vodlift, type VodliftOptions } from "../../pkg/src/index.ts";
import { core } from "../../pkg/src/wasm/index.ts";

/**
 * The upload that begins next traps when it hears of this for the so-and-so-many-th time.
 *
 * @param then Called just before.
 * @returns What takes that back, where it has not come so far.
 */
export function trapNext(event = '"transferred"', nth = 3, then = () => {}): () => void {
  const { Upload } = core();
  const { handle } = Upload.prototype;
  let victim: unknown;
  let heard = 0;
  const restore = () => {
    Upload.prototype.handle = handle;
  };
  Upload.prototype.handle = function (told: string, now: number) {
    victim ??= this;
    if (this === victim && told.includes(event)) heard += 1;
    if (this !== victim || heard < nth) return handle.call(this, told, now);
    restore();
    then();
    return handle.call({ __wbg_ptr: 0xfffffff0 } as never, told, now);
  };
  return restore;
}

/** What the film of this number holds. */
export function film(number: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 500_000 }, (_, at) => (at * 31 + number * 7 + (at >> 8)) & 0xff);
}

/** What became of an upload. */
export interface End {
  code?: string | undefined;
  hint?: string | undefined;
  bucket?: string | undefined;
  objectKey?: string | undefined;
}

/**
 * Three uploads at once, the first of which traps and is resumed from its checkpoint, and one more without a checkpoint
 * that traps alone.
 */
export async function trappedAmongOthers(account: VodliftOptions): Promise<Record<string, End>> {
  const vod = new Vodlift(account);
  const checkpoint = memoryCheckpoint();
  const how = { fileName: "film.mp4", partSize: 102_400, concurrency: 1 };
  const ended = (work: Promise<End>) =>
    work.then(
      ({ bucket, objectKey }): End => ({ bucket, objectKey }),
      ({ code, hint }): End => ({ code, hint }),
    );
  trapNext();
  const [trapped = {}, second = {}, third = {}] = await Promise.all(
    [0, 1, 2].map((number) =>
      ended(vod.upload(film(number), { ...how, ...(number === 0 && { checkpoint }) })),
    ),
  );
  const resumed = await ended(vod.resume(checkpoint, { source: film(0) }));
  trapNext();
  const alone = await ended(vod.upload(film(3), how));
  return { trapped, second, third, resumed, alone };
}
