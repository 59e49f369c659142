// The built command, run as a user runs it.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { leaks } from "./leaks.ts";
import { keep, secret } from "./secrets.ts";
import { until } from "./until.ts";

/** No test depends on it: it ends a command that hangs, so that the test fails instead of hanging too. */
const HANGS_MS = 900_000;
const BIN = fileURLToPath(new URL("../../pkg/bin/vodlift.js", import.meta.url));
const PEAK_MEMORY = new URL("./peak-memory.ts", import.meta.url).href;

/** Where VOD is, and the keys; an emulator fits. */
export interface Service {
  endpoint: string;
  accessKeyId: string;
  accessKeySecret: string;
  region: string;
  /** What an emulator handed out: none of it may be printed. */
  issuedSecrets?: readonly string[];
}

export interface CliResult {
  /** The exit code; after a signal that can be caught as a shell shows it, such as 130, and null after SIGKILL. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** The last line of stdout, if it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: its fields are what the tests assert
  json: any;
  peakKib: number;
}

export interface CliOptions {
  service?: Service;
  env?: Record<string, string>;
  /** Where it runs; by default where the test does. */
  cwd?: string;
  stdin?: Readable | Uint8Array;
  /** When to take it for hung, in ms. */
  hangsMs?: number;
  /** Called with the process while it runs. */
  during?: (child: ChildProcess) => void;
}

/** The environment that points at a service, and at nothing else of ours. */
export function serviceEnv(service: Service): Record<string, string> {
  return {
    ALIBABA_CLOUD_ACCESS_KEY_ID: service.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: service.accessKeySecret,
    VODLIFT_REGION: service.region,
    VODLIFT_ENDPOINT: service.endpoint,
  };
}

/** How a shell shows that a signal ended a command. */
function asShown(signal: NodeJS.Signals | null): number | null {
  return signal === null || signal === "SIGKILL" ? null : 128 + constants.signals[signal];
}

/** Runs `vodlift …` to its end, and fails if it tells a secret, whatever else it does. */
export async function vodlift(args: string[], options: CliOptions = {}): Promise<CliResult> {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  const child = spawn(process.execPath, ["--import", PEAK_MEMORY, BIN, ...args], {
    env: {
      PATH,
      HOME,
      ...(TMPDIR ? { TMPDIR } : {}),
      ...(options.service ? serviceEnv(options.service) : {}),
      ...options.env,
    },
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? asShown(signal)));
  });
  const guard = setTimeout(() => child.kill("SIGKILL"), options.hangsMs ?? HANGS_MS);
  feed(child, options.stdin);
  options.during?.(child);
  const [out, err, peak] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    text(child.stdio[3] as Readable),
  ]);
  const code = await ended;
  clearTimeout(guard);
  keep("command-output", `${out}\n${err}`);
  assertNoSecrets(`${out}\n${err}`, args, options);
  return {
    code,
    stdout: out,
    stderr: err,
    json: lastLineAsJson(out),
    peakKib: Number(peak),
  };
}

/** What goes out must hold no secret, no signature, no token and no query of the source's URL. */
function assertNoSecrets(output: string, args: string[], { service, env = {} }: CliOptions): void {
  const queries = args.flatMap((arg) => /^https?:.*\?(.+)$/.exec(arg)?.[1] ?? []);
  const headers = args.flatMap((arg) => /^[\w-]+: (.+)$/.exec(arg)?.[1] ?? []);
  const secrets = [
    service?.accessKeySecret,
    env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    env.ALIBABA_CLOUD_SECURITY_TOKEN,
    ...queries,
    ...headers,
  ];
  const long = secrets.filter((one) => one !== undefined);
  secret("an AccessKey secret", service?.accessKeySecret, env.ALIBABA_CLOUD_ACCESS_KEY_SECRET);
  secret("a security token", env.ALIBABA_CLOUD_SECURITY_TOKEN);
  const told = leaks(output, [...(service?.issuedSecrets ?? []), ...long]);
  assert.deepEqual(told, [], `in the output:\n${output}`);
  // Short ones as they are.
  for (const one of secrets) {
    assert.ok(!one || !output.includes(one), `the output tells a secret:\n${output}`);
  }
  assert.doesNotMatch(output, /signature=|security-token|uploadauth|accesskeysecret/i);
  assert.doesNotMatch(output, /^\s+at .+:\d+:\d+/m, "a stack trace is no error message");
}

/**
 * Sends a signal once something has come to be. Whoever calls it sees to it that the command cannot end before: by a source
 * that the origin holds, or a request that the emulator stalls.
 */
export function signalOnce(
  reached: () => boolean | Promise<boolean>,
  signal: NodeJS.Signals = "SIGINT",
) {
  return (child: ChildProcess): void => {
    let over = false;
    child.once("close", () => {
      over = true;
    });
    void until(async () => over || (await reached())).then(() => over || child.kill(signal));
  };
}

function feed(child: ChildProcess, input: Readable | Uint8Array | undefined): void {
  const { stdin } = child;
  if (!stdin) return;
  // The process may end before it has read everything; that is what some tests are about.
  stdin.on("error", () => {});
  if (input === undefined) stdin.end();
  else if (input instanceof Readable) input.pipe(stdin);
  else stdin.end(input);
}

async function text(stream: Readable | null): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function lastLineAsJson(out: string): unknown {
  const last = out.trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(last);
  } catch {
    return undefined;
  }
}
