// Runs in workerd: uploads the same source so many times at once, and answers what became of each.
import { Vodlift } from "vodlift";
import { manyUploads } from "./many-uploads.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await manyUploads(Vodlift as never, await request.json()));
  },
};
