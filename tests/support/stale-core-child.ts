// Uploads a stream with a core that is of another version: the first argument says what differs. Prints what came of it.
import { type UploadSource, Vodlift } from "../../pkg/src/index.ts";
import { core } from "../../pkg/src/wasm/index.ts";

const [change = "{}", account = "{}"] = process.argv.slice(2);
const instance = core() as { limits(): string };
const limits = JSON.parse(instance.limits());
const other = { ...limits, ...JSON.parse(change) };
// What is null is not there.
const told = Object.entries(other).filter(([, value]) => value !== null);
instance.limits = () => JSON.stringify(Object.fromEntries(told));
const stream: UploadSource = new Blob([new Uint8Array(250_000)]).stream();
let end: object;
try {
  const vod = new Vodlift(JSON.parse(account));
  end = { bytes: (await vod.upload(stream, { fileName: "a.mp4" })).bytes };
} catch (error) {
  end = { said: String(error), hint: (error as { hint?: string }).hint };
}
process.stdout.write(`${JSON.stringify(end)}\n`, () => process.exit());
