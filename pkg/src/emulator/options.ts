/** The public types of the emulator: what a caller may set, and what a caller can see. */
import type { FaultRule } from "./faults.ts";
import type { Habits } from "./habits.ts";

/** Everything is optional: `startEmulator()` alone gives an empty, private emulator on a free port. */
export type EmulatorOptions = {
  /** TCP port; 0 (the default) takes a free one. */
  port?: number;
  /** Address to listen on; default `127.0.0.1`. The emulator is a test double: do not expose it. */
  host?: string;
  /**
   * Where objects and state live. An object is the plain file `dir/<bucket>/<key>`; state lies in
   * `dir/.vodlift-emulator`. Default: a fresh temporary folder, removed again by `close()`.
   */
  dir?: string;
  /** Region of the bucket and of the VOD service; default `cn-shanghai`. Signatures for another one are refused. */
  region?: string;
  /** The one bucket that exists; default `vodlift-emulator`. */
  bucket?: string;
  /**
   * The account's AccessKey id; drawn at random if left out. Kept in `dir`, so that a restart on the same folder needs no
   * option again.
   */
  accessKeyId?: string;
  /** The account's AccessKey secret; drawn at random and kept like the id. */
  accessKeySecret?: string;
  /**
   * Names by which clients reach it, beside its addresses, `localhost` and the service's own names in `region`: such as
   * `emulator`, where another container calls it. Requests to any other name are answered 403: a web page may have
   * rebound its own name to this machine.
   */
  hostNames?: readonly string[];
  /**
   * Origins whose pages may call it and read its answers, such as `http://localhost:5173`; default none. Requests that a
   * browser sends for a page of any other origin are answered 403.
   */
  allowOrigins?: readonly string[];
  /**
   * UploadMediaByURL and callbacks that a client asks for may go to loopback and private networks; default false. A
   * cloud's metadata addresses stay refused. Of no effect on {@link EmulatorOptions.callback}, which you set yourself.
   */
  allowPrivate?: boolean;
  /** Life of a new upload credential in seconds; default 3600, as the service's. May be short, and fractional. */
  credentialLifeSeconds?: number;
  /**
   * How the service answers where its sources disagree, such as `{ expiredToken: "invalid" }`; docs/emulator.md has the
   * table. One that is not named is at its default. A RangeError for a name or value that is not in the table.
   */
  habits?: Partial<Habits>;
  /** Calls of the VOD API a second; those beyond are answered 400 Throttling.User. Default: unlimited. */
  qps?: number;
  /**
   * Listen on TLS, with a certificate for localhost, 127.0.0.1, {@link EmulatorOptions.hostNames} and the bucket below
   * these names, made at start. Clients must trust {@link Emulator.ca}.
   */
  tls?: boolean;
  /** Where VOD's event notifications go, such as FileUploadComplete; default: nowhere but {@link Emulator.events}. */
  callback?: EventCallback;
  /** Faults to inject: see {@link FaultRule}, or as the command line writes them, `UploadPart:3:reset-after`. */
  faults?: readonly (FaultRule | string)[];
  /** Milliseconds every request waits before it is looked at; default 0. */
  latencyMs?: number;
  /** Bytes per second per connection and direction; default unlimited. */
  bandwidth?: number;
  /** Milliseconds the server's clock is ahead of the machine's; default 0. Moves `Date`, skew checks and expiry. */
  clockOffsetMs?: number;
  /** Awaited before a request is looked at: a test holds one back until something else has happened. */
  onArrival?: (info: RequestInfo) => void | Promise<void>;
  /** Called once a request is over, whatever its outcome. */
  onRequest?: (info: RequestInfo) => void;
};

/** Event notifications as set up in the console, except that every type of event is on. */
export type EventCallback = {
  /** Where they are posted, wherever that is. A media file's own `UserData.MessageCallback.CallbackURL` wins. */
  url?: string;
  /** The authentication key: with it each post carries `X-VOD-TIMESTAMP` and `X-VOD-SIGNATURE`. */
  privateKey?: string;
  /** Milliseconds between the three attempts; default 1000. */
  retryDelayMs?: number;
};

