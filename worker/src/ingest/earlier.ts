// Requests that earlier versions have stored are read as if they were written today.
import type { IngestRequest } from "../api/schema.ts";

type Earlier = IngestRequest & { headers?: NonNullable<IngestRequest["sourceHeaders"]> };

/** `sourceHeaders` were called `headers`. */
export function asWrittenNow({ headers, ...request }: Earlier): IngestRequest {
  return headers === undefined ? request : { ...request, sourceHeaders: headers };
}
