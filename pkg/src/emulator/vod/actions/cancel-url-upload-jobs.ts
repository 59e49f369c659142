/**
 * CancelUrlUploadJobs: only jobs that still wait; one that has begun goes on.
 * https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-cancelurluploadjobs
 */
import { requestedJobs } from "../requested-jobs.ts";
import type { VodAction } from "./index.ts";

export const cancelUrlUploadJobs: VodAction = {
  name: "CancelUrlUploadJobs",
  run: async ({ world, parameters }) => {
    const { jobs, nonExists } = requestedJobs(world, parameters, "UploadUrls");
    const canceled: string[] = [];
    for (const { id } of jobs) {
      if (await world.urlJobs.cancel(id)) canceled.push(id);
    }
    return { CanceledJobs: canceled, NonExists: nonExists };
  },
};
