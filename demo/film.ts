// A real video, made on the spot: nobody's film, no licence, no download.
import { appendFile, stat, writeFile } from "node:fs/promises";
import { madeUp } from "../tests/support/origin.ts";
import { createEncoder } from "./h264.ts";

const WIDTH = 480;
const HEIGHT = 270;
const FRAMES = 72;

/** Writes three seconds of moving colours as H.264 in an MP4. */
export async function makeFilm(path: string): Promise<void> {
  const encoder = await createEncoder({ width: WIDTH, height: HEIGHT, frameRate: 24 });
  const pixels = new Uint8Array(WIDTH * HEIGHT * 4);
  for (let frame = 0; frame < FRAMES; frame += 1) {
    paint(pixels, frame);
    encoder.add(pixels);
  }
  await writeFile(path, encoder.finish());
}

function paint(pixels: Uint8Array, frame: number): void {
  for (let y = 0, at = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1, at += 4) {
      pixels[at] = x + 4 * frame;
      pixels[at + 1] = 2 * (y + frame);
      pixels[at + 2] = (x ^ y) + frame;
      pixels[at + 3] = 255;
    }
  }
}

/**
 * Writes the same film, `size` bytes long: the rest is one `free` box, which every player skips. What is in the box is
 * pseudo-random, so that no part of the upload is like another.
 */
export async function makeLongFilm(path: string, film: Uint8Array, size: number): Promise<void> {
  const box = size - film.length;
  if (box < 8 || box > 0xffff_ffff) throw new Error("a plain MP4 box holds 8 bytes to 4 GiB");
  const header = Buffer.alloc(8);
  header.writeUInt32BE(box, 0);
  header.write("free", 4, "latin1");
  await writeFile(path, Buffer.concat([film, header]));
  await appendFile(path, madeUp(box - header.length, "free").read(0, box - header.length));
  const written = (await stat(path)).size;
  if (written !== size) throw new Error(`${path} should hold ${size} bytes and holds ${written}`);
}
