// ffmpeg and ffprobe: those that are there, or Debian's.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

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
