// `vodlift ticket`, which makes one, and `vodlift upload --ticket`, which uploads by one.
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { fileCheckpoint, type UploadTicket, uploadWithTicket } from "../index.ts";
import { openNew } from "../plain-files.ts";
import { shownUrl } from "../shown-url.ts";
import { fileReason } from "../sources/look.ts";
import { type TicketCommand, type TicketUploadCommand, UsageError } from "./args.ts";
import { mustBeFile, mustBeSource } from "./look.ts";
import { pick } from "./options/option.ts";
import { TICKET_MEDIA } from "./options/ticket.ts";
import { note, print, printJson } from "./output.ts";
import { account, watch } from "./session.ts";
import { quoted } from "./shell.ts";
import { placeOf } from "./upload.ts";
import { isUrl } from "./urls.ts";

/** The longest that a ticket is, in characters; anything longer is something else. */
const LONGEST = 1 << 20;

export async function runTicket(command: TicketCommand, env: NodeJS.ProcessEnv): Promise<number> {
  const vod = account(command, env);
  const { refresh, out, file } = command;
  const ticket =
    refresh === undefined
      ? await vod.createUpload(await mediaOf(command, file))
      : await vod.refreshUpload(refresh);
  if (out === undefined) {
    printJson(ticket, command.json ? 0 : 2);
    if (!command.quiet) note(`this is a secret: ${MAY} ${ends(ticket)}`);
    return 0;
  }
  await write(out, ticket);
  const { mediaId, expiresAt } = ticket;
  if (command.json) printJson({ mediaId, expiresAt, out });
  else print(mediaId);
  if (!command.quiet) note(`${out} holds a secret: ${MAY} ${ends(ticket)}`);
  return 0;
}

const MAY = "whoever has it may store the file of this media";

function ends({ expiresAt = 0 }: UploadTicket): string {
  return `until ${new Date(expiresAt).toISOString()}`;
}

/** What it becomes; a file that is here tells its name and size. */
async function mediaOf(command: TicketCommand, file: string | undefined) {
  const { as: kind, ...media } = pick(command, TICKET_MEDIA);
  if (kind === "playlist") {
    throw new UsageError("a playlist cannot be uploaded by ticket: its files take calls of VOD");
  }
  const said = { ...media, ...(kind && { as: kind }) };
  if (file === undefined) return said;
  await mustBeFile(
    file,
    "ticket",
    "Name the file that will be uploaded, or say --file-name alone.",
  );
  const { size } = await stat(file);
  return { fileName: basename(file), fileSize: size, ...said };
}

/** No one else can read it, and nothing that is there is written over. */
async function write(out: string, ticket: UploadTicket): Promise<void> {
  try {
    const file = await openNew(out);
    await file.writeFile(`${JSON.stringify(ticket)}\n`).finally(() => file.close());
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === "EEXIST";
    const reason = there ? "it exists already" : (fileReason(error) ?? String(error));
    const made = `The media ${ticket.mediaId} is made: \`vodlift ticket --refresh ${ticket.mediaId}\` gives its ticket once more.`;
    throw new UsageError(`--out ${out}: ${reason}`, "ticket", made);
  }
}

/** Keys are neither needed nor looked for. */
export async function runTicketUpload(
  command: TicketUploadCommand,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { source, checkpoint } = command;
  await mustBeSource(source, "upload", { kind: "video" });
  const ticket = await ticketIn(command.ticket);
  const name = ticket.fileName ?? basename(isUrl(source) ? shownUrl(source) : source);
  const options = optionsOf(command);
  const again = `vodlift upload --ticket NEWER ${quoted(source)} --checkpoint ${quoted(checkpoint ?? "")}`;
  return watch(
    command,
    name,
    env,
    ({ interrupt: _, asking: __, ...watched }) => {
      const bytes = source === "-" ? process.stdin : placeOf(source);
      return uploadWithTicket(ticket, bytes, { ...options, ...watched });
    },
    `Go on with \`${again}\`.`,
  );
}

function optionsOf(command: TicketUploadCommand) {
  const { name: _, source: __, ticket: ___, json: ____, quiet: _____, ...given } = command;
  const { trace: ______, checkpoint, ...how } = given;
  return { ...how, ...(checkpoint !== undefined && { checkpoint: fileCheckpoint(checkpoint) }) };
}

/** What is in the file or comes in is a secret: nothing of it is repeated. */
async function ticketIn(place: string): Promise<UploadTicket> {
  const written = place === "-" ? await textOf(process.stdin) : await fileText(place);
  const what = place === "-" ? "standard input" : place;
  if (written.length <= LONGEST) {
    try {
      return JSON.parse(written) as UploadTicket;
    } catch {
      // Told below.
    }
  }
  throw new UsageError(
    `${what} holds no ticket: it is not JSON`,
    "upload",
    "`vodlift ticket --file-name film.mp4 --out ticket.json` makes one.",
  );
}

async function fileText(path: string): Promise<string> {
  await mustBeFile(path, "upload", "Name the file that `vodlift ticket --out` wrote.");
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--ticket ${path}: ${fileReason(error) ?? error.message}`, "upload");
  });
}
