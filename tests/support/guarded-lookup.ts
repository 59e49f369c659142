// Runs on Node, Deno and Bun: whether a name that leads to a refused address is ever connected to. One line tells.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHost } from "../../pkg/src/hosts/node.ts";
import { request } from "./transfer.ts";

let requests = 0;
const server = createServer((_, response) => {
  requests += 1;
  response.end();
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
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
for (const name of ["localhost", "127.0.0.1"]) {
  const wanted = request("GET", `http://${name}:${port}/`);
  const end = await Promise.resolve()
    .then(() => host.open(wanted, false, signal))
    .then(
      ({ status }) => status,
      (error: { kind?: string }) => error.kind,
    );
  ends.push(end);
}
console.log(JSON.stringify({ ends, requests, asked: asked.includes("127.0.0.1") }));
server.close();
