/** Sends an answer: common headers, faults of the answer itself, and a clean end to a body nobody read. */
import { once } from "node:events";
import { ConnectionLost, drain, paceOf } from "./body.ts";
import { corsHeaders } from "./door.ts";
import type { Answer, Exchange, FileRange } from "./exchange.ts";
import { readRange } from "./store/files.ts";
import { now, type World } from "./world.ts";

/** `close-at-once` answers over an unread body and drops the connection: the sender may see a broken pipe instead. */
export type Ending = "keep" | "close-at-once";

export async function sendAnswer(
  world: World,
  exchange: Exchange,
  answer: Answer,
  ending: Ending,
): Promise<void> {
  const { response, request, info } = exchange;
  const drained = ending === "keep" && (await drain(exchange));
  if (response.destroyed) throw new ConnectionLost("the client went away before the answer");
  const skew = exchange.faults.find("clock-skew")?.ms ?? 0;
  const length = bodyLength(answer.body);
  response.writeHead(answer.status, {
    Server: "AliyunOSS",
    Date: new Date(now(world) + skew).toUTCString(),
    // A page must not take for its own what it was given as an image or a script.
    "X-Content-Type-Options": "nosniff",
    ...corsHeaders(world.door, exchange.headers, world.habits.exposedHeaders),
    ...answer.headers,
    ...(hasLength(answer, exchange.method) ? { "Content-Length": String(length) } : {}),
    ...(drained ? {} : { Connection: "close" }),
    ...wrongCrc(exchange, answer),
  });
  info.status = answer.status;
  if (answer.code !== undefined) info.code = answer.code;
  if (exchange.method !== "HEAD") await sendBody(world, exchange, answer.body, length);
  await endResponse(exchange);
  if (!drained) request.socket.destroySoon();
}

/** HEAD answers carry the length of the body they leave out, set by their handler; 204 and 304 carry none. */
function hasLength(answer: Answer, method: string): boolean {
  return method !== "HEAD" && answer.status !== 204 && answer.status !== 304;
}

function bodyLength(body: Answer["body"]): number {
  if (body === undefined) return 0;
  if (typeof body === "string") return Buffer.byteLength(body);
  return Buffer.isBuffer(body) ? body.length : body.end - body.start;
}

async function sendBody(
  world: World,
  exchange: Exchange,
  body: Answer["body"],
  length: number,
): Promise<void> {
  const half = exchange.faults.find("truncate-answer") ? Math.floor(length / 2) : undefined;
  if (body !== undefined && length > 0) {
    if (typeof body === "string" || Buffer.isBuffer(body)) {
      const bytes = Buffer.from(body).subarray(0, half);
      exchange.response.write(bytes);
      exchange.info.bytesSent += bytes.length;
    } else {
      const end = half === undefined ? body.end : body.start + half;
      await sendFile(world, exchange, { ...body, end });
    }
  }
  if (half === undefined) return;
  // Let what was written leave before the cut, so that the client sees a short answer and not none.
  await new Promise((resolve) => setTimeout(resolve, 20));
  exchange.request.socket.destroy();
  throw new ConnectionLost("fault: truncate-answer");
}

async function sendFile(world: World, exchange: Exchange, range: FileRange): Promise<void> {
  const { response, info } = exchange;
  const pace = paceOf(world.bandwidth);
  const atOnce = world.bandwidth === undefined ? 512 * 1024 : 16 * 1024;
  for await (const chunk of readRange(range.path, { ...range, atOnce })) {
    if (response.destroyed) throw new ConnectionLost("the client went away while reading");
    await pace(chunk.length);
    info.bytesSent += chunk.length;
    if (!response.write(chunk)) await drainedOrClosed(exchange);
  }
}

async function drainedOrClosed({ response }: Exchange): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  await Promise.race([
    once(response, "drain", { signal }),
    once(response, "close", { signal }),
  ]).finally(() => stop.abort());
}

async function endResponse({ response }: Exchange): Promise<void> {
  if (response.destroyed) throw new ConnectionLost("the client went away before the answer's end");
  await new Promise<void>((resolve) => {
    response.once("close", resolve);
    response.end(() => resolve());
  });
}

const CRC_HEADER = "x-oss-hash-crc64ecma";

function wrongCrc(exchange: Exchange, answer: Answer): Record<string, string> {
  const value = answer.headers?.[CRC_HEADER];
  if (value === undefined || !exchange.faults.find("wrong-crc")) return {};
  return { [CRC_HEADER]: BigInt.asUintN(64, BigInt(value) + 1n).toString() };
}
