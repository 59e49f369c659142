// Runs on Node, Deno and Bun: whether a name that leads to a refused address is ever connected to, as a public source, a
// private one, a service or what the emulator is to call, by itself or through the proxy that the environment names. One
// line tells.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PrivateAddress } from "../../pkg/src/emulator/addresses.ts";
import { send } from "../../pkg/src/emulator/outgoing.ts";
import { createHost } from "../../pkg/src/hosts/node.ts";
import { request } from "./transfer.ts";

let requests = 0;
const server = createServer((_, response) => {
  requests += 1;
  response.end();
});
server.on("connect", (_, socket) => {
  requests += 1;
  socket.destroy();
});
// Whoever starts this may have named it as the proxy already.
const wanted = Number(process.env.PROXY_PORT ?? 0);
await new Promise<void>((resolve) => server.listen(wanted, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

const asked: string[] = [];
const refusal = { code: "address_refused", class: "guard", hint: "", retryable: false } as const;
const host = createHost({
  checkAddress(ip) {
    asked.push(ip);
    return { ...refusal, message: `${ip} is refused` };
  },
});
const { signal } = new AbortController();
const ends: unknown[] = [];
for (const place of [
  `http://localhost:${port}/`,
  `http://127.0.0.1:${port}/`,
  "https://localhost/",
]) {
  const tries: (() => Promise<{ status: number | undefined }>)[] = [
    () => host.open(request("GET", place), false, signal),
    () => host.open(request("GET", place), true, signal),
    () => host.put(request("PUT", place), 0, signal).finish(),
    () =>
      send(place, { method: "GET", headers: {}, signal, allowPrivate: false }).then(
        ({ statusCode }) => ({ status: statusCode }),
      ),
  ];
  for (const attempt of tries) {
    const end = await Promise.resolve()
      .then(attempt)
      .then(
        ({ status }) => status,
        (error: { kind?: string }) =>
          error.kind ?? (error instanceof PrivateAddress ? "private_address" : String(error)),
      );
    ends.push(end);
  }
}
console.log(JSON.stringify({ ends, requests, asked: asked.includes("127.0.0.1") }));
server.close();
