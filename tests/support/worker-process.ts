// The Worker in a process of its own, for tests that kill it: `node worker-process.ts <WorkerOptions as JSON>`.
import { startWorker, type WorkerOptions } from "./worker.ts";

const worker = await startWorker(JSON.parse(process.argv[2] ?? "") as WorkerOptions);
console.log(`ready ${worker.url}`);
