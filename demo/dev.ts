// `make dev`: emulator, Worker and dashboard on free local ports, until Ctrl-C. With DEV=--allow-private the sources and
// callbacks that a client names may be on loopback and in private networks.
import { startEmulator } from "vodlift/emulator";
import { startWorker } from "../tests/support/worker.ts";
import { cleanUp, onCleanUp } from "./cleanup.ts";

try {
  const allowPrivate = process.argv.includes("--allow-private");
  const emulator = await startEmulator({ allowPrivate });
  onCleanUp(() => emulator.close());
  const worker = await startWorker({
    service: emulator,
    allowPrivateSources: allowPrivate,
    settings: { VODLIFT_HOST_NAMES: "127.0.0.1,localhost" },
  });
  onCleanUp(() => worker.close());

  const { endpoint, accessKeyId, accessKeySecret, region, bucket, dir } = emulator;
  const keys = { endpoint, accessKeyId, accessKeySecret, region, bucket, dir };
  console.log(`ready ${JSON.stringify({ worker: worker.url, token: worker.token, ...keys })}`);
  console.error(`\ndashboard ${worker.url}/   token ${worker.token}\n\ncurl -H 'Authorization: Bearer ${worker.token}' ${worker.url}/v1/ingests \\
  -d '{"url": "https://example.com/film.mp4", "title": "Film"}'\n\nCtrl-C ends it.`);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  await cleanUp();
  process.exit(1);
}
