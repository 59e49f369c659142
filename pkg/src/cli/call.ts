// `vodlift call`: any action of the VOD API, signed.
import type { CallCommand } from "./args.ts";
import { printJson } from "./output.ts";
import { account } from "./session.ts";

export async function runCall(command: CallCommand, env: NodeJS.ProcessEnv): Promise<number> {
  const { action, params, repeatable } = command;
  // Without the option it is not known whether the action is one that only looks.
  const options = repeatable ? { repeatable } : {};
  const reply = await account(command, env).call(action, params, options);
  printJson(reply, command.json || command.quiet ? 0 : 2);
  return 0;
}
