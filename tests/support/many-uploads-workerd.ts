// Runs in workerd: uploads the same source so many times at once, and answers what became of each.
import { Vodlift } from "vodlift";

export default {
  async fetch(request: Request, env: { SERVICE: string }): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const vod = new Vodlift(JSON.parse(env.SERVICE));
    const how = { title: "Film", fileName: "film.mp4", allowPrivateSources: true };
    const url = searchParams.get("url") ?? "";
    const source = async () => {
      if (!searchParams.has("stream")) return url;
      return (await fetch(url)).body ?? url;
    };
    const uploads = Array.from({ length: Number(searchParams.get("n")) }, async () =>
      vod.upload(await source(), how).then(
        ({ bytes }) => bytes,
        (error) => `${error.code}: ${error.message}`,
      ),
    );
    return Response.json(await Promise.all(uploads));
  },
};
