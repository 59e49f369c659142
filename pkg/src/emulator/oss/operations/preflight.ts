/** CORS preflight: the emulator lets every origin in, as a bucket with a rule of `*` would. */
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
    },
  }),
};
