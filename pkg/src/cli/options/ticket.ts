// The options of what goes by ticket: a ticket is made by whoever has the keys, and used by whoever has the file.
import { OUTPUT, output } from "./commands.ts";
import { group } from "./declared.ts";
import { option } from "./option.ts";
import { path, text } from "./values.ts";

const {
  adopt: _,
  replace: __,
  replaceReferenceId: ___,
  showWatermark: ____,
  ...media
} = group(["media"], "begin");
/** What is said of a media whose bytes come later. */
export const TICKET_MEDIA = media;

const { memory, vodSignature, region, endpoint, ...oss } = group(["service"], "client");

export const TICKET = {
  ...TICKET_MEDIA,
  refresh: option(
    "--refresh MEDIA_ID",
    text,
    "a newer ticket for a video that has one, in place of a new media",
  ),
  out: option(
    "--out FILE",
    path,
    "write the ticket into a new file that only you can read (mode 0600), instead of printing it",
  ),
  region,
  endpoint,
  vodSignature,
  ...oss,
  ...output(
    "the ticket on one line; with --out { mediaId, expiresAt, out }; or error { code, message, … }",
    "no word about what it is",
  ),
};

const { wait: _____, ...run } = group(["run"], "begin");

export const TICKET_UPLOAD = {
  ticket: option(
    "--ticket FILE",
    path,
    "upload by the ticket in FILE, or in standard input (-), which `vodlift ticket` or a server has made: no keys are needed",
  ),
  ...group(["source", "transfer"], "begin"),
  ...run,
  ...oss,
  memory,
  ...OUTPUT,
};
