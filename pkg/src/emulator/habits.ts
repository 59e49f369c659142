/**
 * Habits: how the service answers where its sources disagree, or where it is known to answer in more than one way. This
 * table is the only place that declares them; the help of the command and docs/emulator.md are made from it.
 */
import { checkedNumber, checkedText } from "./checked.ts";

/** How well a value is known: seen on the wire, written down by the vendor, or inferred. */
export type Provenance = "recorded" | "documented" | "guessed";

export type HabitValue = {
  /** What the emulator does, as the end of "the service …" would say it. */
  readonly does: string;
  readonly known: Provenance;
  /** Where it was seen or is written. */
  readonly source: string;
};

type Declaration = {
  readonly about: string;
  /** The first value is the default: the one with the best evidence. */
  readonly values: Readonly<Record<string, HabitValue>>;
};

const value = (known: Provenance, does: string, source: string): HabitValue => ({
  does,
  known,
  source,
});
const recorded = (does: string, source: string) => value("recorded", does, source);
const documented = (does: string, source: string) => value("documented", does, source);
const guessed = (does: string, source: string) => value("guessed", does, source);

const REPLIES =
  "real replies of CreateUploadVideo and CreateUploadImage in public issues, 2017–2021";

export const HABITS = {
  credentials: {
    about: "which credential an upload gets",
    values: {
      cached: recorded(
        "one pair for all media of a kind, handed out unchanged with its remaining life until a sixth of it is gone",
        `${REPLIES}: Expiration 3600, 3511, 3451, 3419, 3388`,
      ),
      fresh: documented(
        "a new pair for each call, good for that media's object alone",
        "help page: Upload URLs and credentials",
      ),
      stale: guessed(
        "as cached, but until the pair has ended and a moment longer: a refresh may bring what was just refused",
        "inferred from the cache: nothing says that RefreshUploadVideo goes round it",
      ),
    },
  },
  credentialFields: {
    about: "what UploadAuth holds",
    values: {
      full: recorded("ExpireUTCTime, Expiration and Region", REPLIES),
      old: recorded("neither ExpireUTCTime nor Region", `${REPLIES}, those until 2018`),
    },
  },
  credentialRegion: {
    about: "the Region in UploadAuth",
    values: {
      plain: recorded("the account's region", REPLIES),
      prefixed: recorded(
        "the account's region as OSS writes it: oss-cn-shanghai",
        "a public configuration with oss-ap-southeast-1",
      ),
      "wrong-for-images": recorded(
        "for images another region than the account's",
        "a real reply of CreateUploadImage: account and endpoint in cn-beijing, Region cn-shanghai",
      ),
    },
  },
  credentialReads: {
    about: "what an upload credential may do beside writing",
    values: {
      "list-parts": documented(
        "ListParts; neither HeadObject nor GetObject",
        "official C++ and Android SDKs call ListParts; of reading there is no evidence",
      ),
      objects: guessed("HeadObject and GetObject, too", "no evidence either way"),
      nothing: guessed("nothing: ListParts is denied as well", "no evidence either way"),
    },
  },
  expiredToken: {
    about: "how OSS refuses an upload credential that has ended",
    values: {
      expired: recorded("403 SecurityTokenExpired, EC 0002-00000007", "jxxghp/MoviePilot#6295"),
      invalid: recorded("403 InvalidSecurityToken, EC 0002-00000006", "xhofe/115-sdk-go#1"),
      "unknown-key": recorded("403 InvalidAccessKeyId", "ali-sdk/ali-oss#1363"),
    },
  },
  tokenEcho: {
    about: "whether OSS repeats a refused token in its answer",
    values: {
      echoed: recorded("it does, in <SecurityToken>", "jxxghp/MoviePilot#6295"),
      "left-out": guessed("it does not", "error pages show no such element"),
    },
  },
  ossSignatures: {
    about: "which signatures OSS takes",
    values: {
      all: documented("V1 and V4", "help page: Upgrade from V1 to V4 signatures"),
      "v1-only": recorded(
        'V1; a V4 one is refused with 400 InvalidArgument "Authorization header is invalid"',
        "a private-cloud OSS in Tencent/WeKnora#3020",
      ),
    },
  },
  storageNotFound: {
    about: "the status of InvalidStorage.NotFound",
    values: {
      "status-403": recorded("403", "Qsnh/meedu#162"),
      "status-404": documented("404", "API page of CreateUploadVideo"),
      "status-400": documented("400", "API page of DeleteMultipartUpload"),
    },
  },
  denials: {
    about: "what a denial by RAM tells",
    values: {
      detailed: documented(
        "AccessDeniedDetail with AuthAction, NoPermissionType and PolicyType",
        "help page: RAM access denied errors",
      ),
      plain: documented("the code and its message alone", "API error pages until 2022"),
    },
  },
  throttling: {
    about: "the code of a call beyond the limit of calls a second, always with status 400",
    values: {
      "Throttling.User": recorded("Throttling.User", "several public issues"),
      Throttling: recorded("Throttling", "several public issues"),
      "Throttling.User.Flow": recorded("Throttling.User.Flow", "several public issues"),
      "Throttling.Api": recorded("Throttling.Api", "several public issues"),
    },
  },
  objectKeys: {
    about: "where the object of a video lies in the bucket",
    values: {
      sv: recorded("sv/<id>/<id>.mp4", REPLIES),
      video: recorded("video/<id>/<id>.mp4", REPLIES),
      workflow: recorded("original/workflow/<id>/<id>.mp4", REPLIES),
      customerTrans: recorded("customerTrans/<32 hex>/<id>.mp4", `${REPLIES}, and events of 2026`),
    },
  },
  imageUrl: {
    about: "the ImageURL of CreateUploadImage",
    values: {
      presigned: recorded("presigned with V1 for 3600 seconds", REPLIES),
      cdn: documented("plain, as a CDN domain has it", "API page of CreateUploadImage"),
    },
  },
  transcoding: {
    about: "what becomes of a video that has arrived",
    values: {
      "at-once": recorded(
        "it is Normal, and TranscodeComplete follows FileUploadComplete",
        "messages of a production account, 2026-08-19",
      ),
      slow: documented(
        "it is Transcoding for half a second, and until then GetMezzanineInfo tells no Size",
        "API page of GetMezzanineInfo: complete only after a stream is transcoded",
      ),
      none: documented(
        "it is Normal, and no further event comes, as with the template group VOD_NO_TRANSCODE",
        "API page of CreateUploadVideo",
      ),
    },
  },
  beforeArrival: {
    about: "what GetMezzanineInfo says before the file has arrived",
    values: {
      "not-found": documented("404 InvalidFile.NotFound", "API page of GetMezzanineInfo"),
      uploading: guessed("a reply with the status Uploading", "by analogy with GetVideoInfo"),
    },
  },
  uploadEvent: {
    about: "the form of FileUploadComplete",
    values: {
      current: recorded(
        "with Status, and a FileUrl that is http whatever the endpoint",
        "messages of a production account, 2026-08-19",
      ),
      bare: guessed("without Status, FileUrl with the endpoint's scheme", "earlier emulators"),
    },
  },
  pullEvent: {
    about: "the event at the end of UploadMediaByURL",
    values: {
      UploadByURLComplete: documented("UploadByURLComplete", "VOD and IMS event pages"),
      URLUploadComplete: documented("URLUploadComplete", "API page of UploadMediaByURL"),
    },
  },
  pullLimit: {
    about: "the largest file that UploadMediaByURL pulls",
    values: {
      "20GB": documented("20 GB", "API page of UploadMediaByURL, 2026-10"),
      "5GB": documented("5 GB", "older copies of that page; IMS still says so"),
    },
  },
  pullRegions: {
    about: "where UploadMediaByURL is offered",
    values: {
      documented: documented(
        "cn-shanghai, cn-beijing, cn-shenzhen, ap-southeast-1 and us-west-1; refused elsewhere",
        "API page of UploadMediaByURL; what it is refused with is guessed",
      ),
      all: guessed("everywhere", "the page may be behind the service"),
    },
  },
  emptyFields: {
    about: "fields of a VOD reply that have no value",
    values: {
      "left-out": recorded("are left out", "a real reply of GetVideoInfo, 2018"),
      empty: documented("are empty texts", "samples of the API pages"),
    },
  },
  snapshots: {
    about: "Snapshots in GetVideoInfo",
    values: {
      wrapped: recorded(
        '{"Snapshot":[…]}',
        "a real reply of GetVideoInfo, 2018; alibabacloud_vod20170321 3.12.1",
      ),
      list: documented("a plain list, as in the actions that list", "older API pages"),
    },
  },
  lists: {
    about: "NonExists and NonExistVideoIds, and Size in GetVideoInfos",
    values: {
      json: documented("lists and numbers", "alibabacloud_vod20170321 3.12.1"),
      text: documented("JSON written as text, and numbers as text", "samples of the API pages"),
    },
  },
  pullErrorCode: {
    about: "the ErrorCode of a pull that succeeded",
    values: {
      none: documented("there is none", "API page of GetURLUploadInfos: the code of a failure"),
      "code-200": documented('"200"', "sample of the same page"),
    },
  },
  exposedHeaders: {
    about: "what the bucket's CORS rule exposes to pages of the origins that were named",
    values: {
      needed: documented(
        "exposes ETag, x-oss-request-id and x-oss-hash-crc64ecma, as ali-oss asks for",
        "help page: Set CORS; README of ali-oss",
      ),
      none: documented("exposes nothing: a rule without ExposeHeader", "help page: PutBucketCors"),
    },
  },
} as const satisfies Readonly<Record<string, Declaration>>;

