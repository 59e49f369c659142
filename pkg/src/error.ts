import { needed, readable, text } from "./arguments.ts";
import { errorOf } from "./core.ts";
import type { Code, ErrorClass, Error as ErrorData } from "./wasm/core.js";

export type { Code, ErrorClass } from "./wasm/core.js";

/** The same in every copy of this package that a program has loaded. */
const BRAND = Symbol.for("vodlift.error");

/**
 * The one error of this package. Decide by `code` or `class`, show `message` and `hint`; neither ever holds a secret,
 * a signature or a URL's query.
 */
export class VodliftError extends Error {
  override readonly name = "VodliftError";
  /** @internal */
  get [BRAND](): true {
    return true;
  }
  /** What went wrong; stable between versions. `ErrorCode` says what each means. */
  readonly code: Code;
  /** Who has to act: the caller, the source, the owner of the keys, the service … */
  readonly class: ErrorClass;
  /** What to do, in one sentence. */
  readonly hint: string;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
  /** The service's own error code, such as `InvalidFileName.Extension`. */
  readonly serviceCode: string | undefined;
  /** The service's id of the failed request: its support asks for it. */
  readonly requestId: string | undefined;
  /** HTTP status of the reply, if there was one. */
  readonly status: number | undefined;

  /** What went wrong beside it, such as a checkpoint that could not be removed. */
  readonly warnings: readonly ErrorData[];

  /**
   * An error of your own that reads like this package's: class, hint and whether to retry follow from the code.
   *
   * ```ts
   * throw VodliftError.of("source_missing", "no film of that name", cause);
   * ```
   */
  static of(code: Code, message: string, cause?: unknown): VodliftError {
    return new VodliftError(errorOf(code, message), cause);
  }

  /** @internal */
  constructor(data: ErrorData, cause?: unknown, warnings: readonly ErrorData[] = []) {
    super(data.message, cause === undefined ? undefined : { cause });
    this.code = data.code;
    this.class = data.class;
    this.hint = data.hint;
    this.retryable = data.retryable;
    this.serviceCode = data.serviceCode;
    this.requestId = data.requestId;
    this.status = data.status;
    this.warnings = warnings;
  }

  /** What the error tells, as data: for logs and replies. */
  toJSON(): ErrorData & { warnings?: readonly ErrorData[] } {
    const { code, message, hint, retryable, serviceCode, requestId, status, warnings } = this;
    return {
      code,
      class: this.class,
      message,
      hint,
      retryable,
      ...(serviceCode !== undefined && { serviceCode }),
      ...(requestId !== undefined && { requestId }),
      ...(status !== undefined && { status }),
      ...(warnings.length > 0 && { warnings }),
    };
  }
}

/**
 * Whether it is an error of this package, also of another copy of it: bundled twice, or of another realm, where `instanceof`
 * says no.
 */
export function isVodliftError(error: unknown): error is VodliftError {
  try {
    return (error as { [BRAND]?: unknown } | null | undefined)?.[BRAND] === true;
  } catch {
    return false;
  }
}

/** What a shell calls the options of this package, by their fields: `{ fileName: "--file-name" }`. */
export type OptionNames = Readonly<Record<string, string>>;

/**
 * An error's words as a shell of your own says them. Messages and hints name an option by its field, in backticks
 * (`` `fileName` ``), and each that `names` knows gets its name there instead. A field within another that is not known as a
 * whole follows the name of the outer one: `` `callback.url` `` becomes `` `--callback url` ``.
 */
export function withOptionNames<T extends { message: string; hint: string }>(
  error: T,
  names: OptionNames,
): { message: string; hint: string } {
  const { message, hint } = readable("error", () => ({ message: error.message, hint: error.hint }));
  const said = (sentence: string) =>
    sentence.replace(/`([a-z]\w*)(?:\.(\w+))?`/gi, (all, field: string, inner?: string) => {
      const whole = nameOf(inner === undefined ? field : `${field}.${inner}`, names);
      if (whole !== undefined) return `\`${whole}\``;
      const outer = inner === undefined ? undefined : nameOf(field, names);
      return outer === undefined ? all : `\`${outer} ${inner}\``;
    });
  return { message: said(needed("message", message)), hint: said(needed("hint", hint)) };
}

function nameOf(field: string, names: OptionNames): string | undefined {
  return readable("names", () =>
    Object.hasOwn(names, field) ? text("names", names[field]) : undefined,
  );
}
