// ffmpeg and ffprobe: those that are there, or Debian's.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** Two minutes are enough for a slow mirror; a test that waits longer tells nobody anything. */
const PATIENCE_MS = 120_000;

/** Why there is no ffmpeg, or nothing when there is. As root on Debian it is installed first. */
export function noFfmpeg(): string | undefined {
  if (isThere()) return undefined;
  if (process.getuid?.() !== 0 || !answers("apt-get", "--version")) {
    return "ffmpeg is not installed, and only root can install Debian's: apt-get install ffmpeg";
  }
  apt("update");
  const said = apt("install", "--yes", "--no-install-recommends", "ffmpeg");
  if (isThere()) return undefined;
  return `ffmpeg is not installed, and apt-get could not install it: ${said}`;
}

/** Runs ffmpeg or ffprobe; says what it printed. It must find nothing to complain of. */
export function run(program: "ffmpeg" | "ffprobe", ...args: string[]): string {
  const quiet = ["-hide_banner", "-loglevel", "error"];
  const { status, stdout, stderr } = spawnSync(program, [...quiet, ...args], { encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""], `${program} ${args.join(" ")}`);
  return stdout.trim();
}

/**
 * The pictures of a film that may have gaps: how many, and a hash over all of them. Runs beside what serves it. ffmpeg may
 * complain about a gap, and must come to the end.
 */
export async function pictures(at: string): Promise<{ frames: number; md5: string }> {
  const video = ["-select_streams", "v:0", "-count_frames"];
  const count = ["-show_entries", "stream=nb_read_frames", "-of", "default=nk=1:nw=1"];
  const [frames] = (await output("ffprobe", ...video, ...count, at)).split("\n");
  const hash = ["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "md5", "-"];
  return { frames: Number(frames), md5: await output("ffmpeg", "-i", at, ...hash) };
}

async function output(program: "ffmpeg" | "ffprobe", ...args: string[]): Promise<string> {
  const quiet = ["-hide_banner", "-loglevel", "error"];
  const child = spawn(program, [...quiet, ...args], { timeout: PATIENCE_MS });
  const [out, err] = [text(child.stdout), text(child.stderr)];
  const [status] = await once(child, "close");
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${await err}`);
  return (await out).trim();
}

function isThere(): boolean {
  return answers("ffmpeg", "-version") && answers("ffprobe", "-version");
}

function answers(program: string, flag: string): boolean {
  return spawnSync(program, [flag]).status === 0;
}

function apt(...args: string[]): string {
  const { error, stderr } = spawnSync("apt-get", ["--quiet", ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    encoding: "utf8",
    timeout: PATIENCE_MS,
  });
  return error?.message ?? stderr?.trim().split("\n").at(-1) ?? "";
}
