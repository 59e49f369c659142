// Runs in workerd: an upload traps among others, and what became of each is answered.
import { trappedAmongOthers } from "./trap.ts";

export default {
  async fetch(_: Request, env: { SERVICE: string }): Promise<Response> {
    return Response.json(await trappedAmongOthers(JSON.parse(env.SERVICE)));
  },
};
