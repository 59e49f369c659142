/** One listener for both services: opens an exchange, lets its service work, answers, logs. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionLost, drain } from "./body.ts";
import { checkedFaults, checkedNumber, checkedOptions } from "./checked.ts";
import { complain } from "./complain.ts";
import { barred } from "./door.ts";
import { type Answer, describeRequest, type Exchange, newRequestId } from "./exchange.ts";
import { ActiveFaults } from "./faults.ts";
import type { Emulator, EmulatorOptions, RequestInfo } from "./options.ts";
import { type OssCall, ossDenied, ossService } from "./oss/service.ts";
import { sendAnswer } from "./send.ts";
import { createTlsIdentity, type TlsIdentity } from "./tls.ts";
import { isVodRequest, type VodCall, vodDenied, vodService } from "./vod/service.ts";
import { now, openWorld, type World } from "./world.ts";

const LOG_LIMIT = 10_000;
/** A connection on which nothing moves for this long is dropped; also how a stalled body ends. */
const IDLE_MS = 120_000;
/** How long `close` waits for requests whose connection it has just dropped. */
const CLOSE_MS = 2_000;

/** Starts an emulator; resolves once it listens. Rejects if the port is taken or the folder cannot be used. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  return start(checkedOptions(options));
}

async function start(options: EmulatorOptions): Promise<Emulator> {
  const world = await openWorld(options);
  const log: RequestInfo[] = [];
  const record = (info: RequestInfo) => {
    log.push(info);
    if (log.length > LOG_LIMIT) log.shift();
    options.onRequest?.(info);
  };
  const identity = options.tls
    ? createTlsIdentity(namesOf(world.settings.bucket, options), Date.now())
    : undefined;
  const server = openServer(identity);
  const running = new Set<Promise<void>>();
  const serve =
    (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
      const serving = serveRequest(world, request, response, expectsContinue, record);
      running.add(serving);
      void serving.finally(() => running.delete(serving));
    };
  server.on("request", serve(false));
  server.on("checkContinue", serve(true));
  server.timeout = IDLE_MS;
  world.endpoint = await listen(server, options, identity ? "https" : "http").catch(
    async (error: unknown) => {
      await world.folder.close();
      throw error;
    },
  );
  world.urlPull.resume(world);
  const { settings } = world;
  return {
    endpoint: world.endpoint,
    ...(identity ? { ca: identity.ca } : {}),
    accessKeyId: settings.accessKeyId,
    accessKeySecret: settings.accessKeySecret,
    region: settings.region,
    bucket: settings.bucket,
    dir: world.folder.dir,
    habits: world.habits,
    log,
    events: world.events.log,
    issuedSecrets: world.credentials.issued,
    setFaults: (rules) => world.faults.set(checkedFaults(rules)),
    setCredentialLife: (seconds) => {
      world.uploadCredentials.setLife(checkedNumber("seconds", seconds));
    },
    setClockOffset: (ms) => {
      world.clockOffsetMs = checkedNumber("ms", ms);
    },
    issueTemporaryCredential: (lifeSeconds = 3600) =>
      world.credentials.issue(
        { kind: "account" },
        checkedNumber("lifeSeconds", lifeSeconds),
        now(world),
      ),
    openUploads: async () => describeOpenUploads(world),
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await world.background.close();
      await Promise.race([
        Promise.allSettled([...running]),
        sleep(CLOSE_MS, undefined, { ref: false }),
      ]);
      await world.folder.close();
    },
  };
}

function openServer(identity: TlsIdentity | undefined): Server {
  const settings = {
    requestTimeout: 0,
    keepAliveTimeout: 30_000,
    // A presigned URL with a security token and 8 kB of metadata is more than Node's default takes.
    maxHeaderSize: 64 * 1024,
  };
  if (!identity) return createServer(settings);
  const server = createTlsServer({ ...settings, key: identity.key, cert: identity.cert });
  server.on("connection", (socket: Socket) => {
    const connection = connectionOf(socket);
    underTls.set(connection, socket);
    socket.once("close", () => {
      if (underTls.get(connection) === socket) underTls.delete(connection);
    });
  });
  // A client that does not trust the certificate ends here; that is its own to report.
  server.on("tlsClientError", () => {});
  return server;
}

/** The names under which a client on this machine reaches the listener; wildcards do not match below `localhost`. */
function namesOf(bucket: string, { host, hostNames = [] }: EmulatorOptions): string[] {
  const given = hostNames.flatMap((name) => [name, `${bucket}.${name}`]);
  const names = ["localhost", `${bucket}.localhost`, "127.0.0.1", "::1", ...given];
  return host === undefined || names.includes(host) ? names : [...names, host];
}

