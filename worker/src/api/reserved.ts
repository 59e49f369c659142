// Reference ids that this Worker makes up begin so, and callers' own may not.

export const RESERVED = "vodlift-";

export function isReserved(referenceId: string): boolean {
  return referenceId.trim().toLowerCase().startsWith(RESERVED);
}
