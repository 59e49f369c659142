// `vodlift emulator`: listens until Ctrl-C.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawHabits, type Habits, startEmulator } from "../emulator/index.ts";
import { fileReason } from "../sources/look.ts";
import type { EmulatorCommand } from "./args.ts";
import { CliError, INTERRUPTED } from "./exit.ts";
import { note, print } from "./output.ts";
import { onInterrupt } from "./signals.ts";

export async function runEmulator(command: EmulatorCommand): Promise<number> {
  const interrupted = new Promise<void>((resolve) => onInterrupt(resolve));
  const { name: _, json, drawHabits: seed, habits, ...options } = command;
  const drawn = seed === undefined ? {} : drawHabits(seed);
  const starting = startEmulator({ ...options, habits: { ...drawn, ...habits } }).catch(
    (error: NodeJS.ErrnoException) => {
      throw cannotStart(error, command);
    },
  );
  const emulator = await Promise.race([starting, interrupted]);
  if (emulator === undefined) return INTERRUPTED;
  const chosen = Object.keys({ ...drawn, ...habits }) as (keyof Habits)[];
  if (chosen.length > 0) {
    note(`habits: ${chosen.map((name) => `${name}=${emulator.habits[name]}`).join(" ")}`);
  }
  const { endpoint, accessKeyId, accessKeySecret, region, bucket, dir } = emulator;
  const caFile = emulator.ca === undefined ? undefined : join(dir, "ca.pem");
  if (caFile !== undefined) await writeFile(caFile, emulator.ca ?? "");
  if (json) {
    print(JSON.stringify({ endpoint, accessKeyId, accessKeySecret, region, bucket, dir, caFile }));
  } else {
    print(`VOD and OSS listen on ${endpoint}; objects become files in ${dir}/${bucket}.
In another terminal:

${caFile === undefined ? "" : `  export NODE_EXTRA_CA_CERTS=${caFile}\n`}  export VODLIFT_ENDPOINT=${endpoint}
  export VODLIFT_REGION=${region}
  export ALIBABA_CLOUD_ACCESS_KEY_ID=${accessKeyId}
  export ALIBABA_CLOUD_ACCESS_KEY_SECRET=${accessKeySecret}
  vodlift upload film.mp4

Ctrl-C ends it.`);
  }
  await interrupted;
  await emulator.close();
  if (!json) note("the emulator has ended");
  return 0;
}

function cannotStart(error: NodeJS.ErrnoException, { port, dir }: EmulatorCommand): Error {
  if (error.code === undefined) return error;
  const { syscall, code } = error;
  const [what, reason] =
    syscall === "listen"
      ? [`port ${port ?? 0}`, code === "EADDRINUSE" ? "it is in use" : "it may not be listened on"]
      : [`${dir}`, code === "EEXIST" ? "it is a file, not a directory" : fileReason(error)];
  return new CliError({
    code: "invalid_argument",
    class: "usage",
    message: `the emulator cannot start: ${what}: ${reason}`,
    hint: "Choose another --port or --dir, or leave them out.",
  });
}
