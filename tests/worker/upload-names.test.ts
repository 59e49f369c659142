// PUT /v1/uploads: how the file is named where only a title is given.
import assert from "node:assert/strict";
import { test } from "node:test";
import { mediaMade, startService } from "../support/service.ts";
import { startWorker } from "../support/worker.ts";

test("a title is no file name: the Content-Type tells the format, else its extension, else it is mp4", async () => {
  const service = await startService();
  const worker = await startWorker({ service });
  try {
    for (const [title, type, fileName] of [
      ["Launch 2026.11.22", "video/mp4", "Launch 2026.11.22.mp4"],
      ["Launch 2026.11.22", "Video/WebM; codecs=vp9", "Launch 2026.11.22.webm"],
      ["Launch 2026.11.22", "application/octet-stream", "Launch 2026.11.22.mp4"],
      ["Film.mov", "application/x-www-form-urlencoded", "Film.mov"],
      ["Film", undefined, "Film.mp4"],
    ] as const) {
      const response = await fetch(`${worker.url}/v1/uploads?${new URLSearchParams({ title })}`, {
        method: "PUT",
        headers: {
          authorization: `Bearer ${worker.token}`,
          ...(type !== undefined && { "content-type": type }),
        },
        body: new Uint8Array(1000),
      });
      const { mediaId, ...rest } = await response.json();
      assert.equal(response.status, 201, JSON.stringify(rest));
      const made = (await mediaMade(service)).find(({ id }) => id === mediaId);
      assert.deepEqual([made?.parameters.FileName, made?.parameters.Title], [fileName, title]);
    }
  } finally {
    await worker.close();
    await service.close();
  }
});
