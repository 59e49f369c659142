/** What nobody else can be told: a fault of the emulator's own, on stderr. */
import { inspect } from "node:util";
import { printable } from "../printable.ts";

export function complain(what: unknown): void {
  const text = typeof what === "string" ? what : inspect(what);
  // An error repeats what a client has sent.
  const lines = text.split("\n").map((line) => printable(line));
  console.error(`vodlift emulator: ${lines.join("\n")}`);
}