/** The name of a habit. */
export type HabitName = keyof typeof HABITS;

/** One value per habit, such as `{ credentials: "fresh", expiredToken: "invalid" }`. */
export type Habits = {
  -readonly [N in HabitName]: keyof (typeof HABITS)[N]["values"] & string;
};

export const HABIT_NAMES = Object.keys(HABITS) as HabitName[];

/** The values of a habit, its default first: no name may look like a number, or it would be moved forward. */
export function habitValues(name: HabitName): [string, HabitValue][] {
  return Object.entries<HabitValue>(HABITS[name].values);
}

/** All habits: those that are given, the others at their default. Throws a RangeError for what is not in the table. */
export function chooseHabits(given: Partial<Habits> = {}): Habits {
  for (const [name, value] of Object.entries(given)) checkHabit(name, value);
  const defaults = HABIT_NAMES.map((name) => [name, habitValues(name)[0]?.[0]]);
  return { ...Object.fromEntries(defaults), ...given };
}

function checkHabit(name: string, value: unknown): void {
  if (!Object.hasOwn(HABITS, name)) {
    throw new RangeError(`there is no habit \`${name}\`: there are ${HABIT_NAMES.join(", ")}`);
  }
  const values = habitValues(name as HabitName).map(([candidate]) => candidate);
  if (typeof value === "string" && values.includes(value)) return;
  const said = typeof value === "string" ? `\`${value}\`` : `a ${typeof value}`;
  throw new RangeError(
    `habit \`${name}\`: ${said} is none of its values: there are ${values.join(", ")}`,
  );
}

/** `expiredToken=invalid`, as a command line says it. Throws a RangeError with a sentence when the text is none. */
export function parseHabit(text: string): Partial<Habits> {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(checkedText("text", text)) ?? [];
  if (name === undefined) {
    throw new RangeError(`\`${text}\` is no habit: write NAME=VALUE, such as credentials=fresh`);
  }
  checkHabit(name, value);
  return { [name]: value };
}

/** A value for each habit, the same for the same seed: any of them may be what a client meets. */
export function drawHabits(seed: number): Habits {
  const next = random(checkedNumber("seed", seed));
  const drawn = HABIT_NAMES.map((name) => {
    const values = habitValues(name);
    return [name, values[Math.floor(next() * values.length)]?.[0]];
  });
  return Object.fromEntries(drawn);
}

/** mulberry32: small, and good enough to choose by. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
