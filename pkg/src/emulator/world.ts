/** Everything the handlers of both services share. */
import { Background } from "./background.ts";
import { Credentials } from "./credentials.ts";
import { type Door, openDoor } from "./door.ts";
import { FaultPlan } from "./faults.ts";
import { chooseHabits, type Habits } from "./habits.ts";
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
import { Throttle } from "./vod/throttle.ts";
import { UploadCredentials } from "./vod/upload-credentials.ts";
import { UrlPull } from "./vod/url-pull.ts";

export type World = {
  readonly folder: Folder;
  readonly settings: Settings;
  readonly door: Door;
  /** Loopback and private networks may be called for a client. */
  readonly allowPrivate: boolean;
  readonly credentials: Credentials;
  readonly uploadCredentials: UploadCredentials;
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
  readonly habits: Habits;
  readonly throttle: Throttle;
  readonly latencyMs: number;
  readonly onArrival: EmulatorOptions["onArrival"];
  readonly bandwidth: number | undefined;
  clockOffsetMs: number;
  /** `http://host:port` or `https://…`, known once the server listens. */
  endpoint: string;
};

/** Seen on the wire; the help pages say 3000. */
const DEFAULT_LIFE_SECONDS = 3600;

export async function openWorld(options: EmulatorOptions): Promise<World> {
  const folder = await Folder.open(options.dir);
  return populate(folder, options).catch(async (error: unknown) => {
    await folder.close();
    throw error;
  });
}

async function populate(folder: Folder, options: EmulatorOptions): Promise<World> {
  const habits = chooseHabits(options.habits);
  const settings = await loadSettings(folder, options);
  // There from the start, so that files can be put in by hand and looked for before the first upload.
  await folder.makeBucket(settings.bucket);
  const faults = new FaultPlan();
  faults.set(options.faults ?? []);
  const credentials = new Credentials(
    settings.accessKeyId,
    settings.accessKeySecret,
    Buffer.from(settings.sealKey, "hex"),
  );
  const life = options.credentialLifeSeconds ?? DEFAULT_LIFE_SECONDS;
  return {
    folder,
    settings,
    door: openDoor(options, settings.bucket),
    allowPrivate: options.allowPrivate ?? false,
    credentials,
    uploadCredentials: new UploadCredentials(credentials, habits.credentials, life),
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
    habits,
    throttle: new Throttle(options.qps),
    latencyMs: options.latencyMs ?? 0,
    onArrival: options.onArrival,
    bandwidth: options.bandwidth,
    clockOffsetMs: options.clockOffsetMs ?? 0,
    endpoint: "",
  };
}

/** The server's clock, unix ms. */
export function now(world: World): number {
  return Date.now() + world.clockOffsetMs;
}
