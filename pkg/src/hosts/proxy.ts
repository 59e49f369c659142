// Through a proxy, on node:http: a tunnel (CONNECT) for HTTPS, the whole URL in the request line for HTTP.

import http from "node:http";
import https from "node:https";
import { BlockList, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect } from "node:tls";
import { HostFailure } from "./failure.ts";

/** What the environment says of proxies, in the names that curl reads. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy for a URL, if it goes through one. Throws where one is named that cannot be used. */
export type ProxyFor = (url: URL) => URL | undefined;

const NONE: ProxyFor = () => undefined;

/** @param told By the caller: a proxy, or `false` for none. Otherwise the environment says which. */
export function proxies(told: URL | false | undefined, environment: () => Environment): ProxyFor {
  if (told === false) return NONE;
  const said = readable(environment);
  const by = (name: string) => said[name.toLowerCase()] || said[name];
  const around = exceptions(by("NO_PROXY"));
  const secure = told ?? parsed(by("HTTPS_PROXY") ?? by("ALL_PROXY"));
  // In capitals it may be a header `Proxy` of whoever calls a CGI script.
  const plain = told ?? parsed(said.http_proxy ?? by("ALL_PROXY"));
  return (url) => {
    const proxy = url.protocol === "https:" ? secure : plain;
    if (proxy === undefined || around(url)) return undefined;
    if (proxy instanceof URL) return proxy;
    throw new HostFailure("proxy_refused", proxy.problem);
  };
}

/** What is named and cannot be used. To go round it would tell everybody on the way what was to go through it. */
interface Unusable {
  readonly problem: string;
}

/** Deno asks its user for leave to read the environment, and refuses without. */
function readable(environment: () => Environment): Environment {
  try {
    return environment();
  } catch {
    return {};
  }
}

/** curl takes `proxy.example:3128`, too. What is wrong is never quoted: it may hold a password. */
function parsed(given: string | undefined): URL | Unusable | undefined {
  const text = given?.trim() ?? "";
  if (text === "") return undefined;
  const named = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(named) ? new URL(named) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  const problem = url === undefined ? "no URL" : `one of ${url.protocol}//`;
  return { problem: `the proxy in the environment is ${problem}, and must be http:// or https://` };
}

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * `NO_PROXY`: hosts, with all names below them, addresses, networks (`10.0.0.0/8`), `*` for all; a port may follow. This
 * machine needs no proxy to itself.
 */
function exceptions(list = ""): (url: URL) => boolean {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(exception);
  return (url) => {
    const host = bare(url.hostname);
    const port = url.port || (url.protocol === "https:" ? "443" : "80");
    return LOOPBACK.test(url.hostname) || entries.some((holds) => holds(host, port));
  };
}

/** Without the brackets of IPv6, and without the dot of the root. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

/** One entry. An IPv6 address is written bare, or in brackets with a port behind. */
function exception(entry: string): (host: string, port: string) => boolean {
  const [, network = "", bits] = /^(.*)\/(\d+)$/.exec(entry) ?? [];
  if (bits !== undefined) return inNetwork(bare(network), Number(bits));
  if (isIP(entry) === 6) return inNetwork(entry, 128);
  const [, name = "", only] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  const wanted = bare(name);
  const isHost =
    isIP(wanted) === 0
      ? (host: string) => host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`))
      : inNetwork(wanted, 128);
  return (host, port) =>
    wanted !== "" && (wanted === "*" || isHost(host)) && (only === undefined || only === port);
}

function inNetwork(network: string, bits: number): (host: string) => boolean {
  const kind = isIP(network);
  const most = kind === 6 ? 128 : 32;
  if (kind === 0) return () => false;
  const list = new BlockList();
  const type = kind === 6 ? "ipv6" : "ipv4";
  list.addSubnet(network, Math.min(bits, most), type);
  return (host) => isIP(host) === kind && list.check(host, type);
}

/** What a request to `url` is sent to and with, if `proxy` passes plain HTTP on. */
export function passedOn(url: URL, proxy: URL): http.RequestOptions {
  return { ...addressOf(proxy), path: url.href, headers: authorization(proxy) };
}

/** `Host` is the target's. */
function addressOf(proxy: URL): { host: string; port: number } {
  const secure = proxy.protocol === "https:";
  const host = proxy.hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: Number(proxy.port || (secure ? 443 : 80)) };
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { "Proxy-Authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** A `%` that stands for itself is left as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As long as a connection may take to come about. */
const CONNECT_MS = 30_000;

/** A TLS connection to `target` (`host:port`) within a tunnel through the proxy. */
export function tunnel(
  proxy: URL,
  target: string,
  secure: ConnectionOptions,
  done: (error: Error | null, socket?: Duplex) => void,
): void {
  const name = `the proxy ${proxy.host}`;
  const start = proxy.protocol === "https:" ? https : http;
  const headers = { Host: target, ...authorization(proxy) };
  const asked = start.request({
    ...addressOf(proxy),
    method: "CONNECT",
    path: target,
    headers,
    agent: false,
    timeout: CONNECT_MS,
  });
  const answered = (status: number | undefined, socket: Socket | undefined) => {
    socket?.destroy();
    const kind = status !== undefined && status >= 500 ? "network" : "proxy_refused";
    done(new HostFailure(kind, `${name} answered ${status} for ${target}`));
  };
  asked.once("connect", ({ statusCode }, socket: Socket) => {
    if (statusCode !== 200) return answered(statusCode, socket);
    // Its own errors come out as the TLS connection's.
    done(null, connect({ ...secure, socket }));
  });
  asked.once("response", (reply) => {
    reply.resume();
    answered(reply.statusCode, reply.socket);
  });
  asked.once("timeout", () => asked.destroy(new Error(`it did not answer in ${CONNECT_MS} ms`)));
  asked.once("error", (error: NodeJS.ErrnoException) => {
    done(new Error(`${name}: ${error.code ?? error.message}`));
  });
  asked.end();
}
