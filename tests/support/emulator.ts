// The emulator as the tests start it: what its accounts and credentials hold is secret, and its log is kept.
import {
  type Emulator,
  type EmulatorOptions,
  startEmulator as start,
} from "../../pkg/src/emulator/index.ts";
import { keep, secret } from "./secrets.ts";

export * from "../../pkg/src/emulator/index.ts";

export async function startEmulator(options?: EmulatorOptions): Promise<Emulator> {
  const emulator = await start(options);
  secret("an emulator's AccessKey secret", emulator.accessKeySecret);
  const close = async () => {
    await emulator.close();
    secret("a temporary credential", ...emulator.issuedSecrets);
    // Not its events: by contract they carry along what `userData` holds.
    keep("emulator-log", JSON.stringify(emulator.log));
  };
  return { ...emulator, close };
}
