// Runs in Node, Deno and Bun: one upload, told as JSON on standard output.
import { Vodlift, type VodliftError } from "../../pkg/src/index.ts";

const [text = "{}"] = process.argv.slice(2);
const { account, source, options } = JSON.parse(text);
const outcome = await new Vodlift(account)
  .upload(source, options)
  .catch((error: VodliftError) => ({ error: error.toJSON() }));
console.log(JSON.stringify(outcome));
