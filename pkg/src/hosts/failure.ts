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
  return new HostFailure((isUntrusted(error) && UNTRUSTED[kind]) || kind, describe(error));
}

const UNTRUSTED: Partial<Record<FailureKind, FailureKind>> = {
  network: "untrusted",
  source_network: "source_untrusted",
};

/** Each runtime has codes of its own for it, and they all say "certificate". An alert is about a certificate of ours. */
function isUntrusted(error: unknown): boolean {
  const said = systemError(error) ?? error;
  return said instanceof Error && /certificate/i.test(said.message) && !/alert/i.test(said.message);
}

const MAX_TEXT = 200;

/**
 * The runtime's own words for an error: its code and the host it is about if it has them, else its text without URLs,
 * which may hold signatures.
 */
export function describe(error: unknown): string {
  const system = systemError(error);
  if (system !== undefined) return [system.code, hostOf(system)].filter(Boolean).join(" ");
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"')]+/gi, "(url)").slice(0, MAX_TEXT);
}

interface SystemError extends Error {
  code: string;
  hostname?: string;
  address?: string;
  port?: number;
}

/** `ECONNRESET` and the like; `fetch` hides it in the cause, a dual-stack connect in a list. */
function systemError(error: unknown): SystemError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (error instanceof AggregateError) return systemError(error.errors[0]);
  if (typeof code === "string" && code !== "") return error as SystemError;
  return systemError(error.cause);
}

function hostOf({ hostname, address, port }: SystemError): string | undefined {
  return hostname ?? (address && `${address}:${port}`);
}
