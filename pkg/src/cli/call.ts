// `vodlift call`: any action of the VOD API, signed.
import type { CallCommand } from "./args.ts";
import { print } from "./output.ts";
import { account } from "./session.ts";

export async function runCall(command: CallCommand, env: NodeJS.ProcessEnv): Promise<number> {
  const reply = await account(command, env).call(command.action, command.params);
  print(JSON.stringify(reply, null, command.json || command.quiet ? 0 : 2));
  return 0;
}
