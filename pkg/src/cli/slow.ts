// The line of a slow request.
import type { SlowRequest } from "../index.ts";

/** `slow: PUT of part 2 to OSS (bucket.oss-cn-shanghai.aliyuncs.com), 300 s so far`. */
export function slowLine({ kind, method, host, partNumber, ms, status }: SlowRequest): string {
  const what = partNumber === undefined ? method : `${method} of part ${partNumber}`;
  const whom = kind === "source" ? "the source" : kind.toUpperCase();
  const end = status === undefined ? " so far" : `, answered ${status}`;
  return `slow: ${what} to ${whom} (${host}), ${Math.round(ms / 100) / 10} s${end}`;
}
