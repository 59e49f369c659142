// Every check, one after the other, each named and timed: `make test`, or `make test ONLY="rust host"` for some.
// The first failure ends the run (`--keep-going` goes on); what was not run is said at the end.
// Whatever a step prints and leaves is searched for every secret that the suites use: one that is told is a failure.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installChromium } from "./support/chromium.ts";
import { IN_OUTPUT, Records, type Searched } from "./support/records.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const ci = Boolean(process.env.CI);

interface Step {
  /** What is checked, as a person would say it. */
  name: string;
  /** `make test ONLY=<group>` runs the steps of a group. */
  group: string;
  command: readonly string[];
  cwd?: string;
  /** Without this file or folder, or anything that matches this glob, the step fails: nothing is silently left out. */
  needs?: string;
  /** A reason not to run, on this machine. */
  skip?: () => string | undefined;
  /** Kinds of secrets that it shows on purpose. */
  shows?: readonly string[];
  /** What a failure usually means. */
  hint?: string;
}

/** Made by `make build`, and committed so that a change of them is seen in review. */
const GENERATED = [
  "pkg/src/wasm/core.d.ts",
  "pkg/src/options.gen.ts",
  "pkg/src/codes.gen.ts",
  "docs/options.md",
  "docs/errors.md",
];

/** By its package: others of other versions lie beside it, and which one is called `tsc` is npm's to say. */
const TSC = "node_modules/typescript/bin/tsc";

const locked = ci ? ["--locked"] : [];

/** Files side by side: most of the time they wait, for sources that are slow on purpose, for backoff, for a process to start. */
const tests = (files: string, sideBySide = 3): string[] => [
  ...["node", "--test", `--test-concurrency=${sideBySide}`, "--test-reporter=spec", files],
];

