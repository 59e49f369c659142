// `make demo`: a video behind a URL ends up in VOD's bucket, through a Worker in real workerd and through the command
// line, byte for byte the same. Emulator, origin and Worker all run here; nothing leaves this machine.
import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Emulator, startEmulator } from "vodlift/emulator";
import { bytes } from "../pkg/src/cli/format.ts";
import { type ProgressView, progressView } from "../pkg/src/cli/progress.ts";
import { fileContent, type Origin, sha256OfFile, startOrigin } from "../tests/support/origin.ts";
import {
  callWorker,
  type IngestView,
  ingestEnd,
  type RunningWorker,
  startWorker,
} from "../tests/support/worker.ts";
import { cleanUp, onCleanUp } from "./cleanup.ts";
import { makeFilm, makeLongFilm } from "./film.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIR = join(ROOT, ".cache", "demo");
const LONG_FILM = 256 * 1024 * 1024;
const PART_SIZE = 16 * 1024 * 1024;

interface Stage {
  emulator: Emulator;
  origin: Origin;
  worker: RunningWorker;
  film: string;
  longFilm: string;
}

let objects = 0;
let total = 0;

async function main(): Promise<void> {
  const stage = await setTheStage();
  const { origin, film, longFilm } = stage;
  const url = (path: string) => `${origin.url}/${basename(path)}?signature=not-to-be-shown`;

  say("\nThrough the Worker, in workerd, as one batch:");
  const batch = [longFilm, film, film, film];
  for (const [n, mediaId] of (await throughTheWorker(stage, batch.map(url))).entries()) {
    await check(stage, batch[n] ?? "", mediaId);
  }

  say("\nThrough the command line, from the URL and from the file:");
  await check(stage, longFilm, await throughTheCli(stage, url(longFilm), ["--allow-private"]));
  await check(stage, longFilm, await throughTheCli(stage, longFilm, ["--verify", "crc64"]));

  const open = await stage.emulator.openUploads();
  if (open.length > 0) throw new Error(`${open.length} multipart uploads were left open`);
  say(
    `\nThe objects lie in ${relative(ROOT, join(DIR, "vod", stage.emulator.bucket))}, the sources beside them;`,
  );
  say(
    "`make dev` keeps emulator, Worker and dashboard running, `node_modules/.bin/vodlift --help` tells the rest.",
  );
}

async function setTheStage(): Promise<Stage> {
  await rm(DIR, { recursive: true, force: true });
  await mkdir(DIR, { recursive: true });
  const film = join(DIR, "film.mp4");
  const longFilm = join(DIR, "long-film.mp4");
  await makeFilm(film);
  await makeLongFilm(longFilm, await readFile(film), LONG_FILM);
  for (const path of [film, longFilm]) {
    say(`source    ${basename(path).padEnd(14)}${bytes((await stat(path)).size)}, a real MP4`);
  }
  const emulator = await startEmulator({ dir: join(DIR, "vod") });
  onCleanUp(() => emulator.close());
  const origin = await startOrigin({
    routes: {
      "/film.mp4": { content: await fileContent(film) },
      "/long-film.mp4": { content: await fileContent(longFilm) },
    },
  });
  onCleanUp(() => origin.close());
  const worker = await startWorker({ service: emulator });
  onCleanUp(() => worker.close());
  say(`origin    ${origin.url}`);
  say(`emulator  ${emulator.endpoint} (VOD and OSS; every signature is checked)`);
  say(`worker    ${worker.url} (real workerd)`);
  say(`dashboard ${worker.url}/ while this runs; log in with the token ${worker.token}`);
  return { emulator, origin, worker, film, longFilm };
}

/** Says the media ids. */
async function throughTheWorker({ worker }: Stage, urls: string[]): Promise<string[]> {
  const batch = urls.map((url) => ({ url, title: "From the edge", partSize: PART_SIZE }));
  const init = { method: "POST", body: JSON.stringify(batch) };
  const { status, body } = await callWorker(worker, "/v1/ingests", init);
  const ids: string[] = body.results.map(({ id }: { id: string }) => id);
  say(`POST /v1/ingests → ${status}, ${ids.length} ingests`);
  const view: ProgressView = progressView("the batch", process.stderr, process.env);
  const latest = new Map<string, IngestView>();
  const ends = await Promise.all(
    ids.map((id) =>
      ingestEnd(worker, id, (one) => {
        latest.set(id, one);
        view.update(together([...latest.values()]));
      }),
    ),
  ).finally(() => view.end());
  return ends.map(({ state, error, mediaId }) => {
    if (state === "done" && mediaId !== undefined) return mediaId;
    throw new Error(`an ingest ended as ${state}: ${JSON.stringify(error)}`);
  });
}

/** The progress of several as that of one. */
function together(views: readonly IngestView[]) {
  const sum = (of: (view: IngestView) => number) => views.reduce((all, one) => all + of(one), 0);
  return {
    phase: "uploading" as const,
    bytes: sum(({ bytes }) => bytes),
    total: sum(({ size = 0 }) => size),
    rate: sum(({ rate }) => rate),
    parts: sum(({ parts }) => parts),
    partsTotal: sum(({ partsTotal = 0 }) => partsTotal),
  };
}

/** Says the media id. */
async function throughTheCli(stage: Stage, source: string, options: string[]): Promise<string> {
  const { endpoint, region, accessKeyId, accessKeySecret } = stage.emulator;
  say(`vodlift upload ${source.split("?")[0]?.replace(ROOT, "")} ${options.join(" ")}`);
  const child = spawn(
    process.execPath,
    [
      join(ROOT, "pkg/bin/vodlift.js"),
      "upload",
      source,
      "--json",
      "--part-size",
      "16MiB",
      ...options,
    ],
    {
      env: {
        ...process.env,
        VODLIFT_ENDPOINT: endpoint,
        VODLIFT_REGION: region,
        ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
      },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onCleanUp(() => void child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`vodlift upload ended with exit code ${code}`);
  return (JSON.parse(out.trimEnd().split("\n").at(-1) ?? "") as { mediaId: string }).mediaId;
}

/** Compares what is stored under a media id with its source. */
async function check(stage: Stage, source: string, mediaId: string): Promise<void> {
  const stored = await storedObject(stage.emulator, mediaId);
  const [want, have] = [await sha256OfFile(source), await sha256OfFile(stored)];
  if (want !== have) {
    throw new Error(`${stored} is not ${source}: SHA-256 ${have} instead of ${want}`);
  }
  const { size } = await stat(stored);
  objects += 1;
  total += size;
  say(`  the same: ${bytes(size)}, SHA-256 ${have.slice(0, 16)}…, media ${mediaId}`);
}

function say(text: string): void {
  console.log(text);
}

/** The file of a media's object: its key names the media. */
async function storedObject({ dir, bucket }: Emulator, mediaId: string): Promise<string> {
  const folder = join(dir, bucket);
  const keys = await readdir(folder, { recursive: true });
  const key = keys.find((one) => basename(one).startsWith(`${mediaId}.`));
  if (key === undefined) throw new Error(`nothing was stored for media ${mediaId}`);
  return join(folder, key);
}

let failed = false;
try {
  await main();
} catch (error) {
  failed = true;
  console.error(`demo: failed: ${error instanceof Error ? error.message : error}`);
} finally {
  await cleanUp();
}
if (!failed) say(`demo: verified ${objects} objects, ${total} bytes`);
process.exit(failed ? 1 : 0);
