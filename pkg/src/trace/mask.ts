// What of a session may be written down. A secret gets a stand-in, the same one wherever it comes up again: so the core decides
// by the stand-ins what it decided by the secrets, and a trace can be replayed.

import { fromBase64, toBase64, utf8 } from "../base64.ts";
import type { Account, Effect, Event, Job, OssCallback, Request, Ticket } from "../wasm/core.js";

type Headers = [string, string][];

/** A shorter text comes up by chance: it gets its stand-in only where it stands alone. */
const SHORTEST = 6;

/** What names a file is no secret, and the core may take its name from there. */
const FILE_NAME = /^[^/]{0,100}\.[a-z][a-z0-9]{1,4}(%22|")?$/i;

/** The fields of an UploadAuth that say nothing but when and where. */
const PLAIN_IN_AUTH = new Set(["Expiration", "ExpireUTCTime", "Region"]);

/** Headers that are computed from secrets. No replay can compute them again. */
const COMPUTED = new Set([
  "authorization",
  "x-acs-content-sha256",
  "x-oss-callback",
  "x-oss-callback-var",
]);

/** Of a checkpoint: it shows whose it is. */
const PROOF = "proof";

const SECRET_NAME = /auth|cookie|token|secret|signature|credential|password/i;

/** Within a URL: a mark that was escaped or has become another, or a pair of a query without one, and what follows it. */
const LOST = /(:\/\/[^\s"'<>\\?#]*?)(%3f|%23|#|(?:&|%26)(?=[\w.-]+(?:=|%3d)))([^\s"'<>\\?#]+)/gi;

/** In place of what is computed. */
const COMPUTED_VALUE = "…";

export class Mask {
  readonly #standIns = new Map<string, string>();
  /** Those to look for within other texts, in each of the ways they are written, longest first. */
  #spellings: [secret: string, standIn: string][] = [];

  job(job: Job): Job {
    const { callback, ...options } = job.options;
    const hidden = {
      ...job,
      source: this.#source(job.source),
      options: { ...options, ...(callback && { callback: this.#callback(callback) }) },
    };
    return this.plain(hidden) as Job;
  }

  account(account: Account): Account {
    const { ticket } = account;
    return ticket == null ? this.#keys(account) : { ...account, ticket: this.#ticket(ticket) };
  }

  #keys({ accessKeyId, accessKeySecret, securityToken, ...rest }: Account): Account {
    return {
      ...rest,
      accessKeyId: this.#learn(accessKeyId),
      accessKeySecret: this.#learn(accessKeySecret),
      ...(securityToken != null && { securityToken: this.#learn(securityToken) }),
    };
  }

  #ticket(ticket: Ticket): Ticket {
    const uploadAuth = this.#uploadAuth(JSON.stringify(ticket.uploadAuth));
    return { ...ticket, uploadAuth };
  }

  event(event: Event): Event {
    switch (event.type) {
      case "renewed":
        return { ...event, account: this.account(event.account) };
      case "replied":
      case "transferred":
        return {
          ...event,
          headers: this.#replyHeaders(event.headers),
          body: this.#serviceReply(event.body),
        };
      case "opened": {
        const { head } = event;
        const headers = this.#replyHeaders(event.headers);
        return { ...event, headers, ...(head !== undefined && { head: this.#head(head) }) };
      }
      case "text":
        return { ...event, text: this.#playlist(event.text) };
      case "failed": {
        const { headers } = event.failure;
        const hidden = headers && { headers: this.#replyHeaders(headers) };
        return this.plain({ ...event, failure: { ...event.failure, ...hidden } }) as Event;
      }
      default:
        return event;
    }
  }

  effect(effect: Effect): Effect {
    switch (effect.type) {
      case "send":
        return { ...effect, request: this.#serviceRequest(effect.request) };
      case "open":
        return effect.request
          ? { ...effect, request: this.#sourceRequest(effect.request) }
          : (this.plain(effect) as Effect);
      case "transfer": {
        const { body } = effect;
        const shown =
          body.type === "range" ? { ...body, request: this.#sourceRequest(body.request) } : body;
        return { ...effect, request: this.#serviceRequest(effect.request), body: shown };
      }
      default:
        return this.plain(effect) as Effect;
    }
  }

  /** Plain data, with every text in it made fit to be shown. */
  plain(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((inner) => this.plain(inner));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    const hidden = entries.map(([name, inner]) => {
      return [name, name === PROOF ? COMPUTED_VALUE : this.plain(inner)];
    });
    return Object.fromEntries(hidden);
  }

  /** A text without the secrets known so far, and without what queries and user names in it hold. */
  text(text: string): string {
    return this.#known(this.#queries(text));
  }

  // The ways in which a secret comes up.

  /** Takes a text for a secret, and gives what to write in its place. */
  #learn(secret: string): string {
    if (secret === "") return secret;
    const known = this.#standIns.get(secret);
    if (known !== undefined) return known;
    const standIn = `hidden${this.#standIns.size + 1}`;
    this.#standIns.set(secret, standIn);
    // What was written before may be read again.
    this.#standIns.set(standIn, standIn);
    if (secret.length < SHORTEST) return standIn;
    for (const spelling of spellings(secret)) this.#spellings.push([spelling, standIn]);
    this.#spellings.sort(([a], [b]) => b.length - a.length);
    return standIn;
  }

  #known(text: string): string {
    let shown = text;
    for (const [secret, standIn] of this.#spellings) {
      if (shown.includes(secret)) shown = shown.replaceAll(secret, standIn);
    }
    return shown;
  }

  #queries(text: string): string {
    return text
      .replace(/\/\/([^\s/"'<>\\@?#]+)@/g, (_, user: string) => `//${this.#learn(user)}@`)
      .replace(
        /(?<!<)\?((?:[^\s"'<>\\#?]|\\u[0-9a-f]{4}|\\\/)+)/gi,
        (_, query: string) => `?${this.#pairs(query)}`,
      )
      .replace(LOST, (_, before: string, mark: string, lost: string) => {
        return `${before}${mark}${this.#lost(lost)}`;
      });
  }

  /** What may be a query that has lost its question mark. */
  #lost(query: string): string {
    return query.replaceAll(
      /(^|&|%26|;)([\w.-]+(?:=|%3d))?((?:(?!&|%26|;).)*)/gi,
      (_, before: string, name = "", value: string) => {
        const isPlain = value === "" || FILE_NAME.test(value) || value.includes("{$");
        return before + name + (isPlain ? value : this.#learn(value));
      },
    );
  }

  #pairs(query: string): string {
    const parts = query.split(/(&amp;|&|\\u0026|;)/i);
    return parts.map((part, index) => (index % 2 === 1 ? part : this.#pair(part))).join("");
  }

  #pair(pair: string): string {
    const at = pair.indexOf("=");
    const [name, value] = at < 0 ? ["", pair] : [pair.slice(0, at + 1), pair.slice(at + 1)];
    // A variable of a playlist, which the core fills in, stays one.
    if (value === "" || FILE_NAME.test(value) || value.includes("{$")) return pair;
    return name + this.#learn(value);
  }

  #playlist(text: string): string {
    const shown = text
      .replace(/(data:[^,"\s]*,)([^"\s]*)/gi, (_, kind: string, bytes: string) => {
        return kind + bytes.replaceAll(/[A-Za-z0-9+/]/g, "A");
      })
      .replace(/(#EXT-X-DEFINE:.*?\bVALUE=")([^"]*)/g, (_, before: string, value: string) => {
        return before + (value.includes("=") ? this.#pairs(value) : this.#pair(value));
      });
    return this.text(shown);
  }

  /** The first bytes of a file tell its kind. A page may hold what belongs to nobody else. */
  #head(head: string): string {
    const isText = /^[\s\u00ef\u00bb\u00bf]*[<{[]/.test(head);
    const shown = isText
      ? head.replaceAll(/[\w+/=-]{16,}/g, (run) => "x".repeat(run.length))
      : head;
    return this.#known(shown);
  }

  #serviceReply(body: string): string {
    const shown = body
      .replace(/("UploadAuth"\s*:\s*)("(?:[^"\\]|\\.)*")/g, (_, before: string, auth: string) => {
        return before + JSON.stringify(this.#uploadAuth(auth));
      })
      // What OSS and VOD quote of a request that they refuse.
      .replace(
        /<((?:SignatureProvided|StringToSign|CanonicalRequest)\w*)>[^<]*/g,
        (_, name: string) => `<${name}>`,
      );
    return this.text(shown);
  }

  /** Base64 of JSON, as a JSON string. */
  #uploadAuth(literal: string): string {
    const auth = parsed(literal);
    const fields = typeof auth === "string" && parsed(unpacked(auth));
    if (typeof fields !== "object" || fields === null) return this.#learn(literal.slice(1, -1));
    const hidden = Object.entries(fields).map(([name, value]) => {
      const isSecret = typeof value === "string" && !PLAIN_IN_AUTH.has(name);
      return [name, isSecret ? this.#learn(value) : value];
    });
    return toBase64(utf8(JSON.stringify(Object.fromEntries(hidden))));
  }

  // Requests and replies.

  /** The queries of our own requests tell what they are for. */
  #serviceRequest(request: Request): Request {
    const [place = "", query] = split(request.url, "?");
    const isForm = /^[\w.%-]+=[^\s<{]*$/.test(request.body);
    return {
      ...request,
      url: query === undefined ? this.#known(place) : `${this.#known(place)}?${this.#form(query)}`,
      headers: request.headers.map(([name, value]) => {
        return [name, COMPUTED.has(name.toLowerCase()) ? COMPUTED_VALUE : this.text(value)];
      }),
      body: isForm ? this.#form(request.body) : this.#playlist(request.body),
    };
  }

  #form(form: string): string {
    return form
      .split("&")
      .map((pair) => {
        const [name = "", value] = split(pair, "=");
        if (value === undefined) return this.#known(pair);
        if (name === "Signature") return `${name}=${encoded(COMPUTED_VALUE)}`;
        return `${name}=${encoded(this.text(decoded(value)))}`;
      })
      .join("&");
  }

  #sourceRequest(request: Request): Request {
    return {
      ...request,
      url: this.text(request.url),
      headers: this.#givenHeaders(request.headers),
      body: this.text(request.body),
    };
  }

  #source(source: Job["source"]): Job["source"] {
    if (source.type === "url") return { ...source, headers: this.#learnHeaders(source.headers) };
    if (source.type !== "playlist") return source;
    const { root, hosts } = source;
    return {
      ...source,
      root: root.type === "url" ? { ...root, headers: this.#learnHeaders(root.headers) } : root,
      ...(hosts && {
        hosts: hosts.map(({ headers, query, ...host }) => ({
          ...host,
          ...(headers && { headers: this.#learnHeaders(headers) }),
          ...(query !== undefined && { query: this.#pairs(query) }),
        })),
      }),
    };
  }

  readonly #given = new Set<string>();

  /** What a caller has a source asked with is the caller's secret. */
  #learnHeaders(headers: Headers): Headers {
    for (const [name, value] of headers) this.#given.add(headerKey(name, value));
    return this.#givenHeaders(headers);
  }

  #givenHeaders(headers: Headers): Headers {
    return headers.map(([name, value]) => {
      if (name.toLowerCase() === "cookie") return [name, this.#cookies(value)];
      if (this.#given.has(headerKey(name, value))) return [name, this.#learn(value)];
      return [name, this.text(value)];
    });
  }

  #cookies(cookies: string): string {
    return cookies.replaceAll(/=([^;]+)/g, (_, value: string) => `=${this.#learn(value.trim())}`);
  }

  #replyHeaders(headers: Headers): Headers {
    return headers.map(([name, value]) => {
      if (name.toLowerCase() === "set-cookie") {
        const [first = "", rest] = split(value, ";");
        return [name, this.#cookies(first) + (rest === undefined ? "" : `;${rest}`)];
      }
      return [name, SECRET_NAME.test(name) ? this.#learn(value) : this.text(value)];
    });
  }

  #callback({ urls, body, variables, ...callback }: OssCallback): OssCallback {
    return {
      ...callback,
      ...(urls && { urls: urls.map((url) => this.text(url)) }),
      ...(body !== undefined && { body: this.#learn(body) }),
      ...(variables && {
        variables: variables.map(([name, value]) => [name, this.#learn(value)] as [string, string]),
      }),
    };
  }
}

/** A secret, and as it stands in URLs, in what is signed, in base64 and in JSON. */
function spellings(secret: string): Set<string> {
  const once = encoded(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  return new Set([secret, once, encoded(once), toBase64(utf8(secret)), json]);
}

function headerKey(name: string, value: string): string {
  return `${name.toLowerCase()}:${value}`;
}

function split(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** As RFC 3986 has it, and thus as the core writes it. */
function encoded(text: string): string {
  const strict = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, strict);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function unpacked(base64: string): string {
  try {
    return new TextDecoder().decode(fromBase64(base64));
  } catch {
    return "";
  }
}
