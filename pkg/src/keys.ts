// The caller's credentials: given once, or by a function that is asked again when the core says so.

import { invalid, readable, text, timeOf } from "./arguments.ts";
import { errorOf, VodliftError } from "./core.ts";
import { describe } from "./hosts/failure.ts";
import type { CallerCredentials, VodliftOptions } from "./options.ts";
import type { Account } from "./wasm/core.js";

/** What is known of them now. It holds secrets. */
export class Keys {
  readonly #provider: (() => Promise<CallerCredentials>) | undefined;
  #account: Account | undefined;
  #asking: Promise<Account> | undefined;

  constructor(options: VodliftOptions) {
    if (options.credentials === undefined) {
      this.#account = account(options, false);
      return;
    }
    if (typeof options.credentials !== "function") {
      throw invalid("credentials", "must be a function that gives credentials");
    }
    if (options.accessKeyId !== undefined || options.accessKeySecret !== undefined) {
      throw invalid("credentials", "goes alone: leave out accessKeyId and accessKeySecret");
    }
    this.#provider = options.credentials;
  }

  /** The last ones known; whether they still do is the core's to judge. */
  async current(): Promise<Account> {
    return this.#account ?? this.renew();
  }

  /** Newer ones. Whoever asks meanwhile gets the same. */
  renew(): Promise<Account> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<Account> {
    try {
      if (this.#provider === undefined) throw new Error("there is no function to ask");
      this.#account = account(await this.#provider(), true);
      return this.#account;
    } catch (error) {
      const message = `the function \`credentials\` failed: ${describe(error)}`;
      throw new VodliftError(errorOf("credentials_failed", message), error);
    }
  }
}

type Given = { [K in keyof CallerCredentials]?: CallerCredentials[K] | undefined };

/** Shapes are checked here; that the texts fit into headers is the core's to say. */
function account(given: Given, renewable: boolean): Account {
  if (typeof given !== "object" || given === null) throw new Error("it gave no credentials");
  const { accessKeyId, accessKeySecret, securityToken, expiration } = readable(
    "credentials",
    () => ({ ...given }),
  );
  const ends = expiration === undefined ? undefined : endOf(expiration);
  if (ends !== undefined && !Number.isFinite(ends)) {
    throw invalid("expiration", "must be a Date, ms since the epoch, or an ISO 8601 text");
  }
  return {
    accessKeyId: filled("accessKeyId", accessKeyId),
    accessKeySecret: filled("accessKeySecret", accessKeySecret),
    ...(securityToken !== undefined && { securityToken: filled("securityToken", securityToken) }),
    ...(ends !== undefined && { expiresAt: Math.max(0, Math.floor(ends)) }),
    renewable,
  };
}

/** Not a number where it is no time. */
function endOf(expiration: unknown): number {
  const time = timeOf("expiration", expiration);
  if (typeof time !== "string" && typeof time !== "number") return Number.NaN;
  return new Date(time).getTime();
}

function filled(field: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return text(field, value) ?? "";
  throw invalid(field, "must be a string that is not empty");
}
