// How errors of the package are told on a command line: options by their flags, and what to do with Node.

import { DECLARED, settings } from "../declared.ts";
import { type OptionNames, withOptionNames } from "../error.ts";
import { RESUME } from "./options/commands.ts";
import { flagOf } from "./options/option.ts";

/** The flag of each option that the package has, too. */
export const FLAGS: OptionNames = {
  ...settings(),
  ...flags(),
  ownMediaOnly: flagOf(RESUME.yes.usage),
};

function flags(): OptionNames {
  const all = Object.entries(DECLARED).map(([name, { flag }]) => [name, flag && flagOf(flag)]);
  // `replace.referenceId` has a flag of its own.
  const { replaceReferenceId, ...rest } = Object.fromEntries(all.filter(([, flag]) => flag));
  return { ...rest, "replace.referenceId": replaceReferenceId };
}

/** The command runs on Node, which has ways of its own. */
const ON_NODE: Readonly<Record<string, string>> = {
  source_tls_untrusted: "Node trusts what NODE_EXTRA_CA_CERTS=FILE names.",
  tls_untrusted:
    "Node trusts what NODE_EXTRA_CA_CERTS=FILE names; the emulator's --tls writes DIR/ca.pem.",
};

/** An error's words as the command line says them. */
export function spelled<T extends { code: string; message: string; hint: string }>(
  error: T,
  names: OptionNames = FLAGS,
): { message: string; hint: string } {
  const { message, hint } = withOptionNames(error, names);
  return { message, hint: [hint, ON_NODE[error.code]].filter(Boolean).join(" ") };
}
