// Runs in Node, Deno and Bun: one upload, told as JSON on standard output.
import { Vodlift, type VodliftError } from "../../pkg/src/index.ts";

const [text = "{}"] = process.argv.slice(2);
const { account, source, options } = JSON.parse(text);
const outcome = await new Vodlift(account)
  .upload(source, options)
  .catch((error: VodliftError) => ({ error: error.toJSON() }));
// Deno 2.9 does not end by itself once a request on a connection used before was called off.
process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit());
