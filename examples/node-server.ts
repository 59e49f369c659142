// The ingest handler on node:http.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { createIngestHandler, ingestOptions } from "vodlift/handler";

const handler = createIngestHandler(ingestOptions(process.env));

const server = createServer(async (request, response) => {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const { method = "GET", url = "/" } = request;
  const body = method === "GET" || method === "HEAD" ? null : Readable.toWeb(request);
  const headers = Object.entries(request.headersDistinct).map(
    ([name, values = []]): [string, string] => [name, values.join(", ")],
  );
  const init = { method, headers, body, duplex: "half", signal: gone.signal } as RequestInit;
  const answer = await handler(new Request(new URL(url, "http://localhost"), init));
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
});

server.listen(Number(process.env.PORT ?? 8787), () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
