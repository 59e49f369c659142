// Who may call: whoever sends a bearer token whose SHA-256 is known. The tokens themselves are nowhere.

import { invalid } from "../arguments.ts";
import { utf8 } from "./base64.ts";
import { type Problem, problem } from "./problem.ts";

const SCOPES = ["create", "resume", "abort"] as const;

/** What a token is good for: beginning an ingest, going on with one, giving one up. */
export type IngestScope = (typeof SCOPES)[number];

/** A bearer token, by its digest. */
export interface IngestToken {
  /** SHA-256 of the token, 64 hex digits: `openssl rand -hex 32` makes a token, `printf %s "$TOKEN" | sha256sum` this. */
  sha256: string;
  /** What it is good for; for everything unless told otherwise. */
  scopes?: readonly IngestScope[];
}

interface Known {
  digest: Uint8Array;
  scopes: readonly IngestScope[];
}

/** Checks bearer tokens. */
export class Gate {
  readonly #known: readonly Known[];

  /** @throws VodliftError `invalid_argument`, naming `tokens`. */
  constructor(tokens: readonly (string | IngestToken)[] = []) {
    this.#known = tokens.map((token) =>
      known(typeof token === "string" ? { sha256: token } : token),
    );
  }

  /** Why a request may not do this; nothing if it may. */
  async refuses(request: Request, scope: IngestScope): Promise<Problem | undefined> {
    if (this.#known.length === 0) return NOT_CONFIGURED;
    const header = request.headers.get("authorization") ?? "";
    const given = /^Bearer +(\S+) *$/i.exec(header)?.[1];
    if (given === undefined) return unauthorized("a bearer token is needed");
    const scopes = await this.#scopes(given);
    if (scopes === undefined) return unauthorized("the bearer token is not known");
    if (scopes.includes(scope)) return undefined;
    return problem(403, {
      code: "forbidden",
      detail: `the bearer token is not good for \`${scope}\``,
      hint: "Use a token with that scope.",
    });
  }

  /** All digests are compared, and each to its end: the time tells nothing of what is known. */
  async #scopes(given: string): Promise<readonly IngestScope[] | undefined> {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(given)));
    let found: readonly IngestScope[] | undefined;
    for (const { digest: one, scopes } of this.#known) {
      const difference = one.reduce((sum, byte, at) => sum | (byte ^ (digest[at] ?? 0)), 0);
      if (difference === 0) found = scopes;
    }
    return found;
  }
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

function known({ sha256, scopes = SCOPES }: IngestToken): Known {
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw invalid("tokens", "must hold SHA-256 digests of 64 hex digits, not tokens");
  }
  const unknown = scopes.find((scope) => !SCOPES.includes(scope));
  if (unknown !== undefined) {
    throw invalid("tokens", `may have the scopes ${SCOPES.join(", ")}, not ${String(unknown)}`);
  }
  const digest = Uint8Array.from(sha256.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return { digest, scopes };
}
