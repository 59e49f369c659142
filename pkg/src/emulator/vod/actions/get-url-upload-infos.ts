/** GetURLUploadInfos: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-geturluploadinfos */
import type { UrlJob } from "../../store/url-jobs.ts";
import type { World } from "../../world.ts";
import { listField, type Reply } from "../answer.ts";
import { requestedJobs } from "../requested-jobs.ts";
import { utcSeconds } from "../utc.ts";
import type { VodAction } from "./index.ts";

export const getUrlUploadInfos: VodAction = {
  name: "GetURLUploadInfos",
  run: async ({ world, parameters }) => {
    const { jobs, nonExists } = requestedJobs(world, parameters, "UploadURLs");
    return {
      URLUploadInfoList: jobs.map((job) => describe(world, job)),
      NonExists: listField(world, nonExists),
    };
  },
};

function describe({ habits }: World, job: UrlJob): Reply {
  const { completed, size } = job;
  const success = habits.pullErrorCode === "code-200" ? "200" : "";
  return {
    JobId: job.id,
    UploadURL: job.url,
    Status: job.status,
    MediaId: job.mediaId ?? "",
    CreationTime: utcSeconds(new Date(job.created)),
    CompleteTime: completed === undefined ? "" : utcSeconds(new Date(completed)),
    // A text, as at the service.
    FileSize: size === undefined ? "" : String(size),
    ErrorCode: job.error?.code ?? (job.status === "SUCCESS" ? success : ""),
    ErrorMessage: job.error?.message ?? "",
    UserData: job.parameters.UserData ?? "",
  };
}
