// Commands that are shown to be copied into a shell.

/** A value as one word of a POSIX shell: a name that somebody else chose must not become a command of its own. */
export function quoted(value: string): string {
  return /^[\w./:@%+=,[\]-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