/** One stream of TranscodeComplete. */
export type StreamInfo = Readonly<Record<string, string | number | boolean>>;

/** One event, and what became of its notification so far. */
export type MediaEvent = {
  /** Such as `FileUploadComplete`. */
  readonly type: string;
  /** What is posted, before it becomes JSON. */
  readonly body: Readonly<Record<string, string | number | readonly StreamInfo[]>>;
  /** Where to; undefined when no URL is set. */
  readonly url?: string;
  attempts: number;
  /** Answered with 200. */
  delivered: boolean;
};

/** One finished request, without any secret: no signature, token, credential or query string. */
export type RequestInfo = {
  /** When its header arrived, by the machine's clock. */
  time: Date;
  service: "vod" | "oss";
  /** The API's own name, such as `UploadPart`; `Unknown` when the request fits none. */
  operation: string;
  method: string;
  /** Status answered, or 0 when the connection was dropped before an answer. */
  status: number;
  /**
   * The status that the work came to, also where nobody waited for the answer any more: 200 and `status` 0 is a part that is
   * stored and whose sender does not know it. Undefined where nothing was begun.
   */
  result?: number;
  requestId: string;
  /** Error code answered, such as `SecurityTokenExpired`. */
  code?: string;
  bucket?: string;
  key?: string;
  uploadId?: string;
  partNumber?: number;
  /** How the request was signed, once that was recognised. */
  signature?: SignatureScheme;
  /** AccessKey id the request named (an id, not a secret). */
  accessKeyId?: string;
  /** Body bytes that arrived. */
  bytesReceived: number;
  /** Body bytes answered. */
  bytesSent: number;
  durationMs: number;
  /** The injected faults that hit this request, by kind. */
  faults?: readonly string[];
};

/** The signature schemes the emulator verifies. */
export type SignatureScheme = "rpc" | "acs3" | "oss-v1" | "oss-v1-url" | "oss-v4" | "oss-v4-url";

/** A multipart upload that was neither completed nor aborted. */
export type OpenUpload = {
  uploadId: string;
  bucket: string;
  key: string;
  initiated: Date;
  /** How many parts are stored, and their bytes. */
  parts: number;
  bytes: number;
};

/** A temporary credential as STS hands it out. */
export type TemporaryCredential = {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken: string;
  expires: Date;
};

/** A running emulator. */
export type Emulator = {
  /** `http://host:port`, or `https://…` with `tls`: the VOD endpoint and the OSS endpoint at once. */
  readonly endpoint: string;
  /** With `tls`: the certificate authority to trust, PEM. Another one at every start. */
  readonly ca?: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly region: string;
  readonly bucket: string;
  readonly dir: string;
  /** The habits it has, those by default with them. */
  readonly habits: Readonly<Habits>;
  /** The latest 10,000 finished requests, oldest first. */
  readonly log: readonly RequestInfo[];
  /** The latest 10,000 events of VOD, oldest first. */
  readonly events: readonly Readonly<MediaEvent>[];
  /**
   * The latest 10,000 temporary secrets, security tokens, UploadAuth and UploadAddress it handed out: a test searches
   * logs and files for them.
   */
  readonly issuedSecrets: readonly string[];
  /** Replaces all fault rules; their counters start anew. */
  setFaults(rules: readonly (FaultRule | string)[]): void;
  /** Life in seconds of the upload credentials issued from now on. */
  setCredentialLife(seconds: number): void;
  /** Sets how far the server's clock is ahead of the machine's, in milliseconds. */
  setClockOffset(ms: number): void;
  /** An STS credential with the account's own rights, for clients that sign with a SecurityToken; default 3600 s. */
  issueTemporaryCredential(lifeSeconds?: number): TemporaryCredential;
  /** Multipart uploads that are still open. */
  openUploads(): Promise<OpenUpload[]>;
  /** Drops all connections, stops listening, and removes the temporary folder if it made one. */
  close(): Promise<void>;
};
