// The command `vodlift`. Thin: arguments in, one call of the API, a report out.
import { readFileSync } from "node:fs";
import { parseCommand, UsageError } from "./cli/args.ts";
import { help } from "./cli/help.ts";
import { finish, print, printText, reportFailure, watchOutput } from "./cli/output.ts";

function version(): string {
  const file = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** Runs one command; says the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const command = parseCommand(args);
  switch (command.name) {
    case "help":
      printText(help(command.topic));
      return 0;
    case "version":
      print(version());
      return 0;
    // Loaded when they are needed: an upload has no use for an emulator.
    case "emulator":
      return (await import("./cli/emulator.ts")).runEmulator(command);
    case "resume":
      return (await import("./cli/resume.ts")).runResume(command, process.env);
    case "abort":
      return (await import("./cli/resume.ts")).runAbort(command, process.env);
    case "call":
      return (await import("./cli/call.ts")).runCall(command, process.env);
    case "ingest":
      return (await import("./cli/ingest/index.ts")).runIngest(command, process.env);
    case "ticket":
      return (await import("./cli/ticket.ts")).runTicket(command, process.env);
    case "uploadByTicket":
      return (await import("./cli/ticket.ts")).runTicketUpload(command, process.env);
    case "upload":
      return (await import("./cli/upload.ts")).runUpload(command, process.env);
  }
}

watchOutput();
const args = process.argv.slice(2);
try {
  await finish(await main(args));
} catch (error) {
  const json = args.includes("--json");
  await finish(
    reportFailure(error, { json, helpFor: error instanceof UsageError ? error.topic : undefined }),
  );
}
