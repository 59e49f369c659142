/** CORS preflight, of an origin that was named: others have not come in. */
import { header } from "../../exchange.ts";
import type { OssOperation } from "./index.ts";

export const preflight: OssOperation = {
  name: "OptionObject",
  method: "OPTIONS",
  level: "service",
  subResources: [],
  run: async ({ exchange }) => ({
    status: 200,
    headers: {
      "Access-Control-Allow-Methods": "GET, PUT, POST, HEAD, DELETE",
      "Access-Control-Allow-Headers": header(exchange, "access-control-request-headers") ?? "*",
      "Access-Control-Max-Age": "600",
      // Asked by a page on the internet, of a machine in a private network.
      ...(header(exchange, "access-control-request-private-network") === "true"
        ? { "Access-Control-Allow-Private-Network": "true" }
        : {}),
    },
  }),
};
