/**
 * Official clients against the emulator: `node tests/conformance/run.ts [name …]`, or under other habits than the default
 * ones: `… [HABIT=VALUE …] [name …]`. Some checks are of a default, such as where objects lie.
 *
 * Each runner gets an emulator of its own and prints its checks and a closing line. The Python ones run in a virtual
 * environment under .cache/, made here from requirements.txt. Without Python 3 they are skipped, and that is said.
 */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Emulator, parseHabit, startEmulator } from "../support/emulator.ts";
import { prepareVenv } from "../support/python.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

type Runner = { name: string; command: () => string[]; python: boolean; tls?: true };
type Counts = { passed: number; failed: number; skipped: number };

const CALLBACK_KEY = "conformance";

const venv = join(root, ".cache", "venv");
const python = join(venv, "bin", "python");
const runners: readonly Runner[] = [
  ...["oss2_client", "voduploadsdk_client", "vod_api", "oss_v2_client"].map((name) => ({
    name,
    command: () => [python, join(here, "python", `${name}.py`)],
    python: true,
  })),
  {
    name: "presigned-oss2",
    command: () => [process.execPath, join(here, "presigned.ts"), python],
    python: true,
  },
  ...["ali-oss", "pop-core", "read-back", "presigned"].map((name) => ({
    name,
    command: () => [process.execPath, join(here, `${name}.ts`)],
    python: false,
  })),
];
/** Some of them once more, with the emulator on TLS and its authority trusted. */
const overTls = runners
  .filter(({ name }) => name === "oss2_client" || name === "pop-core")
  .map((runner): Runner => ({ ...runner, name: `${runner.name}-tls`, tls: true }));

const isHabit = (argument: string) => argument.includes("=");
const habits = Object.assign({}, ...process.argv.slice(2).filter(isHabit).map(parseHabit));
const wanted = process.argv.slice(2).filter((argument) => !isHabit(argument));

async function run(runner: Runner): Promise<Counts> {
  console.log(`\n# ${runner.name}`);
  await using emulator = await disposableEmulator(runner.tls ?? false);
  const { endpoint, accessKeyId, accessKeySecret, region, bucket, dir } = emulator.running;
  const temporaryCredential = emulator.running.issueTemporaryCredential();
  const description = {
    endpoint,
    accessKeyId,
    accessKeySecret,
    region,
    bucket,
    dir,
    callbackKey: CALLBACK_KEY,
    temporaryCredential,
  };
  const [command = "", ...args] = runner.command();
  const child = spawn(command, args, {
    env: {
      ...process.env,
      ...(await trust(emulator.running)),
      VODLIFT_EMULATOR: JSON.stringify(description),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  const closing = /^(\d+) passed, (\d+) failed\s*$/m.exec(output);
  // The runner's own closing line is left out: whoever adds up the counts must meet each only once.
  console.log(output.replace(closing?.[0] ?? "", "").trimEnd());
  if (!closing) return { passed: 0, failed: 1, skipped: 0 };
  const failed = Number(closing[2]);
  return {
    passed: Number(closing[1]),
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: 0,
  };
}

/** How Node and Python's requests are told what to trust. */
async function trust({ ca, dir }: Emulator): Promise<NodeJS.ProcessEnv> {
  if (ca === undefined) return {};
  const file = join(dir, "ca.pem");
  await writeFile(file, ca);
  return { NODE_EXTRA_CA_CERTS: file, REQUESTS_CA_BUNDLE: file };
}

async function disposableEmulator(tls: boolean) {
  const running = await startEmulator({
    tls,
    habits,
    callback: { privateKey: CALLBACK_KEY },
    // The runners' own servers are on loopback.
    allowPrivate: true,
  });
  return { running, [Symbol.asyncDispose]: () => running.close() };
}

const chosen = [...runners, ...overTls].filter(
  ({ name }) => wanted.length === 0 || wanted.includes(name),
);
const unavailable = chosen.some((runner) => runner.python)
  ? prepareVenv(venv, join(here, "requirements.txt"))
  : undefined;
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const runner of chosen) {
  if (runner.python && unavailable !== undefined) {
    console.log(`\n# ${runner.name}: skipped, ${unavailable}`);
    total.skipped += 1;
    continue;
  }
  const counts = await run(runner);
  total.passed += counts.passed;
  total.failed += counts.failed;
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;
