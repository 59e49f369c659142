// A table of options as its part of a help text.
import { HABIT_NAMES, HABITS, habitValues } from "../../emulator/habits.ts";
import type { Option, Table } from "./option.ts";

const INDENT = 29;
const WIDTH = 120;

/** A line or more for each option. */
export function optionLines(table: Table): string {
  return Object.values(table).map(entry).join("\n");
}

/** A line or more for each habit of the emulator: its values, the default first. */
export function habitLines(): string {
  const lines = HABIT_NAMES.map((name) => {
    const values = habitValues(name).map(([value]) => value);
    return described(`  ${name}`, `${HABITS[name].about}: ${values.join(", ")}`);
  });
  return lines.join("\n");
}

/** Names, with commas between, on as many lines as they need. */
export function nameLines(names: readonly string[]): string {
  return wrapped(names.join(", "), 2)
    .map((line) => `  ${line}`)
    .join("\n");
}

function entry({ usage, help, only }: Option<unknown>): string {
  const told = only === undefined ? help : `${help} (only ${only.join(", ")})`;
  return described(`  ${usage}`, told);
}

function described(head: string, told: string): string {
  const [first = "", ...rest] = wrapped(told);
  const lines = head.length < INDENT ? [head.padEnd(INDENT) + first] : [head, pad(first)];
  return [...lines, ...rest.map(pad)].join("\n");
}

function pad(line: string): string {
  return " ".repeat(INDENT) + line;
}

function wrapped(text: string, indent = INDENT): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent + longer.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
