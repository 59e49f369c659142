// The ingest handler as an AWS Lambda behind a function URL or an HTTP API.
import { createIngestHandler, ingestOptions, toLambda } from "vodlift/handler";

export const handler = toLambda((context) => {
  // The other half of the time is for the parts that are in flight by then.
  const sliceMs = context.getRemainingTimeInMillis() / 2;
  return createIngestHandler(ingestOptions(process.env, { sliceMs }));
});
