// The peak memory of this process, in KiB.
import { readFileSync } from "node:fs";

/** Linux's VmHWM counts this process alone; what getrusage says also counts the parent it was forked from. */
export function peakKib(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}
