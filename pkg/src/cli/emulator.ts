// `vodlift emulator`: listens until Ctrl-C.
import { join } from "node:path";
import { drawHabits, type Habits, startEmulator } from "../emulator/index.ts";
import { NotOurs } from "../emulator/store/files.ts";
import { LinkRefused, replaceFile } from "../plain-files.ts";
import { fileReason } from "../sources/look.ts";
import type { EmulatorCommand } from "./args.ts";
import { CliError, INTERRUPTED } from "./exit.ts";
import { note, print, printJson } from "./output.ts";
import { quoted } from "./shell.ts";
import { onInterrupt } from "./signals.ts";

export async function runEmulator(command: EmulatorCommand): Promise<number> {
  const interrupted = new Promise<void>((resolve) => onInterrupt(resolve));
  const { name: _, json, drawHabits: seed, habits, accessKey, ...options } = command;
  const drawn = seed === undefined ? {} : drawHabits(seed);
  const starting = startEmulator({
    ...options,
    ...accessKey,
    habits: { ...drawn, ...habits },
  }).catch((error: NodeJS.ErrnoException) => {
    throw cannotStart(error, command);
  });
  const emulator = await Promise.race([starting, interrupted]);
  if (emulator === undefined) return INTERRUPTED;
  const chosen = Object.keys({ ...drawn, ...habits }) as (keyof Habits)[];
  if (chosen.length > 0) {
    note(`habits: ${chosen.map((name) => `${name}=${emulator.habits[name]}`).join(" ")}`);
  }
  const { endpoint, accessKeyId, accessKeySecret, region, bucket, dir } = emulator;
  const caFile = emulator.ca === undefined ? undefined : join(dir, "ca.pem");
  if (caFile !== undefined) await replaceFile(caFile, emulator.ca ?? "");
  if (json) {
    printJson({ endpoint, accessKeyId, accessKeySecret, region, bucket, dir, caFile });
  } else {
    const variables = {
      NODE_EXTRA_CA_CERTS: caFile,
      VODLIFT_ENDPOINT: endpoint,
      VODLIFT_REGION: region,
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    };
    print(
      `VOD and OSS listen on ${endpoint}; objects become files in ${dir}/${bucket}.`,
      "In another terminal:",
      "",
      ...exportsOf(variables),
      "  vodlift upload film.mp4",
      "",
      "Ctrl-C ends it.",
    );
  }
  await interrupted;
  await emulator.close();
  if (!json) note("the emulator has ended");
  return 0;
}

/** Lines to copy into a shell, whatever the values hold. */
function exportsOf(variables: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(variables)
    .filter(([, value]) => value !== undefined)
    .map(([name, value = ""]) => `  export ${name}=${quoted(value)}`);
}

function cannotStart(error: NodeJS.ErrnoException, { port, dir }: EmulatorCommand): Error {
  if (error instanceof LinkRefused || error instanceof NotOurs) {
    return cannot(`${error.path}: ${error.message}`);
  }
  if (error.code === undefined) return error;
  const { syscall, code, path } = error;
  // Of a folder that cannot be made, the system names a part of its path.
  const file = path?.startsWith(`${dir}`) ? path : `${dir}`;
  const [what, reason] =
    syscall === "listen"
      ? [`port ${port ?? 0}`, code === "EADDRINUSE" ? "it is in use" : "it may not be listened on"]
      : [file, code === "EEXIST" ? "it is a file, not a directory" : fileReason(error)];
  return cannot(`${what}: ${reason}`);
}

function cannot(reason: string): CliError {
  return new CliError({
    code: "invalid_argument",
    class: "usage",
    message: `the emulator cannot start: ${reason}`,
    hint: "Choose another --port or --dir, or leave them out.",
  });
}
