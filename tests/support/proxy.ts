// A proxy on loopback: tunnels for HTTPS, plain HTTP passed on. Every name ending in .test is this machine.
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface Proxy {
  readonly url: string;
  /** What it was asked for: `CONNECT host:port`, `PUT http://host:port/path`. */
  readonly asked: string[];
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** `user:password` that it wants. */
  user?: string;
  /** Answers every request with this status. */
  status?: number;
}

export async function startProxy({ user, status }: ProxyOptions = {}): Promise<Proxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const wanted = user && `Basic ${Buffer.from(user).toString("base64")}`;
  const refusal = ({ headers }: IncomingMessage) =>
    status ?? (wanted && headers["proxy-authorization"] !== wanted ? 407 : undefined);
  const local = (host: string) => (host.endsWith(".test") ? "127.0.0.1" : host);

  const server = createServer((incoming, outgoing) => {
    const { method, url = "", headers } = incoming;
    asked.push(`${method} ${url}`);
    const refused = refusal(incoming);
    if (refused !== undefined) return void outgoing.writeHead(refused).end();
    const { hostname, port, pathname, search } = new URL(url);
    const { "proxy-authorization": _, ...rest } = headers;
    const passed = request(
      { host: local(hostname), port, path: pathname + search, method, headers: rest },
      (reply) => {
        outgoing.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
        reply.pipe(outgoing);
      },
    );
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  server.on("connect", (incoming: IncomingMessage, socket) => {
    const target = incoming.url ?? "";
    asked.push(`CONNECT ${target}`);
    socket.on("error", () => {});
    const refused = refusal(incoming);
    if (refused !== undefined) return void socket.end(`HTTP/1.1 ${refused} No\r\n\r\n`);
    const { hostname, port } = new URL(`tcp://${target}`);
    const there = connect(Number(port), local(hostname), () => {
      socket.write("HTTP/1.1 200 Established\r\n\r\n");
      there.pipe(socket);
      socket.pipe(there);
    });
    there.on("error", () => socket.destroy());
    socket.on("close", () => there.destroy());
  });
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${user ? `${user}@` : ""}127.0.0.1:${port}`,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
