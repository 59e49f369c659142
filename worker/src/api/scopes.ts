// What a token may do, declared once: the settings, the routes, /openapi.json and the dashboard take it from here, and a test
// holds docs/deploy.md against it. Nothing is imported, as the dashboard's tests read it, too.

/** Each scope, and what it opens. */
export const SCOPES = {
  create: "post, upload, retry and replace",
  read: "list, look, follow, and hand out checkpoints",
  cancel: "cancel and stop",
  own: "reach only what belongs to the token itself, or to its owner",
  all: "reach what belongs to anyone, and read /metrics",
  admin: "reach what belongs to anyone, and pause and resume the whole service",
} as const;

export type Scope = keyof typeof SCOPES;
/** What may be done to an ingest that is within reach. */
export type Deed = "create" | "read" | "cancel";

export const SCOPE_NAMES = Object.keys(SCOPES) as Scope[];

/** As text for documents. */
export const SCOPES_TEXT = SCOPE_NAMES.map((name) => `\`${name}\`: ${SCOPES[name]}`).join("; ");

/** Left out, a token's scopes are all of these. */
const EVERYTHING: readonly Scope[] = ["create", "read", "cancel", "all", "admin"];

/**
 * The scopes that a token has. One that names no reach has its own ingests; the only token there is has all of them, as
 * there is nobody to keep them from. Of two reaches the narrower holds.
 *
 * @param given As its entry lists them; undefined if it lists none.
 */
export function scopesOf(given: readonly Scope[] | undefined, isOnly: boolean): readonly Scope[] {
  if (given === undefined) return EVERYTHING;
  if (given.length === 0) return [];
  const wide = given.includes("all") || given.includes("admin") || isOnly;
  const reach = wide && !given.includes("own") ? "all" : "own";
  return SCOPE_NAMES.filter((name) =>
    name === "own" || name === "all" ? name === reach : given.includes(name),
  );
}
