// What only Node, Deno and Bun have.
import { createServer } from "node:http";
import { fromFile } from "vodlift";
import { startEmulator } from "vodlift/emulator";
import { createNodeServer, toNodeListener } from "vodlift/node-http";
import { handler, vod } from "./anywhere.js";

export const server = createServer(toNodeListener(handler, { onError: undefined }));
export const another = createNodeServer(handler);
export const emulator = startEmulator({ port: undefined });
export const file = vod.upload(fromFile("film.mp4"));
