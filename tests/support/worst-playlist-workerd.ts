// Runs in workerd: feeds the core the playlist that it is sent, and answers how that has ended.
import { Upload } from "vodlift/core";
import { fed } from "./worst-playlist.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const deep = new URL(request.url).searchParams.has("deep");
    const text = await request.text();
    try {
      return new Response(fed(Upload as never, text, deep, []));
    } catch (error) {
      return new Response((error as { code?: string }).code ?? String(error));
    }
  },
};
