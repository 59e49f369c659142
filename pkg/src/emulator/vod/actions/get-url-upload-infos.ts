/** GetURLUploadInfos: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-geturluploadinfos */
import type { UrlJob } from "../../store/url-jobs.ts";
import type { Reply } from "../answer.ts";
import { requestedJobs } from "../requested-jobs.ts";
import { utcSeconds } from "../utc.ts";
import type { VodAction } from "./index.ts";

export const getUrlUploadInfos: VodAction = {
  name: "GetURLUploadInfos",
  run: async ({ world, parameters }) => {
    const { jobs, nonExists } = requestedJobs(world, parameters, "UploadURLs");
    return { URLUploadInfoList: jobs.map(describe), NonExists: nonExists };
  },
};

function describe(job: UrlJob): Reply {
  const { completed, size } = job;
  return {
    JobId: job.id,
    UploadURL: job.url,
    Status: job.status,
    MediaId: job.mediaId ?? "",
    CreationTime: utcSeconds(new Date(job.created)),
    CompleteTime: completed === undefined ? "" : utcSeconds(new Date(completed)),
    // A text, as at the service.
    FileSize: size === undefined ? "" : String(size),
    ErrorCode: job.error?.code ?? "",
    ErrorMessage: job.error?.message ?? "",
    UserData: job.parameters.UserData ?? "",
  };
}
