// What can be asked of the handler: an ingest is begun, gone on with, given up. Each takes a body and makes an answer.

import { Vodlift, VodliftError } from "../index.ts";
import type { Outcome } from "../wasm/core.js";
import { parseIngest, parseResume } from "./body.ts";
import { accountOf, type IngestHandlerOptions, sealSecrets } from "./options.ts";
import { answer, isProblem, type Problem, problem, refuse } from "./problem.ts";
import { seal, sealingKey, unseal } from "./seal.ts";
import { runSlice, type Ticket } from "./slice.ts";
import { type Caller, scopeMissing } from "./tokens.ts";

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
   * token of ours: whoever began the ingest goes on, by the same bearer token or one of the same `owner`, until `resumeMs`
   * have passed. 1 to 3 KB as a rule, below 256 KiB whatever the body held. It stays good after it was used, so a lost answer is asked for again with the one before; but one slice at a time, as
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

async function refusedOption(options: IngestHandlerOptions): Promise<Problem | undefined> {
  const { allowHosts, denyHosts, maxBytes } = options;
  const given = Object.entries({ allowHosts, denyHosts, maxBytes });
  const places = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  try {
    // No key is asked for: whether those are good only VOD can tell.
    const account = { ...accountOf(options), accessKeyId: "id", accessKeySecret: "secret" };
    const { credentials, securityToken, ...rest } = account;
    await new Vodlift(rest).check(
      "video",
      { url: "https://example.com/f.mp4" },
      { title: "f.mp4", ...places },
    );
  } catch (error) {
    if (!(error instanceof VodliftError) || error.code !== "invalid_argument") return undefined;
    return problem(503, {
      code: "setting_invalid",
      detail: error.message,
      hint: "Correct this option of the handler.",
    });
  }
  return undefined;
}

/** One account's ingests. Nothing of them is kept here. */
export class Ingests {
  readonly #options: IngestHandlerOptions;
  readonly #vod: Vodlift;
  readonly #secrets: readonly string[];
  readonly #lifeMs: number;
  #keys: Promise<CryptoKey[]> | undefined;
  #closed: Promise<Problem | undefined> | undefined;

  constructor(options: IngestHandlerOptions) {
    this.#options = options;
    this.#vod = new Vodlift(accountOf(options));
    this.#secrets = sealSecrets(options);
    this.#lifeMs = options.resumeMs ?? LIFE_MS;
  }

  /** Why nothing is taken, whatever is asked for: an option that the core does not take. It is asked once. */
  closed(): Promise<Problem | undefined> {
    this.#closed ??= refusedOption(this.#options);
    return this.#closed;
  }

  async begin(body: Record<string, unknown>, caller: Caller, gone: AbortSignal): Promise<Response> {
    const ticket = parseIngest(body);
    if (isProblem(ticket)) return refuse(ticket);
    const { replace, adopt } = ticket.options;
    // Both reach media that somebody else has begun: `adopt` tells a media id, and may put bytes into it.
    const reaches = replace !== undefined || (adopt !== undefined && adopt !== false);
    if (reaches && !caller.scopes.includes("replace")) {
      return refuse(scopeMissing("replace"));
    }
    return this.#slice(ticket, caller, gone);
  }

  async goOn(body: Record<string, unknown>, caller: Caller, gone: AbortSignal): Promise<Response> {
    const ticket = await this.#open(body, caller);
    return isProblem(ticket) ? refuse(ticket) : this.#slice(ticket, caller, gone);
  }

  async giveUp(body: Record<string, unknown>, caller: Caller): Promise<Response> {
    const ticket = await this.#open(body, caller);
    if (isProblem(ticket)) return refuse(ticket);
    const { checkpoint } = ticket;
    const canceled: IngestCanceled = { state: "canceled" };
    if (!checkpoint?.place) return answer(200, canceled);
    // It was sealed here, maybe with other keys of the same role.
    await this.#vod.abort(checkpoint, { ownMediaOnly: false });
    return answer(200, { ...canceled, mediaId: checkpoint.place.mediaId });
  }

  async #slice(ticket: Ticket, caller: Caller, gone: AbortSignal): Promise<Response> {
    const end = await runSlice(this.#vod, ticket, caller, this.#options, gone);
    if (end.state === "done") {
      const done: IngestDone = { state: "done", ...end.outcome };
      return answer(200, done);
    }
    if (end.state === "failed") {
      const resume = end.ticket && { resume: await this.#seal(end.ticket, caller) };
      return refuse({ ...end.problem, ...resume });
    }
    const { place, source, bytesAccepted } = end.ticket.checkpoint;
    const running: IngestRunning = {
      state: "running",
      ...(place && { mediaId: place.mediaId }),
      bytes: bytesAccepted,
      ...(source.size !== undefined && { size: source.size }),
      resume: await this.#seal(end.ticket, caller),
    };
    return answer(202, running);
  }

  async #seal(ticket: Ticket, { owner }: Caller): Promise<string> {
    const [key] = await this.#sealing();
    const issued = Date.now();
    const token: Token = { owner, issued, expires: issued + this.#lifeMs, ticket };
    // There is one at least.
    return seal(key as CryptoKey, token);
  }

  async #open(body: Record<string, unknown>, { owner }: Caller): Promise<Ticket | Problem> {
    const parsed = parseResume(body);
    if (isProblem(parsed)) return parsed;
    // Only we can have written what opens.
    const token = (await this.#opened(parsed.resume)) as Partial<Token> | undefined;
    // Another caller's is answered as what is none.
    if (token?.ticket === undefined || token.owner !== owner) return RESUME_INVALID;
    const { issued = Number.POSITIVE_INFINITY, expires = 0 } = token;
    // A shorter life holds for what was issued before, too.
    const now = Date.now();
    const isLate = now >= Math.min(expires, issued + this.#lifeMs);
    return isLate || issued > now + CLOCKS_MS ? RESUME_EXPIRED : asWrittenNow(token.ticket);
  }

  async #opened(resume: string): Promise<unknown> {
    for (const key of await this.#sealing()) {
      const opened = await unseal(key, resume);
      if (opened !== undefined) return opened;
    }
    return undefined;
  }

  /** The first seals, all open. Not before the first request: Workers do no cryptography while they load. */
  #sealing(): Promise<CryptoKey[]> {
    this.#keys ??= Promise.all(this.#secrets.map((secret) => sealingKey(secret)));
    return this.#keys;
  }
}

/** What is sealed. */
interface Token {
  /** Who may go on. */
  owner: string;
  /** In ms since the epoch. */
  issued: number;
  expires: number;
  ticket: Ticket;
}

/** A token of a version that had the source's headers beside its URL. */
function asWrittenNow({
  headers,
  ...ticket
}: Ticket & { headers?: Record<string, string> }): Ticket {
  if (headers === undefined) return ticket;
  return { ...ticket, options: { ...ticket.options, sourceHeaders: headers } };
}

const LIFE_MS = 24 * 3_600_000;
/** The clocks of two instances may differ by so much. */
const CLOCKS_MS = 5 * 60_000;

const RESUME_INVALID = problem(400, {
  code: "resume_token_invalid",
  detail: "`resume` is no token of this service, or is not what it was",
  hint: "Send the `resume` of the last answer as it came.",
  field: "resume",
});
const RESUME_EXPIRED = problem(400, {
  code: "resume_token_expired",
  detail: "`resume` is too old",
  hint: "Begin the ingest again; go on soon after each answer.",
  field: "resume",
  retryable: false,
});
