/** Runs an emulator for memory.test.ts and tells its peak memory when asked. */
import { startEmulator } from "../support/emulator.ts";

const emulator = await startEmulator({ allowPrivate: true });
const { endpoint, accessKeyId, accessKeySecret, region, bucket, dir } = emulator;
process.send?.({ endpoint, accessKeyId, accessKeySecret, region, bucket, dir });
process.on("message", () => process.send?.(process.resourceUsage().maxRSS / 1024));
for (const end of ["disconnect", "SIGTERM"]) {
  process.on(end, () => void emulator.close().then(() => process.exit()));
}
