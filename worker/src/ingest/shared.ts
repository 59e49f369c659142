// What requests of one caller have alike is sealed and stored once: many files of one place are asked for with the same
// headers, and a thousand copies of them would be most of what is stored.
import { DECLARED } from "vodlift/shell";
import type { IngestRequest } from "../api/schema.ts";
import type { Env } from "../env.ts";
import type { Shared } from "../jobs/contract.ts";
import { mark, seal } from "../seal.ts";
import { defined } from "./request.ts";

/** Characters of JSON. Less than that is stored with the request. */
const LEAST = 256;

/** Of one call: each of them is sealed once, however many requests have it. */
export class Sharing {
  readonly #env: Env;
  readonly #owner: string;
  readonly #known = new Map<string, Promise<Shared>>();

  constructor(env: Env, owner: string) {
    this.#env = env;
    this.#owner = owner;
  }

  /** The request without what is stored apart from it, if anything is. */
  async split(request: IngestRequest): Promise<{ own: object; shared?: Shared }> {
    const members = Object.entries(defined(request));
    const isShared = ([name]: [string, unknown]) =>
      ["fields", "object"].includes(DECLARED[name]?.type ?? "");
    const own = Object.fromEntries(members.filter((one) => !isShared(one)));
    const rest = Object.fromEntries(members.filter(isShared));
    const text = JSON.stringify(rest);
    if (text.length < LEAST) return { own: request };
    const known = this.#known.get(text) ?? this.#seal(rest, text);
    this.#known.set(text, known);
    return { own, shared: await known };
  }

  async #seal(rest: object, text: string): Promise<Shared> {
    const id = await mark(this.#env, "shared", `${this.#owner}\0${text}`);
    return { id, text: await seal(this.#env, "source", rest) };
  }
}
