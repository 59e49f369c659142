// The Worker without a Workflow behind it, as nothing is begun here, and with rate limits that never bite.
import worker from "../worker/src/index.ts";

export { JobIndex } from "../worker/src/index.ts";

const always = { limit: async () => ({ success: true }) };

export default {
  fetch: (request: Request, env: object, context: never) =>
    worker.fetch(request, { ...env, WRITES: always, LOGINS: always } as never, context),
};
