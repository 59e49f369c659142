// The ingest handler on node:http.
import type { AddressInfo } from "node:net";
import { createIngestHandler, ingestOptions } from "vodlift/handler";
import { createNodeServer } from "vodlift/node-http";

const server = createNodeServer(createIngestHandler(ingestOptions(process.env)));

server.listen(Number(process.env.PORT ?? 8787), () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
