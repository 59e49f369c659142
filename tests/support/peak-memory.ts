// Preloaded into a child process (`node --import`): at its exit, writes its peak memory in KiB to file descriptor 3.
import { writeSync } from "node:fs";
import { peakKib } from "./peak-kib.ts";

process.on("exit", () => {
  writeSync(3, String(peakKib()));
});
