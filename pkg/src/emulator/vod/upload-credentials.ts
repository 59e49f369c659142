/** Which credential an upload gets: one of its own, or the one that other uploads have, too. */
import type { Credentials } from "../credentials.ts";
import type { Habits } from "../habits.ts";
import type { TemporaryCredential } from "../options.ts";
import type { Asset } from "../store/assets.ts";

/** A cached pair is handed out until this share of its life is gone: 3600 seconds were seen to go down to 3388. */
const CACHED_SHARE = 1 / 6;
/** How long a stale pair is still handed out after its end, ms: long enough for a refresh to meet it. */
const STALE_MS = 500;

type Cached = TemporaryCredential & { until: number };

export class UploadCredentials {
  readonly #credentials: Credentials;
  readonly #habit: Habits["credentials"];
  readonly #byKind = new Map<Asset["kind"], Cached>();
  #life: number;

  constructor(credentials: Credentials, habit: Habits["credentials"], lifeSeconds: number) {
    this.#credentials = credentials;
    this.#habit = habit;
    this.#life = lifeSeconds;
  }

  /** Of the credentials issued from now on. */
  setLife(seconds: number): void {
    this.#life = seconds;
    this.#byKind.clear();
  }

  for(asset: Asset, now: number): TemporaryCredential {
    const { kind, bucket, key, prefix } = asset;
    if (this.#habit === "fresh") {
      const below = prefix === undefined ? {} : { prefix };
      return this.#credentials.issue({ kind: "upload", bucket, key, ...below }, this.#life, now);
    }
    const known = this.#byKind.get(kind);
    if (known && now < known.until) return known;
    const issued = this.#credentials.issue({ kind: "upload", bucket }, this.#life, now);
    const cached = { ...issued, until: this.#until(now) };
    this.#byKind.set(kind, cached);
    return cached;
  }

  /** What OSS has refused for good is not handed out again; a stale cache notices that a moment later. */
  ended(accessKeyId: string, now: number): void {
    const until = now + (this.#habit === "stale" ? STALE_MS : 0);
    for (const cached of this.#byKind.values()) {
      if (cached.accessKeyId === accessKeyId) cached.until = Math.min(cached.until, until);
    }
  }

  #until(now: number): number {
    const life = this.#life * 1000;
    return now + (this.#habit === "stale" ? life + STALE_MS : life * CACHED_SHARE);
  }
}
