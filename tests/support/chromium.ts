// Where Chromium is; none of its own is downloaded.
import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const PLACES = [
  "/usr/bin",
  "/usr/local/bin",
  "/snap/bin",
  "/Applications/Google Chrome.app/Contents/MacOS",
  "/Applications/Chromium.app/Contents/MacOS",
];
/** An installation that hangs must not hang the tests. */
const PATIENCE = 5 * 60_000;

/** Quiet, and without a call to anybody. */
export const CHROMIUM_ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export type Found = { path: string } | { missing: string };

/** Chromium's path, or why there is none. */
export function findChromium(): Found {
  const path = process.env.CHROMIUM_PATH || lookUp();
  if (path === undefined) return { missing: "there is no Chromium; set CHROMIUM_PATH" };
  return runs(path) ? { path } : { missing: `CHROMIUM_PATH is no program: ${path}` };
}

/** The same, but where there is none, Debian's package is installed: as root, and if it does not take for ever. */
export function installChromium(): Found {
  const found = findChromium();
  if ("path" in found || process.env.CHROMIUM_PATH) return found;
  const problem = install();
  const installed = lookUp();
  if (installed !== undefined) return { path: installed };
  return { missing: `there is no Chromium (${problem}); set CHROMIUM_PATH` };
}

function lookUp(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...PLACES];
  const names = [...NAMES, "Google Chrome", "Chromium"];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(runs);
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Says why it could not be installed, or nothing. */
function install(): string {
  if (process.getuid?.() !== 0) return "only root could install it";
  if (!runs("/usr/bin/apt-get")) return "there is no apt-get to install it with";
  console.log("# installing Debian's package chromium, for the dashboard's tests");
  const deadline = Date.now() + PATIENCE;
  try {
    for (const args of [["update"], ["install", "--yes", "--no-install-recommends", "chromium"]]) {
      execFileSync("apt-get", ["--quiet", ...args], {
        stdio: "ignore",
        timeout: Math.max(1, deadline - Date.now()),
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
    }
    return "its package brought none";
  } catch {
    return "its package could not be installed";
  }
}