const steps: readonly Step[] = [
  {
    name: "Rust is formatted",
    group: "lint",
    command: ["cargo", "fmt", "--all", "--check"],
    hint: "`make fmt` formats it",
  },
  {
    name: "TypeScript is formatted and linted",
    group: "lint",
    command: ["biome", ci ? "ci" : "check", "--error-on-warnings", "."],
    hint: "`make fmt` repairs most of it",
  },
  { name: "types of package and tests", group: "lint", command: ["node", TSC, "--noEmit"] },
  {
    name: "types of the Worker",
    group: "lint",
    command: ["node", TSC, "--noEmit", "-p", "worker"],
    needs: "worker/src/*.ts*",
  },
  {
    name: "types of the dashboard",
    group: "lint",
    command: ["node", TSC, "--noEmit", "-p", "worker/tsconfig.dashboard.json"],
    needs: "worker/public/app/*.js",
  },
  {
    name: "what is generated from the core is what is committed",
    group: "lint",
    command: ["git", "diff", "--exit-code", "--", ...GENERATED],
    needs: "pkg/src/wasm/core.d.ts",
    skip: () => (existsSync(join(root, ".git")) ? undefined : "this is not a git checkout"),
    hint: `the core's interface or what it declares has changed: if that is meant, \`git add ${GENERATED.join(" ")}\``,
  },
  {
    name: "clippy",
    group: "lint",
    command: ["cargo", "clippy", "--workspace", "--all-targets", ...locked, "--", "-D", "warnings"],
  },
  {
    name: "clippy on the door to JavaScript",
    group: "lint",
    command: [
      "cargo",
      "clippy",
      "--package=vodlift",
      "--lib",
      "--target=wasm32-unknown-unknown",
      ...locked,
      "--",
      "-D",
      "warnings",
      // What wasm-bindgen exports must be `pub`, though no other crate can reach it.
      "-A",
      "unreachable-pub",
    ],
    skip: noWasmTarget,
  },
  {
    name: "clippy on the feature `web`, and the example Worker in Rust",
    group: "lint",
    command: [
      "cargo",
      "clippy",
      "--package=vodlift",
      "--package=rust-worker",
      "--package=web-harness",
      "--lib",
      "--features=vodlift/web",
      "--target=wasm32-unknown-unknown",
      ...locked,
      "--",
      "-D",
      "warnings",
    ],
    skip: noWasmTarget,
  },
  {
    name: "the feature `web` is nothing elsewhere than in wasm",
    group: "lint",
    command: [
      "cargo",
      "clippy",
      "--package=vodlift",
      "--all-targets",
      "--features=web",
      ...locked,
      "--",
      "-D",
      "warnings",
    ],
  },
  {
    name: "the core's documentation",
    group: "lint",
    command: ["cargo", "rustdoc", "--package=vodlift", "--lib", ...locked, "--", "-D", "warnings"],
  },
  {
    name: "the documentation of the feature `web`",
    group: "lint",
    command: [
      "cargo",
      "rustdoc",
      "--package=vodlift",
      "--lib",
      "--features=web",
      "--target=wasm32-unknown-unknown",
      ...locked,
      "--",
      "-D",
      "warnings",
    ],
    skip: noWasmTarget,
  },
  {
    name: "what the lock files bring in: licences, sources, known vulnerabilities",
    group: "lint",
    command: ["node", "supply-chain/check.ts"],
  },
  {
    name: "the package is well-formed (publint)",
    group: "package",
    command: ["publint", "--strict", "pkg"],
  },
  {
    name: "the package's types resolve (attw)",
    group: "package",
    command: ["attw", "--pack", "pkg", "--profile", "esm-only"],
  },
  {
    name: "the packed package, and what the core may import",
    group: "package",
    command: tests("tests/package/*.test.ts", 1),
    needs: "tests/package/*.test.ts",
  },
  {
    name: "Rust tests",
    group: "rust",
    command: ["cargo", "test", "--workspace", ...locked],
    needs: "src/lib.rs",
  },
  {
    name: "host, driver and CLI tests",
    group: "host",
    command: tests("tests/host/**/*.test.ts"),
    needs: "tests/host/**/*.test.ts",
  },
  {
    name: "emulator tests",
    group: "emulator",
    command: tests("tests/emulator/**/*.test.ts"),
    needs: "tests/emulator/**/*.test.ts",
  },
  {
    name: "Worker tests",
    group: "worker",
    command: tests("tests/worker/**/*.test.ts", 4),
    needs: "tests/worker/**/*.test.ts",
  },
  {
    name: "the ingest handler, on Node, Deno, Bun and as functions",
    group: "handler",
    command: tests("tests/handler/**/*.test.ts"),
    needs: "tests/handler/**/*.test.ts",
  },
  {
    name: "the example Worker in Rust builds",
    group: "rust-worker",
    command: ["cargo", "run", "--quiet", "--package=xtask", "--", "rust-worker"],
  },
  {
    name: "what its tests call builds",
    group: "rust-worker",
    command: ["cargo", "run", "--quiet", "--package=xtask", "--", "web-harness"],
  },
  {
    name: "the driver in Rust, and a Worker on it",
    group: "rust-worker",
    command: tests("tests/rust-worker/**/*.test.ts"),
    needs: "tests/rust-worker/**/*.test.ts",
  },
  {
    name: "the dashboard in Chromium",
    group: "browser",
    // A file at a time: two browsers on a small machine only wait for each other.
    command: tests("tests/browser/*.test.ts", 1),
    needs: "tests/browser/*.test.ts",
    skip: noChromium,
  },
  {
    name: "the dashboard in Chromium, on the Worker itself",
    group: "browser",
    command: ["env", "DASHBOARD=worker", ...tests("tests/browser/{ingests,login}.test.ts", 1)],
    skip: noChromium,
  },
  {
    name: "official clients against the emulator",
    group: "conformance",
    command: ["node", "tests/conformance/run.ts"],
    needs: "tests/conformance/run.ts",
  },
  {
    name: "the demo",
    group: "demo",
    command: ["node", "demo/demo.ts"],
    needs: "demo/demo.ts",
    // Whoever watches the demo logs in with it.
    shows: ["a bearer token"],
  },
  {
    name: "the benchmark runs: its smallest, for whether its answers are right",
    group: "bench",
    command: [
      "node",
      "bench/run.ts",
      "--size=4MiB",
      "--rounds=1",
      "--seconds=0.2",
      "--results=target/bench",
      // Attacks take minutes; tests/worker/starvation.test.ts holds what bounds them.
      "uploads",
      "reads",
    ],
    needs: "bench/run.ts",
  },
];

interface Result {
  step: Step;
  state: "ok" | "failed" | "skipped";
  seconds: number;
  /** Tests that the step's own runner counted, or the step itself as one. */
  passed: number;
  failed: number;
  skipped: number;
  note: string;
}

const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const keepGoing = process.argv.includes("--keep-going");
const groups = new Set(steps.map((step) => step.group));
for (const word of wanted) {
  if (!groups.has(word)) {
    console.error(`error: no checks are called ${word}; there are ${[...groups].join(", ")}`);
    process.exit(2);
  }
}

const results: Result[] = [];
for (const step of steps.filter((step) => !wanted.length || wanted.includes(step.group))) {
  const broken = results.some((result) => result.state === "failed") && !keepGoing;
  const result = broken ? skipped(step, "not run after the failure above") : await run(step);
  results.push(result);
}
report();

