// The fields of PUT /v1/uploads: those of an ingest, so that both are held to the same rules.
import { z } from "@hono/zod-openapi";
import { DECLARED, type Declared, type OptionOf, optionsOf } from "vodlift/shell";
import { zodOfTexts } from "./options.ts";

type OfBody = Exclude<OptionOf<"worker">, "as">;

/** About a source that is fetched, and about other kinds of media: the body that comes with the request is a video. */
const ELSEWHERE: readonly string[] = ["as", "ranges", "sourceTimeoutMs"];

function isOfBody(name: OptionOf<"worker">): name is OfBody {
  const { core = "", kinds }: Declared = DECLARED[name] as Declared;
  return /^(media|options)\./.test(core) && kinds.includes("video") && !ELSEWHERE.includes(name);
}

/** The fields of a video whose bytes come with the request, as query parameters. The Workflow's are none of them. */
export const UploadQuery = z.strictObject(zodOfTexts(optionsOf("worker").filter(isOfBody)));
