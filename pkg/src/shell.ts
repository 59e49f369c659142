// `vodlift/shell`: what a shell around this package is made of that offers its options to callers of its own: an HTTP API, a
// queue, a form. The Worker is one.

export {
  atResume,
  DECLARED,
  type Declared,
  type Kind,
  type OptionOf,
  ofKind,
  optionsOf,
  type Shell,
  type ValueType,
} from "./declared.ts";
export { renamed as renamedOption } from "./fields.ts";
export { fromJson, fromText, type Taken } from "./given.ts";
export { type Problem, problem, type Status, statusOf } from "./handler/problem.ts";
export { STANDSTILL } from "./handler/slice.ts";
export type * from "./option-types.ts";
export { TEXTS } from "./options.gen.ts";
export { shownUrl } from "./shown-url.ts";
export { nearest } from "./suggest.ts";
