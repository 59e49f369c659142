// Who may call: whoever sends a bearer token whose SHA-256 is known. The tokens themselves are nowhere.

import { got, invalid, list, record } from "../arguments.ts";
import { utf8 } from "../base64.ts";
import { type Problem, problem } from "./problem.ts";

/**
 * What a token is good for: beginning an ingest, going on with one, giving one up; and, beside `create`, putting bytes into any
 * media of the account by `replace` or `adopt` (`replace`), as nothing here knows whose one is.
 */
export type IngestScope = "create" | "resume" | "abort" | "replace";

const SCOPES: readonly IngestScope[] = ["create", "resume", "abort", "replace"];

/** A bearer token, by its digest. */
export interface IngestToken {
  /** SHA-256 of the token, 64 hex digits: `openssl rand -hex 32` makes a token, `printf %s "$TOKEN" | sha256sum` this. */
  sha256: string;
  /** What it is good for; for everything unless told otherwise. */
  scopes?: readonly IngestScope[];
  /** Tokens of one owner go on with each other's ingests, the old and the new one of a rotation for example. */
  owner?: string;
}

/** Who sent a request. */
export interface Caller {
  /** Whose ingests it goes on with. */
  owner: string;
  scopes: readonly IngestScope[];
}

interface Known extends Caller {
  digest: Uint8Array;
}

/** Checks bearer tokens. */
export class Gate {
  readonly #known: readonly Known[];

  /** @throws VodliftError `invalid_argument`, naming `tokens`. */
  constructor(tokens: readonly (string | IngestToken)[] = []) {
    this.#known = list("tokens", tokens).map((token) =>
      known(typeof token === "string" ? { sha256: token } : (record("tokens", token) as never)),
    );
  }

  /** Who sends a request, if they may do this. */
  async admit(request: Request, scope: IngestScope): Promise<Caller | Problem> {
    if (this.#known.length === 0) return NOT_CONFIGURED;
    const header = request.headers.get("authorization") ?? "";
    const given = /^Bearer +(\S+) *$/i.exec(header)?.[1];
    if (given === undefined) return unauthorized("a bearer token is needed");
    const caller = await this.#caller(given);
    if (caller === undefined) return unauthorized("the bearer token is not known");
    return caller.scopes.includes(scope) ? caller : scopeMissing(scope);
  }

  /** All digests are compared, and each to its end: the time tells nothing of what is known. */
  async #caller(given: string): Promise<Caller | undefined> {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(given)));
    let found: Caller | undefined;
    for (const known of this.#known) {
      const difference = known.digest.reduce(
        (sum, byte, at) => sum | (byte ^ (digest[at] ?? 0)),
        0,
      );
      if (difference === 0) found = known;
    }
    return found;
  }
}

export function scopeMissing(scope: IngestScope): Problem {
  return problem(403, {
    code: "forbidden",
    detail: `the bearer token is not good for \`${scope}\``,
    hint: "Use a token with that scope.",
  });
}

const NOT_CONFIGURED = problem(503, {
  code: "token_not_configured",
  detail: "no bearer token is configured, so this service is closed",
  hint: "Configure the SHA-256 of at least one token.",
});

function unauthorized(detail: string): Problem {
  return problem(401, {
    code: "unauthorized",
    detail,
    hint: "Send `Authorization: Bearer <token>`.",
  });
}

function known({ sha256, scopes = SCOPES, owner }: IngestToken): Known {
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw invalid("tokens", "must hold SHA-256 digests of 64 hex digits, not tokens");
  }
  const unknown = list("tokens", scopes).find((scope) => !SCOPES.includes(scope as IngestScope));
  if (unknown !== undefined) {
    throw invalid("tokens", `may have the scopes ${SCOPES.join(", ")}, ${got(unknown)}`);
  }
  const digest = Uint8Array.from(sha256.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (owner !== undefined && (typeof owner !== "string" || owner.trim() === "")) {
    throw invalid("tokens", "may have an owner that is a text, not empty");
  }
  return {
    digest,
    scopes,
    owner: owner === undefined ? `token:${sha256.toLowerCase()}` : `owner:${owner}`,
  };
}
