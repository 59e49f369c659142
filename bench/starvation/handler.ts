// The handler of the package on node:http, with default settings: `node handler.ts OPTIONS` prints its address.
import type { AddressInfo } from "node:net";
import { createIngestHandler } from "../../pkg/src/handler/index.ts";
import { createNodeServer } from "../../pkg/src/node-http/index.ts";

const server = createNodeServer(createIngestHandler(JSON.parse(process.argv[2] ?? "{}")));
server.listen(0, "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
