// Requests as they arrive at an emulator of this process, with what its log leaves out: headers and query.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";

export interface WireRequest {
  /** As the API names it: `CreateUploadVideo`, `PutObject`, `UploadPart` … */
  operation: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

export interface Wire {
  /** All since the start, or since the last `clear`. */
  readonly requests: WireRequest[];
  clear(): void;
  /** The operations whose requests carry this header or parameter, sorted, each once. */
  carriers(name: string): string[];
  /** What those requests carry, each value once. */
  values(name: string): string[];
  stop(): void;
}

const CHANNEL = "http.server.request.start";

/** Listens in on the server at this URL. */
export function listenIn(url: string): Wire {
  const port = Number(new URL(url).port);
  const requests: WireRequest[] = [];
  const hear = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    if (request.socket.localPort === port) requests.push(seen(request));
  };
  subscribe(CHANNEL, hear);
  const value = ({ headers, query }: WireRequest, name: string) =>
    query.get(name) ?? headers[name.toLowerCase()];
  const carrying = (name: string) => requests.filter((one) => value(one, name) !== undefined);
  return {
    requests,
    clear: () => void requests.splice(0),
    carriers: (name) => unique(carrying(name).map(({ operation }) => operation)),
    values: (name) => unique(carrying(name).map((one) => value(one, name) ?? "")),
    stop: () => void unsubscribe(CHANNEL, hear),
  };
}

function unique(list: string[]): string[] {
  return [...new Set(list)].sort();
}

function seen(request: IncomingMessage): WireRequest {
  const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://h");
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, all]) => [name, all?.join() ?? ""]),
  );
  return { operation: operationOf(request, headers, query), path: pathname, headers, query };
}

function operationOf(
  { method }: IncomingMessage,
  headers: WireRequest["headers"],
  query: URLSearchParams,
): string {
  if (headers["x-acs-action"] !== undefined) return headers["x-acs-action"];
  if (query.has("uploads")) return "InitiateMultipartUpload";
  if (method === "PUT") return query.has("partNumber") ? "UploadPart" : "PutObject";
  if (method === "POST" && query.has("uploadId")) return "CompleteMultipartUpload";
  return `${method}`;
}
