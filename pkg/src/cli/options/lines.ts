// A table of options as its part of a help text.
import type { Option, Table } from "./option.ts";

const INDENT = 29;
const WIDTH = 120;

/** A line or more for each option. */
export function optionLines(table: Table): string {
  return Object.values(table).map(entry).join("\n");
}

function entry({ usage, help, only }: Option<unknown>): string {
  const told = only === undefined ? help : `${help} (only ${only.join(", ")})`;
  const [first = "", ...rest] = wrapped(told);
  const head = `  ${usage}`;
  const lines = head.length < INDENT ? [head.padEnd(INDENT) + first] : [head, pad(first)];
  return [...lines, ...rest.map(pad)].join("\n");
}

function pad(line: string): string {
  return " ".repeat(INDENT) + line;
}

function wrapped(text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && INDENT + longer.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
