// The ingest handler on Bun: bun examples/bun.ts
import { createIngestHandler, ingestOptions } from "vodlift/handler";

const { port } = Bun.serve({
  port: Number(process.env.PORT ?? 8787),
  // A slice runs before the first byte of its answer; Bun hangs up after 10 s unless told otherwise.
  idleTimeout: 255,
  fetch: createIngestHandler(ingestOptions(process.env)),
});
console.log(`listening on http://localhost:${port}`);
