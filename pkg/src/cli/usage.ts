import { CliError } from "./exit.ts";

/** A command line that says nothing we can do. Exit 2. */
export class UsageError extends CliError {
  /** The command whose help to point at; none yet where a value is read. */
  readonly topic: string;

  constructor(
    message: string,
    topic = "",
    hint: string | undefined = "Correct the command line and run it again.",
  ) {
    super({ code: "invalid_argument", class: "usage", message, hint });
    this.topic = topic;
  }
}
