/** UploadMediaByURL, the service's own pull: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-uploadmediabyurl */
import { randomBytes } from "node:crypto";
import { endpointFor } from "../../endpoint.ts";
import type { UrlJob } from "../../store/url-jobs.ts";
import type { World } from "../../world.ts";
import { invalidParameter, missingParameter, VodError } from "../errors.ts";
import { checkReference, mediaExtension } from "../new-video.ts";
import { checkTags, Parameters } from "../parameters.ts";
import { checkStorage } from "../storage-location.ts";
import { urlList } from "../url-list.ts";
import type { VodAction, VodRequest } from "./index.ts";

const MAX_URLS = 20;
const PULL_REGIONS = new Set(
  "cn-shanghai cn-beijing cn-shenzhen ap-southeast-1 us-west-1".split(" "),
);
/** Not parameters of the media file that is made. */
const OF_THE_CALL = new Set(["UploadURLs", "UploadMetadatas", "SessionId"]);
const OF_THE_JOB = new Set(["SourceURL", "FileExtension", "ReferenceId"]);

export const uploadMediaByUrl: VodAction = {
  name: "UploadMediaByURL",
  run: async (request) => {
    const { world, exchange, parameters } = request;
    checkPullRegion(world);
    parameters.required("UploadURLs");
    const urls = urlList(parameters, "UploadURLs", MAX_URLS);
    parameters.json("UserData");
    checkStorage(world, parameters);
    const metadata = readMetadata(parameters);
    // All are checked before one is accepted.
    const jobs = urls.map((url) => describe(request, url, metadata.get(url)));
    const session = parameters.text("SessionId");
    if (session !== undefined) {
      if (!/^[A-Za-z0-9_-]{1,50}$/.test(session)) {
        throw invalidParameter("SessionId", "it must be up to 50 letters, digits, '_' and '-'.");
      }
      if (!world.sessions.use(session, exchange.arrived)) {
        throw invalidParameter("SessionId", "it was used within the last ten minutes.");
      }
    }
    for (const job of jobs) {
      await world.urlJobs.save(job);
      world.urlPull.enqueue(world, job);
    }
    return { UploadJobs: jobs.map(({ id, url }) => ({ JobId: id, SourceURL: url })) };
  },
};

function checkPullRegion({ habits, settings }: World): void {
  if (habits.pullRegions === "all" || PULL_REGIONS.has(settings.region)) return;
  throw new VodError(
    400,
    "InvalidRegionId.NotSupported",
    `UploadMediaByURL is not offered in ${settings.region}.`,
  );
}

/** By SourceURL. One that matches no URL has no effect, as at the service. */
function readMetadata(parameters: Parameters): Map<string, Parameters> {
  const value = parameters.json("UploadMetadatas");
  if (value === undefined) return new Map();
  if (!Array.isArray(value)) throw invalidParameter("UploadMetadatas", "it must be a JSON array.");
  return new Map(
    value.map((entry: unknown) => {
      if (typeof entry !== "object" || entry === null) {
        throw invalidParameter("UploadMetadatas", "each entry must be a JSON object.");
      }
      const own = new Parameters(
        Object.entries(entry).map(([name, field]) => [name, String(field)] as const),
      );
      return [checkMetadata(own), own] as const;
    }),
  );
}

function checkMetadata(own: Parameters): string {
  const required = (name: string): string => {
    const value = own.text(name);
    if (value === undefined) throw missingParameter(`UploadMetadatas.${name}`);
    return value;
  };
  required("Title");
  own.limited("Title", 128);
  own.limited("Description", 1024);
  checkTags(own);
  own.integer("FileSize");
  own.integer("CateId");
  return required("SourceURL");
}

function describe(request: VodRequest, url: string, own: Parameters | undefined): UrlJob {
  const { world, exchange, parameters } = request;
  const path = pathOf(url);
  const extension = own?.text("FileExtension")?.replace(/^\./, "");
  const fileName = path.slice(path.lastIndexOf("/") + 1);
  const referenceId = checkReference(world, own?.text("ReferenceId"));
  const outer = without(parameters.business(), OF_THE_CALL);
  return {
    id: randomBytes(16).toString("hex"),
    url,
    extension: mediaExtension(extension === undefined ? path : `.${extension}`),
    ...(referenceId === undefined ? {} : { referenceId }),
    created: exchange.arrived,
    // What is said of one file beats what is said of all.
    parameters: { Title: fileName, ...outer, ...without(own?.business() ?? {}, OF_THE_JOB) },
    endpoint: endpointFor(world, exchange),
    status: "PENDING",
  };
}

function pathOf(text: string): string {
  try {
    const url = new URL(text);
    if (url.protocol === "http:" || url.protocol === "https:") return url.pathname;
  } catch {}
  throw invalidParameter("UploadURLs", "each must be an http or https URL.");
}

function without(values: Record<string, string>, names: ReadonlySet<string>) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.has(name)));
}
