// The ingest handler on Alibaba Cloud Function Compute 3.0, signing with the keys of the function's role.
import { createIngestHandler, ingestOptions, toFunctionCompute } from "vodlift/handler";

export const handler = toFunctionCompute((context) => {
  const credentials = async () => context.credentials;
  // Half of the time, in ms: the other half is for the parts that are in flight by then.
  const sliceMs = context.function.timeout * 500;
  return createIngestHandler(ingestOptions(process.env, { credentials, sliceMs }));
});
