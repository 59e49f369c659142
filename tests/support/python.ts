// Python tools that judge ours, each set in a virtual environment of its own.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes a virtual environment, once for each content of its requirements; says why when it cannot be made. */
export function prepareVenv(venv: string, requirementsFile: string): string | undefined {
  const requirements = readFileSync(requirementsFile, "utf8");
  const stamp = join(venv, "requirements.installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === requirements) return undefined;
  console.log(`Installing ${requirementsFile} into ${venv} (once) …`);
  const python = join(venv, "bin", "python");
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  const steps = [
    ["python3", "-m", "venv", venv],
    [python, ...install, "-r", requirementsFile],
  ];
  for (const [command = "", ...args] of steps) {
    const { status, error, stderr } = spawnSync(command, args, { encoding: "utf8" });
    if (error) return `${command} cannot be run (${error.message})`;
    if (status !== 0) {
      const why = stderr.trim().split("\n").at(-1);
      return `\`${command} ${args.slice(0, 3).join(" ")}\` failed: ${why}`;
    }
  }
  writeFileSync(stamp, requirements);
  return undefined;
}
