/** Everything the handlers of both services share. */
import { mkdir } from "node:fs/promises";
import { Background } from "./background.ts";
import { Credentials } from "./credentials.ts";
import { FaultPlan } from "./faults.ts";
import type { EmulatorOptions } from "./options.ts";
import { Assets } from "./store/assets.ts";
import { Folder } from "./store/folder.ts";
import { Objects } from "./store/objects.ts";
import { loadSettings, type Settings } from "./store/settings.ts";
import { Uploads } from "./store/uploads.ts";
import { UrlJobs } from "./store/url-jobs.ts";
import { Events } from "./vod/events.ts";
import { Nonces } from "./vod/nonces.ts";
import { Sessions } from "./vod/sessions.ts";
import { UrlPull } from "./vod/url-pull.ts";

export type World = {
  readonly folder: Folder;
  readonly settings: Settings;
  readonly credentials: Credentials;
  readonly objects: Objects;
  readonly uploads: Uploads;
  readonly assets: Assets;
  readonly nonces: Nonces;
  readonly sessions: Sessions;
  readonly urlJobs: UrlJobs;
  readonly urlPull: UrlPull;
  readonly events: Events;
  readonly background: Background;
  readonly faults: FaultPlan;
  readonly stsMayRead: boolean;
  readonly latencyMs: number;
  readonly bandwidth: number | undefined;
  credentialLifeSeconds: number;
  clockOffsetMs: number;
  /** `http://host:port` or `https://…`, known once the server listens. */
  endpoint: string;
};

export async function openWorld(options: EmulatorOptions): Promise<World> {
  const folder = await Folder.open(options.dir);
  return populate(folder, options).catch(async (error: unknown) => {
    await folder.close();
    throw error;
  });
}

async function populate(folder: Folder, options: EmulatorOptions): Promise<World> {
  const settings = await loadSettings(folder, options);
  // There from the start, so that files can be put in by hand and looked for before the first upload.
  await mkdir(folder.bucket(settings.bucket), { recursive: true });
  const faults = new FaultPlan();
  faults.set(options.faults ?? []);
  return {
    folder,
    settings,
    credentials: new Credentials(
      settings.accessKeyId,
      settings.accessKeySecret,
      Buffer.from(settings.sealKey, "hex"),
    ),
    objects: new Objects(folder),
    uploads: await Uploads.load(folder),
    assets: await Assets.load(folder),
    nonces: new Nonces(),
    sessions: new Sessions(),
    urlJobs: await UrlJobs.load(folder),
    urlPull: new UrlPull(),
    events: new Events(options.callback),
    background: new Background(),
    faults,
    stsMayRead: options.stsMayRead ?? false,
    latencyMs: options.latencyMs ?? 0,
    bandwidth: options.bandwidth,
    credentialLifeSeconds: options.credentialLifeSeconds ?? 3000,
    clockOffsetMs: options.clockOffsetMs ?? 0,
    endpoint: "",
  };
}

/** The server's clock, unix ms. */
export function now(world: World): number {
  return Date.now() + world.clockOffsetMs;
}
