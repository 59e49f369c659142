// What the tests of the wire share: an emulator that is listened in on, a film, and a server for callbacks to call.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CliOptions, vodlift } from "./cli.ts";
import { type Origin, startOrigin } from "./origin.ts";
import { type Emulator, startService } from "./service.ts";
import { listenIn, type Wire } from "./wire.ts";

/** Bytes of the film: three parts of `PARTS`, or one PUT. */
export const SIZE = 300_000;
export const PARTS = ["--part-size", "100KiB"];

export interface Bench {
  service: Emulator;
  wire: Wire;
  origin: Origin;
  folder: string;
  film: string;
  /** Where callbacks go; `/broken` answers 500. */
  application: string;
  /** The paths that were called there. */
  heard: string[];
  /** Runs a command that must go well; says what --json tells. */
  // biome-ignore lint/suspicious/noExplicitAny: its fields are what the tests assert
  run(args: string[], options?: CliOptions): Promise<any>;
  close(): Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const heard: string[] = [];
  const application = createServer((request, response) => {
    heard.push(request.url ?? "");
    response.writeHead(request.url === "/broken" ? 500 : 200).end("{}");
  });
  await new Promise<void>((resolve) => application.listen(0, "127.0.0.1", resolve));
  const service = await startService();
  const origin = await startOrigin();
  const wire = listenIn(service.endpoint);
  const folder = await mkdtemp(join(tmpdir(), "vodlift-wire-"));
  const film = join(folder, "film.mp4");
  await writeFile(film, Buffer.alloc(SIZE, 7));
  return {
    service,
    wire,
    origin,
    folder,
    film,
    application: `http://127.0.0.1:${(application.address() as AddressInfo).port}`,
    heard,
    async run(args, options = {}) {
      const result = await vodlift([...args, "--json"], { service, ...options });
      assert.equal(result.code, 0, result.stderr);
      return result.json;
    },
    async close() {
      wire.stop();
      application.closeAllConnections();
      application.close();
      await origin.close();
      await service.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `--callback`, with every field it has. */
export function callbackTo(url: string): string {
  return JSON.stringify({
    url: [url],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: so OSS writes its variables
    body: '{"o":${object},"id":${x:id}}',
    bodyType: "application/json",
    host: "example.com",
    sni: false,
    variables: { id: "7" },
  });
}
