// The ingest handler on Deno: deno run --allow-all examples/deno.ts
import { createIngestHandler, ingestOptions } from "vodlift/handler";

const env = Deno.env.toObject();
const onListen = ({ port }: { port: number }) =>
  console.log(`listening on http://localhost:${port}`);

Deno.serve({ port: Number(env.PORT ?? 8787), onListen }, createIngestHandler(ingestOptions(env)));
