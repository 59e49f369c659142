// The encoder package, with types for the little we use of it: its own do not resolve in a strict ESM project.
import { createRequire } from "node:module";

interface Native {
  width: number;
  height: number;
  frameRate: number;
  quantizationParameter: number;
  outputFilename: string;
  initialize(): void;
  addFrameRgba(pixels: Uint8Array): void;
  finalize(): void;
  delete(): void;
  FS: { readFile(path: string): Uint8Array };
}

interface Package {
  createH264MP4Encoder(): Promise<Native>;
}

export interface Encoder {
  /** One frame, RGBA. */
  add(pixels: Uint8Array): void;
  /** The MP4. */
  finish(): Uint8Array;
}

export async function createEncoder(film: {
  width: number;
  height: number;
  frameRate: number;
}): Promise<Encoder> {
  const { createH264MP4Encoder } = createRequire(import.meta.url)("h264-mp4-encoder") as Package;
  const native = await createH264MP4Encoder();
  Object.assign(native, film, { quantizationParameter: 28, outputFilename: "film.mp4" });
  native.initialize();
  return {
    add: (pixels) => native.addFrameRgba(pixels),
    finish() {
      native.finalize();
      const mp4 = native.FS.readFile(native.outputFilename);
      native.delete();
      return mp4;
    },
  };
}
