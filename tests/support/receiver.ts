// Somebody who waits for webhooks on loopback.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "./until.ts";

export interface Delivery {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  readonly url: string;
  readonly got: readonly Delivery[];
  /** Waits until this many deliveries have come to a path. */
  deliveries(path: string, count: number): Promise<Delivery[]>;
  close(): void;
}

/** @param answer The status for the n-th delivery (from 1) at a path, and where it redirects to; 204 if there is none. */
export async function startReceiver(
  answer: (path: string, nth: number) => { status: number; location?: string } | undefined = () =>
    undefined,
): Promise<Receiver> {
  const got: Delivery[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? "/";
    got.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
    const nth = got.filter((one) => one.path === path).length;
    const { status = 204, location } = answer(path, nth) ?? {};
    response.writeHead(status, location === undefined ? {} : { location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    got,
    deliveries: (path, count) =>
      until(() => {
        const here = got.filter((one) => one.path === path);
        return here.length >= count && here;
      }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
