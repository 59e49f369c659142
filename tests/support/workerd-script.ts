// Runs in workerd: one scenario a request, with the package's own host or the way one would do it by hand.
import { Attempt } from "../../pkg/src/hosts/attempt.ts";
import { HostFailure } from "../../pkg/src/hosts/failure.ts";
import { createHost } from "../../pkg/src/hosts/workerd.ts";
import { bodySide, put, serviceSide } from "../../pkg/src/transfer.ts";
import { anyAddress, readerOf, request, upload } from "./transfer.ts";

/** What to do, and with what. */
export interface Scenario {
  /** `host` sends by the package, `naive` by a JavaScript stream and a Content-Length header. */
  by: "host" | "naive";
  /** Where to PUT. */
  sink: string;
  /** The length that is promised. */
  length: number;
  /** Sizes of the chunks that come, or the URL they come from. */
  source: number[] | string;
  /** The source breaks after its chunks. */
  breaks?: boolean;
  /** Stop after this many ms; for an upload that never ends by itself. */
  stopAfterMs?: number;
  idleMs?: number;
}

/** What became of it. */
export interface Report {
  status?: number;
  body?: string;
  sent?: number;
  failure?: string;
}

const host = createHost(anyAddress);

export default {
  async fetch(message: Request): Promise<Response> {
    const scenario: Scenario = await message.json();
    const report = scenario.by === "host" ? await byHost(scenario) : await naively(scenario);
    return Response.json(report);
  },
};

async function byHost(scenario: Scenario): Promise<Report> {
  const attempt = new Attempt();
  const canceled = new HostFailure("canceled", "called off");
  if (scenario.stopAfterMs) setTimeout(() => attempt.stop(canceled), scenario.stopAfterMs);
  const idleMs = scenario.idleMs ?? 30_000;
  try {
    const source = await sourceOf(attempt, scenario);
    const what = upload(scenario.sink, scenario.length, source, bodySide(idleMs));
    what.request.idleMs = idleMs;
    what.request.replyMs = idleMs;
    const { sent, reply } = await put(attempt, host, what);
    return { status: reply.status, body: reply.body, sent };
  } catch (error) {
    return { failure: error instanceof HostFailure ? error.kind : String(error) };
  } finally {
    attempt.end();
  }
}

async function sourceOf(attempt: Attempt, { source, breaks }: Scenario) {
  if (typeof source !== "string") return readerOf(...source, ...(breaks ? [broken()] : []));
  const opening = host.open(request("GET", source), true, attempt.signal);
  return (await attempt.wait(opening, serviceSide(30_000))).body;
}

async function naively({ source, breaks, sink, length }: Scenario): Promise<Report> {
  const reader = readerOf(...(source as number[]), ...(breaks ? [broken()] : []));
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await reader.read();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
  try {
    const headers = { "Content-Length": String(length) };
    const response = await fetch(sink, { method: "PUT", headers, body });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    return { failure: String(error) };
  }
}

function broken(): Error {
  return new Error("the source broke");
}
