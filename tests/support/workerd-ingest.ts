// Runs in workerd: the ingest handler without the Worker around it.
import { createIngestHandler, type Environment, ingestOptions } from "vodlift/handler";

export default {
  fetch: (request: Request, env: Environment): Promise<Response> =>
    createIngestHandler(ingestOptions(env))(request),
};
