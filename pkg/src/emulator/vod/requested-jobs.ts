/** The jobs a call names, by JobIds or else by URLs. */
import type { UrlJob } from "../store/url-jobs.ts";
import type { World } from "../world.ts";
import { invalidParameter, missingParameter } from "./errors.ts";
import type { Parameters } from "./parameters.ts";
import { urlList } from "./url-list.ts";

const MAX_NAMES = 10;
const MAX_ROWS_PER_URL = 100;

/** `urlsName` because one action writes UploadURLs and another UploadUrls. */
export function requestedJobs(
  world: World,
  parameters: Parameters,
  urlsName: "UploadURLs" | "UploadUrls",
): { jobs: UrlJob[]; nonExists: string[] } {
  const ids = (parameters.text("JobIds") ?? "").split(",").filter(Boolean);
  if (ids.length > MAX_NAMES) throw invalidParameter("JobIds", `it takes at most ${MAX_NAMES}.`);
  const byId = ids.length > 0;
  const names = byId ? ids : urlList(parameters, urlsName, MAX_NAMES);
  if (names.length === 0) throw missingParameter("JobIds");
  const find = (name: string) =>
    byId
      ? [world.urlJobs.find(name) ?? []].flat()
      : world.urlJobs.findByUrl(name).slice(0, MAX_ROWS_PER_URL);
  return {
    jobs: names.flatMap(find),
    nonExists: names.filter((name) => find(name).length === 0),
  };
}
