// Preloaded into a child process (`node --import`): at its exit, writes its peak memory in KiB to file descriptor 3.
// Linux's VmHWM counts this process alone; what getrusage says also counts the parent it was forked from.
import { readFileSync, writeSync } from "node:fs";

function peakKib(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

process.on("exit", () => {
  writeSync(3, String(peakKib()));
});