/** TCP sockets by their ports: only they can be reset, the TLS socket above them cannot. */
const underTls = new Map<string, Socket>();

function connectionOf({ localPort, remotePort }: Socket): string {
  return `${localPort} ${remotePort}`;
}

function resetConnection(socket: Socket): void {
  if (!("encrypted" in socket)) {
    socket.resetAndDestroy();
    return;
  }
  underTls.get(connectionOf(socket))?.resetAndDestroy();
  socket.destroy();
}

async function listen(
  server: Server,
  options: EmulatorOptions,
  scheme: "http" | "https",
): Promise<string> {
  const host = options.host ?? "127.0.0.1";
  server.listen(options.port ?? 0, host);
  await once(server, "listening"); // rejects on "error": a taken port, a bad address
  const { address, port, family } = server.address() as AddressInfo;
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

function describeOpenUploads(world: World) {
  return world.uploads.list().map(({ id, bucket, key, initiated }) => {
    const parts = world.uploads.parts(id);
    const bytes = parts.reduce((sum, part) => sum + part.size, 0);
    return {
      uploadId: id,
      bucket,
      key,
      initiated: new Date(initiated),
      parts: parts.length,
      bytes,
    };
  });
}

async function serveRequest(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
  record: (info: RequestInfo) => void,
): Promise<void> {
  const started = performance.now();
  const exchange = openExchange(world, request, response, expectsContinue);
  // A socket that breaks is an ordinary event here; whoever reads or writes sees it through the stream itself.
  request.on("error", () => {});
  response.on("error", () => {});
  try {
    await work(world, exchange);
  } catch (error) {
    if (!(error instanceof ConnectionLost)) complain(error);
    resetConnection(request.socket);
  }
  exchange.info.durationMs = performance.now() - started;
  record(exchange.info);
}

function openExchange(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
): Exchange {
  const { path, query, headers } = describeRequest(request);
  const method = request.method ?? "GET";
  const service = isVodRequest(method, path, query ?? [], headers) ? "vod" : "oss";
  const requestId = newRequestId(service);
  const info: RequestInfo = {
    time: new Date(),
    service,
    operation: "Unknown",
    method,
    status: 0,
    requestId,
    bytesReceived: 0,
    bytesSent: 0,
    durationMs: 0,
  };
  return {
    request,
    response,
    method,
    path,
    query: query ?? [],
    malformed: query === undefined,
    headers,
    requestId,
    arrived: now(world),
    expectsContinue,
    info,
    faults: new ActiveFaults([]),
  };
}

/** The life of a request: identify it, apply the faults planned for it, let its service work, answer. */
async function work(world: World, exchange: Exchange): Promise<void> {
  const refusal = barred(world.door, exchange);
  if (refusal !== undefined) {
    const refuse = exchange.info.service === "vod" ? vodDenied : ossDenied;
    await sendAnswer(world, exchange, refuse(world, exchange, refusal), "keep");
    return;
  }
  const call =
    exchange.info.service === "vod"
      ? await vodService(world, exchange)
      : ossService(world, exchange);
  exchange.faults = world.faults.take(exchange.info.operation, exchange.info.partNumber);
  if (exchange.faults.kinds.length > 0) exchange.info.faults = exchange.faults.kinds;
  const wait = world.latencyMs + (exchange.faults.find("delay")?.ms ?? 0);
  if (wait > 0) await sleep(wait);
  await world.onArrival?.(exchange.info);
  if (exchange.faults.find("stall")) await stall(exchange);
  const early = exchange.faults.find("early-close");
  if (early) {
    await sendAnswer(world, exchange, call.refuse(early), "close-at-once");
    return;
  }
  const answer = await produce(exchange, call);
  exchange.info.result = answer.status;
  if (exchange.faults.find("reset-after")) throw new ConnectionLost("fault: reset-after");
  if (exchange.faults.find("stall-after")) await stall(exchange);
  await sendAnswer(world, exchange, answer, "keep");
}

async function stall({ response }: Exchange): Promise<never> {
  await once(response, "close");
  throw new ConnectionLost("fault: stall");
}

async function produce(exchange: Exchange, call: OssCall | VodCall): Promise<Answer> {
  if (exchange.faults.find("reset-before")) {
    await drain(exchange);
    throw new ConnectionLost("fault: reset-before");
  }
  const refusal = exchange.faults.find("answer");
  if (refusal) return call.refuse(refusal);
  return call.run();
}
