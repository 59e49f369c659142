// What can be asked of the handler: an ingest is begun, gone on with, given up. Each takes a body and makes an answer.

import { Vodlift } from "../index.ts";
import type { Outcome } from "../wasm/core.js";
import { parseIngest, parseResume } from "./body.ts";
import { accountOf, type IngestHandlerOptions, sealSecret } from "./options.ts";
import { answer, isProblem, type Problem, problem, refuse } from "./problem.ts";
import { seal, sealingKey, unseal } from "./seal.ts";
import { runSlice, type Ticket } from "./slice.ts";

/** The whole media has arrived. */
export interface IngestDone extends Outcome {
  state: "done";
}

/** There is more to do. */
export interface IngestRunning {
  state: "running";
  /** Once VOD has given one. */
  mediaId?: string;
  /** Bytes that have arrived in whole parts. */
  bytes: number;
  /** In bytes, once it is known. */
  size?: number;
  /**
   * What the next request goes on from. It holds the checkpoint and the source's URL and headers, sealed, and no key or
   * token of ours: whoever has it and a bearer token goes on. 1 to 3 KB as a rule, below 256 KiB whatever the body held.
   * It stays good after it was used, so a lost answer is asked for again with the one before; but one slice at a time, as
   * two do the same work twice.
   */
  resume: string;
}

/** Given up. */
export interface IngestCanceled {
  state: "canceled";
  /** It stays in VOD, empty. */
  mediaId?: string;
}

/** One account's ingests. Nothing of them is kept here. */
export class Ingests {
  readonly #options: IngestHandlerOptions;
  readonly #vod: Vodlift;
  readonly #secret: string;
  #key: Promise<CryptoKey> | undefined;

  constructor(options: IngestHandlerOptions) {
    this.#options = options;
    this.#vod = new Vodlift(accountOf(options));
    this.#secret = sealSecret(options);
  }

  async begin(body: Record<string, unknown>, gone: AbortSignal): Promise<Response> {
    const ticket = parseIngest(body);
    return isProblem(ticket) ? refuse(ticket) : this.#slice(ticket, gone);
  }

  async goOn(body: Record<string, unknown>, gone: AbortSignal): Promise<Response> {
    const ticket = await this.#open(body);
    return isProblem(ticket) ? refuse(ticket) : this.#slice(ticket, gone);
  }

  async giveUp(body: Record<string, unknown>): Promise<Response> {
    const ticket = await this.#open(body);
    if (isProblem(ticket)) return refuse(ticket);
    const { checkpoint } = ticket;
    const canceled: IngestCanceled = { state: "canceled" };
    if (!checkpoint?.place) return answer(200, canceled);
    await this.#vod.abort(checkpoint);
    return answer(200, { ...canceled, mediaId: checkpoint.place.mediaId });
  }

  async #slice(ticket: Ticket, gone: AbortSignal): Promise<Response> {
    const end = await runSlice(this.#vod, ticket, this.#options, gone);
    if (end.state === "done") {
      const done: IngestDone = { state: "done", ...end.outcome };
      return answer(200, done);
    }
    if (end.state === "failed") {
      const resume = end.ticket && { resume: await this.#seal(end.ticket) };
      return refuse({ ...end.problem, ...resume });
    }
    const { place, source, bytesAccepted } = end.ticket.checkpoint;
    const running: IngestRunning = {
      state: "running",
      ...(place && { mediaId: place.mediaId }),
      bytes: bytesAccepted,
      ...(source.size !== undefined && { size: source.size }),
      resume: await this.#seal(end.ticket),
    };
    return answer(202, running);
  }

  async #seal(ticket: Ticket): Promise<string> {
    return seal(await this.#sealing(), ticket);
  }

  async #open(body: Record<string, unknown>): Promise<Ticket | Problem> {
    const parsed = parseResume(body);
    if (isProblem(parsed)) return parsed;
    const ticket = await unseal(await this.#sealing(), parsed.resume);
    // Only we can have written what opens.
    return (ticket as Ticket | undefined) ?? RESUME_INVALID;
  }

  /** Not before the first request: Workers do no cryptography while they load. */
  #sealing(): Promise<CryptoKey> {
    this.#key ??= sealingKey(this.#secret);
    return this.#key;
  }
}

const RESUME_INVALID = problem(400, {
  code: "resume_token_invalid",
  detail: "`resume` is no token of this service, or is not what it was",
  hint: "Send the `resume` of the last answer as it came.",
  field: "resume",
});
