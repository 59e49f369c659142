// What `--help` prints. It is the CLI's documentation, so it is written to be read; the options come from their tables.
import { optionsOf } from "../declared.ts";
import {
  ABORT,
  CALL,
  EMULATOR_SECTIONS,
  INGEST,
  RESUME,
  UPLOAD_SECTIONS,
} from "./options/commands.ts";
import { habitLines, nameLines, optionLines } from "./options/lines.ts";
import { TICKET, TICKET_UPLOAD } from "./options/ticket.ts";

const OVERALL = `vodlift lifts media into ApsaraVideo VOD (Alibaba Cloud): streamed in parallel parts, never stored on disk.

usage:
  vodlift upload <file | URL | ->     upload a video or audio file, an image, or an attached media
  vodlift resume <FILE>               go on with an upload that was interrupted
  vodlift abort <FILE>                give one up, and remove its parts from the server
  vodlift call <Action> [Key=Value …] sign and send any action of the VOD API
  vodlift ingest <manifest>           upload everything that a CSV or JSONL file lists
  vodlift ticket [FILE]               make a media, and a ticket by which others upload its file without any key
  vodlift emulator                    run VOD and OSS on this machine, to try things without an account
  vodlift <command> --help            all options of a command
  vodlift --version

try it without a cloud account:
  vodlift emulator                    prints the variables to set, then keeps running
  vodlift upload film.mp4             in another terminal, with those variables set

environment:
  ALIBABA_CLOUD_ACCESS_KEY_ID         the key that may call CreateUploadVideo and RefreshUploadVideo
  ALIBABA_CLOUD_ACCESS_KEY_SECRET     its secret
  ALIBABA_CLOUD_SECURITY_TOKEN        its STS token, if it is a temporary key
  VODLIFT_REGION                      VOD region, default cn-shanghai
  VODLIFT_ENDPOINT                    VOD endpoint, default https://vod.<region>.aliyuncs.com

exit codes:
  0  done                             5  the service refused or did not answer
  2  the command line is wrong        6  what arrived is not what was sent
  3  the source cannot be read        7  a URL or address that may not be contacted
  4  keys, tokens or permissions    130  interrupted (the checkpoint is kept, or nothing is left behind)`;

const UPLOAD_HELP = `usage: vodlift upload <file | URL | -> [options]

Uploads one video or audio file, image, watermark, subtitle or material, or an HLS playlist with all its files. A URL is
read in parallel ranges where its server can do that, and as one stream where it cannot. Large files go up in parts; what
failed is sent again, part by part.

examples:
  vodlift upload film.mp4 --title "My film" --tags holiday,2026
  vodlift upload https://example.com/film.mp4 --part-size 16MiB --concurrency 4
  vodlift upload https://example.com/film.mp4 --source-header 'Authorization: Bearer …'
  vodlift upload https://example.com/hls/master.m3u8 --as playlist
  ffmpeg … -f mp4 - | vodlift upload - --file-name film.mp4
  vodlift upload film.mp4 --json --quiet | jq -r .mediaId

the media:
${optionLines(UPLOAD_SECTIONS.media)}

  The upload credential of an image or attached media cannot be renewed: when it ends (after about 50 minutes), the
  media is created again under a new id and its bytes start over; restarts in the report says so.

the transfer:
${optionLines(UPLOAD_SECTIONS.transfer)}

the service:
${optionLines(UPLOAD_SECTIONS.service)}

the output:
${optionLines(UPLOAD_SECTIONS.output)}

by ticket:
${optionLines({ ticket: TICKET_UPLOAD.ticket })}

  The media is there already, so nothing can be said of it; the options of the transfer, of OSS and of the output go with it.
  With --checkpoint FILE it goes on where FILE says, with a newer ticket of the same media where the one before has expired.

Progress goes to stderr: a bar on a terminal, now and then a line elsewhere. Ctrl-C aborts the upload and removes its
parts from the server; with --checkpoint it finishes the parts in flight and keeps the rest for \`vodlift resume\`. So does
SIGTERM. A second one exits at once, whatever is under way. Exit codes: see vodlift --help.

What can be read only once, such as a pipe or <(command), is passed as standard input: … | vodlift upload - --file-name N`;

const RESUME_HELP = `usage: vodlift resume <FILE> [options]

Goes on with an upload that was begun with --checkpoint FILE: after Ctrl-C, a crash, a failure, on another machine, or
from a checkpoint that a Worker has left. The server is asked what it has, and only the rest is sent. A source that has
changed is refused, with what changed.

examples:
  vodlift upload film.mp4 --checkpoint film.json
  vodlift resume film.json
  vodlift resume film.json --source 'https://example.com/film.mp4?signature=…'

options:
${optionLines(RESUME)}

A checkpoint says which file is uploaded and into which media, so resume only those you know. A media that has its file
already is not overwritten, unless --replace began the upload, which is asked about. Where no upload id is in the checkpoint,
or the server no longer knows it, the key needs vod:GetVideoInfo to see that, and has to be the one that the checkpoint was
written with; with another, such as a temporary one that has changed, the media is yours to vouch for by --yes.

The region is kept in the checkpoint. What else says how the service is reached is not, and neither are --callback and
--traffic-limit: give them again.`;

