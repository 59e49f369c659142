import { isError } from "../kinds.ts";
import type { Failure, FailureKind } from "../wasm/core.js";

/** Why an effect ends without a reply, on its way through promises. */
export class HostFailure extends Error {
  override readonly name = "HostFailure";
  readonly kind: FailureKind;
  /** The source's reply, where that is what failed. */
  readonly reply: { status: number; headers: [string, string][] } | undefined;

  constructor(kind: FailureKind, message: string, reply?: HostFailure["reply"]) {
    super(message);
    this.kind = kind;
    this.reply = reply;
  }

  /** What the core is told. */
  toData(): Failure {
    return { kind: this.kind, message: this.message, ...this.reply };
  }
}

/** Blames `kind` for an error, unless somebody nearer has already said whose fault it is. */
export function failureFrom(error: unknown, kind: FailureKind): HostFailure {
  if (error instanceof HostFailure) return error;
  return new HostFailure(truer(error, kind), describe(error));
}

/** What the error itself says of its kind. */
function truer(error: unknown, kind: FailureKind): FailureKind {
  if (isShortOfHandles(error)) return "no_handle";
  if (isUntrusted(error)) return UNTRUSTED[kind] ?? kind;
  if (isMalformed(error)) return MALFORMED[kind] ?? kind;
  return kind;
}

const UNTRUSTED: Partial<Record<FailureKind, FailureKind>> = {
  network: "untrusted",
  source_network: "source_untrusted",
};

const MALFORMED: Partial<Record<FailureKind, FailureKind>> = {
  network: "malformed",
  source_network: "source_malformed",
  source_short: "source_malformed",
};

/** Each runtime has codes of its own for it, and they all say "certificate". An alert is about a certificate of ours. */
function isUntrusted(error: unknown): boolean {
  const said = systemError(error) ?? error;
  return isError(said) && /certificate/i.test(said.message) && !/alert/i.test(said.message);
}

/** This process (EMFILE) or machine (ENFILE) has no file handle left. */
export function isShortOfHandles(error: unknown): boolean {
  return ["EMFILE", "ENFILE"].includes(systemError(error)?.code ?? "");
}

/** Codes of parsers: Node's, undici's, Bun's. Deno's `fetch` has words only. */
const PARSERS =
  /^(HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|Malformed_HTTP|InvalidHTTPResponse|InvalidContentLength)/;
const PARSER_WORDS =
  /does not match the HTTP\/1\.1 protocol|message head is too large|invalid (HTTP|content-length)\b.* parsed/i;

function isMalformed(error: unknown): boolean {
  const code = systemError(error)?.code;
  if (code !== undefined) return PARSERS.test(code);
  const said = isError(error) ? `${error.message} ${causeText(error)}` : "";
  return PARSER_WORDS.test(said);
}

function causeText({ cause }: Error): string {
  return isError(cause) ? cause.message : "";
}

const MAX_TEXT = 200;

/**
 * The runtime's own words for an error: its code and the host it is about if it has them, else its text without URLs,
 * which may hold signatures.
 */
export function describe(error: unknown): string {
  const system = systemError(error);
  if (system !== undefined) {
    const words = system.code.startsWith("HPE_") ? `(${system.message})` : undefined;
    return [system.code, words, hostOf(system)].filter(Boolean).join(" ");
  }
  return wordsOf(error);
}

/** The text of an error without URLs, which may hold signatures. */
export function wordsOf(error: unknown): string {
  return ownWords(error)
    .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"')]+/gi, "(url)")
    .slice(0, MAX_TEXT);
}

/** Whatever was thrown may throw again when it is looked at. */
function ownWords(error: unknown): string {
  try {
    return isError(error) ? String(error.message || error.name) : String(error);
  } catch {
    return "it does not say why";
  }
}

interface SystemError extends Error {
  code: string;
  hostname?: string;
  address?: string;
  port?: number;
}

/** `ECONNRESET` and the like; `fetch` hides it in the cause, a dual-stack connect in a list. */
function systemError(error: unknown): SystemError | undefined {
  try {
    return systemErrorOf(error);
  } catch {
    // It is none of the system's, if it throws when it is looked at.
    return undefined;
  }
}

function systemErrorOf(error: unknown): SystemError | undefined {
  if (!isError(error)) return undefined;
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return systemErrorOf(errors[0]);
  if (typeof code === "string" && code !== "") return error as SystemError;
  return systemErrorOf(error.cause);
}

function hostOf({ hostname, address, port }: SystemError): string | undefined {
  return hostname ?? (address && `${address}:${port}`);
}
