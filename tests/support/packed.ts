// The package as npm would publish it.
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const pkg = fileURLToPath(new URL("../../pkg", import.meta.url));

/** Packs it into `folder`, and unpacks it as `place`, as an installation would. */
export async function installPacked(folder: string, place: string): Promise<void> {
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await run("npm", pack, { cwd: pkg });
  await mkdir(place, { recursive: true });
  await run("tar", ["-xzf", stdout.trim(), "-C", place, "--strip-components=1"], { cwd: folder });
}
