// Serves the page, and makes tickets for it: the AccessKey is here and nowhere else. Who may upload is yours to check.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { buildSync } from "esbuild";
import { Vodlift } from "vodlift";

const { ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId = "", PORT = "5173", ...env } = process.env;
const { ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret = "", ...where } = env;
const { VODLIFT_REGION: region = "cn-shanghai" } = where;
const { VODLIFT_ENDPOINT: endpoint = `vod.${region}.aliyuncs.com` } = where;
const vod = new Vodlift({ accessKeyId, accessKeySecret, region, endpoint });
const page = readFileSync(`${import.meta.dirname}/page.html`);
const entryPoints = [`${import.meta.dirname}/page.ts`];
const built = buildSync({ entryPoints, bundle: true, format: "esm", write: false });
const script = built.outputFiles[0]?.text;
const made = new Set<string>();

createServer(async ({ url = "/", method }, response) => {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const { id = "", name: fileName = "", size } = Object.fromEntries(searchParams);
  const kind = pathname === "/page.js" ? "javascript" : "html";
  response.setHeader("content-type", `text/${kind}`);
  if (method !== "POST") return response.end(kind === "html" ? page : script);
  const create = () => vod.createUpload({ fileName, fileSize: Number(size) });
  const ticket = await (made.has(id) ? vod.refreshUpload(id) : create()).catch(String);
  if (typeof ticket === "string") return response.writeHead(502).end(ticket);
  made.add(ticket.mediaId);
  return response.end(JSON.stringify(ticket));
}).listen(PORT, () => console.log(`listening on http://localhost:${PORT}`));