const ABORT_HELP = `usage: vodlift abort <FILE> [options]

Gives up an upload that was begun with --checkpoint FILE: removes its parts from the server, and the file. The media id
stays in VOD, without media. Of a playlist the files that are stored already are removed by DeleteVideo, and with them the
media id; the key needs vod:DeleteVideo and vod:GetVideoInfo for it. Whatever FILE says, nothing is removed but the parts
of the upload id it names, and media that still wait for their file and that it proves to be its own. The proof is made with
the key: where FILE was written with another, such as a temporary one that has changed, or by an older version, the media is
yours to vouch for by --yes. A media that was there before (--adopt) is never deleted.

options:
${optionLines(ABORT)}`;

const CALL_HELP = `usage: vodlift call <Action> [Key=Value ...] [options]

Signs and sends any action of the VOD API, and prints its reply as JSON. What is passing (throttling, an overloaded
service, a wrong clock) is tried again; what may have taken effect is not done twice.

examples:
  vodlift call GetVideoInfo VideoId=93ab850b4f6f54b6e91d24d81d44
  vodlift call SearchMedia SearchType=video PageSize=20 --json | jq .Total
  vodlift call DeleteVideo VideoIds=93ab850b4f6f54b6e91d24d81d44

options:
${optionLines(CALL)}

Names of actions and parameters: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-overview`;

const INGEST_HELP = `usage: vodlift ingest <manifest.csv | manifest.jsonl> [options]

Uploads everything that a manifest lists, a few at a time. One that fails does not stop the others. What became of each
is noted in a report; the same command again does nothing twice, tries again what failed, and goes on in the middle of
what was cut short.

examples:
  vodlift ingest films.csv
  vodlift ingest films.jsonl --jobs 16 --report films.report.jsonl --json

the manifest:
  A CSV file (RFC 4180, divided by commas, semicolons or tabs, in UTF-8 or UTF-16) whose first line names the columns, or
  one JSON object a line. It is read as it comes, more than once: its length does not matter, but it must be a file. It is
  checked as a whole before anything is begun or written. A column is one of

  source                     a file or a URL; or url, or file. Paths are relative to the manifest
  id                         by which the report knows the row, where its source is not always written the same way
                             (a URL that is signed anew)
${nameLines(optionsOf("manifest"))}
                             as for upload. What is an object there is JSON, in a cell, too

  A row without a referenceId gets one that is made up (vodlift-…), the same until all rows are done: a media that was made
  when the process was killed, and never heard of, is found again by it and not made twice. Where VOD does not know the
  parameter, media are made without it. Images and attached media have none.

options:
${optionLines(INGEST)}

What a row says itself wins over the options.

Exit code 0: everything is done. Otherwise that of the first failure, or 130 after Ctrl-C, which finishes the parts in
flight. New rows go to the end of a manifest that has a report.`;

const TICKET_HELP = `usage: vodlift ticket [FILE] [options]

Makes a media without its file, and prints a ticket: where its bytes go and a credential for that, as JSON. Whoever has the
ticket uploads the file without any key of the account: \`vodlift upload --ticket\`, uploadWithTicket in a browser, or one of
VOD's own client SDKs (mediaId, uploadAddress, uploadAuth). FILE, if it is here, tells its name and size.

A ticket is a secret: until it expires (after about 50 minutes), whoever has it may store the file of this one media, and
nothing else.

examples:
  vodlift ticket film.mp4 --title "My film" --out ticket.json
  vodlift upload --ticket ticket.json film.mp4           (elsewhere, without keys)
  vodlift ticket --file-name film.mp4 --json | ssh host vodlift upload --ticket - film.mp4
  vodlift ticket --refresh 93ab850b4f6f54b6e91d24d81d44 --out newer.json

options:
${optionLines(TICKET)}`;

const EMULATOR_HELP = `usage: vodlift emulator [options]

Runs the upload half of VOD and OSS on 127.0.0.1 until Ctrl-C. It checks every signature, hands out credentials that
expire, and stores each finished object as the plain file DIR/<bucket>/<key>. In the folder no symbolic link is followed.

options:
${optionLines(EMULATOR_SECTIONS.place)}

who may come in, and whom it calls:
${optionLines(EMULATOR_SECTIONS.door)}

to rehearse bad days:
${optionLines(EMULATOR_SECTIONS.faults)}
                             OPERATION  UploadPart, CompleteMultipartUpload, CreateUploadVideo …, or * for all
                             WHEN       3 (the third), 3-5, 3+ (from the third on), * (every one)
                             ACTION     503=ServiceUnavailable (any status and code), early-403=SecurityTokenExpired
                                        (answered over an unread body), reset-before, reset-after (the work is done),
                                        reset-mid-body=BYTES, delay=MS, stall, stall-after, truncate-answer, wrong-crc,
                                        clock-skew=MS

to meet the service's habits, where its sources disagree:
${optionLines(EMULATOR_SECTIONS.habits)}

${habitLines()}

  The default comes first: what has been seen on the wire, where anything has. docs/emulator.md says where each is from.

examples:
  vodlift emulator --port 8787 --dir ./vod
  vodlift emulator --habit expiredToken=invalid --habit credentials=fresh
  vodlift emulator --credential-life 5 --fault 'UploadPart:3:reset-after' --fault 'UploadPart/2:1:wrong-crc'`;

const TOPICS: Readonly<Record<string, string>> = {
  upload: UPLOAD_HELP,
  resume: RESUME_HELP,
  abort: ABORT_HELP,
  call: CALL_HELP,
  ingest: INGEST_HELP,
  ticket: TICKET_HELP,
  emulator: EMULATOR_HELP,
};

/** The help of a command, or of all. */
export function help(topic: string): string {
  return TOPICS[topic] ?? OVERALL;
}