async function run(step: Step): Promise<Result> {
  const reason = step.skip?.();
  if (reason) {
    console.log(`· ${step.name} … skipped: ${reason}`);
    return skipped(step, reason);
  }
  if (step.needs && globSync(step.needs, { cwd: root }).length === 0) {
    console.log(`· ${step.name} … failed: there is no ${step.needs}`);
    return {
      ...skipped(step, `there is no ${step.needs}`),
      state: "failed",
      failed: 1,
      skipped: 0,
    };
  }
  process.stdout.write(`· ${step.name} … `);
  const started = performance.now();
  const records = new Records();
  const { code, output } = await execute(step, records);
  const searched = records.close(output, step.shows);
  const seconds = (performance.now() - started) / 1000;
  const counts = count(output);
  if (code === 0 && searched.told.length === 0) {
    const tests = counts.passed ? `${counts.passed} passed, ` : "";
    console.log(`${tests}${seconds.toFixed(1)} s`);
    for (const line of skips(output)) console.log(`    skipped: ${line}`);
    if (searched.secrets > 0) console.log(`    ${searchedText(searched)}`);
    return {
      step,
      state: "ok",
      seconds,
      passed: counts.passed || 1,
      failed: 0,
      skipped: counts.skipped,
      note: "",
    };
  }
  console.log(`failed after ${seconds.toFixed(1)} s\n`);
  // What tells a secret is not printed once more.
  if (!searched.told.some((line) => line.endsWith(IN_OUTPUT))) console.log(output.trimEnd());
  for (const line of searched.told) console.log(`error: ${line}`);
  console.log(`\nerror: this check failed: ${step.name}${step.hint ? `; ${step.hint}` : ""}`);
  console.log(`       again, alone: make test ONLY=${step.group}\n`);
  return {
    step,
    state: "failed",
    seconds,
    ...counts,
    failed: counts.failed || 1,
    note: step.hint ?? "",
  };
}

function searchedText({ secrets, files, bytes, told }: Searched): string {
  const mib = (bytes / 1024 ** 2).toFixed(1);
  return `searched ${mib} MiB, of its output and ${files} files, for ${secrets} secrets: ${told.length || "none"} told`;
}

function execute(step: Step, records: Records): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const [program = "", ...args] = step.command;
    const child = spawn(program, args, {
      cwd: step.cwd ?? root,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        NO_COLOR: "1",
        FORCE_COLOR: undefined,
        WRANGLER_SEND_METRICS: "false",
        ...records.env(),
      },
    });
    const pieces: Buffer[] = [];
    child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
    child.stderr.on("data", (piece: Buffer) => pieces.push(piece));
    child.on("error", (error) =>
      resolve({ code: -1, output: `cannot start ${program}: ${error.message}` }),
    );
    child.on("close", (code) => resolve({ code, output: Buffer.concat(pieces).toString("utf8") }));
  });
}

/** The wasm may have been built by Debian's compiler, which brings no clippy; then rustup's has no wasm target. */
function noWasmTarget(): string | undefined {
  const rustc = ["--print", "target-libdir", "--target", "wasm32-unknown-unknown"];
  const folder = execFileSync("rustc", rustc, { encoding: "utf8" }).trim();
  return existsSync(folder) ? undefined : "the toolchain on PATH has no wasm target";
}

/** The tests themselves only look for it; here it is installed where that is possible. */
function noChromium(): string | undefined {
  const found = installChromium();
  return "missing" in found ? found.missing : undefined;
}

/** The counts that cargo test, node --test and our own scripts close with. */
function count(output: string): Pick<Result, "passed" | "failed" | "skipped"> {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const add = (key: keyof typeof sum, pattern: RegExp) => {
    for (const match of output.matchAll(pattern)) sum[key] += Number(match[1]);
  };
  add("passed", /^test result: \w+\. (\d+) passed/gm);
  add("failed", /^test result: .* (\d+) failed/gm);
  add("skipped", /^test result: .* (\d+) ignored/gm);
  add("passed", /^ℹ pass (\d+)$/gm);
  add("failed", /^ℹ (?:fail|cancelled) (\d+)$/gm);
  add("skipped", /^ℹ (?:skipped|todo) (\d+)$/gm);
  add("passed", /^(?:\w+: )?(\d+) passed, \d+ failed/gm);
  add("failed", /^(?:\w+: )?\d+ passed, (\d+) failed/gm);
  add("skipped", /^(?:\w+: )?\d+ passed, \d+ failed, (\d+) skipped/gm);
  return sum;
}

/** What a runner left out, with its reasons: as `node --test` says it, and as our own scripts do. */
function skips(output: string): string[] {
  const node = output.matchAll(/^\s*﹣ (.*?)(?: \([\d.]+ms\))? # (.*)$/gm);
  const own = output.matchAll(/^# (.*): skipped, (.*)$/gm);
  return [...node, ...own].map((match) => `${match[1]}: ${match[2]}`);
}

function skipped(step: Step, note: string): Result {
  return { step, state: "skipped", seconds: 0, passed: 0, failed: 0, skipped: 1, note };
}

function report(): void {
  const width = Math.max(...results.map(({ step }) => step.name.length));
  console.log("\nSummary");
  for (const { step, state, seconds, note } of results) {
    const time = state === "skipped" ? "" : `${seconds.toFixed(1)} s`;
    console.log(
      `  ${step.name.padEnd(width)}  ${state.padEnd(7)}  ${time.padStart(7)}  ${note}`.trimEnd(),
    );
  }
  const total = (key: "passed" | "failed" | "skipped"): number =>
    results.reduce((sum, result) => sum + result[key], 0);
  const left = total("skipped") ? `, ${total("skipped")} skipped` : "";
  console.log(`\n${total("passed")} passed, ${total("failed")} failed${left}`);
  process.exitCode = total("failed") ? 1 : 0;
}
