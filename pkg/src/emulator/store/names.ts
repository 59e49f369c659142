/** Which bucket and object names are good, by OSS's rules and by those of a folder of plain files. */

/** Why a name is refused; undefined when it is good. */
export function objectNameProblem(key: string): string | undefined {
  if (key === "") return "The Object name can not be empty.";
  if (Buffer.byteLength(key) > 1023) return "The length of object name must be less than 1024.";
  if (key.startsWith("/") || key.startsWith("\\")) return "The specified object is not valid.";
  return plainFileProblem(key);
}

/**
 * OSS itself takes these names. A plain file cannot: `..` would leave the bucket, `a//b` and `a/` have no file of their
 * own. Refusing is safer than storing them under another name.
 */
function plainFileProblem(key: string): string | undefined {
  if (key.includes("\0") || key.includes("\\")) {
    return "The emulator stores objects as plain files: a key may hold no backslash and no NUL.";
  }
  for (const segment of key.split("/")) {
    if (segment === "" || segment === "." || segment === "..") {
      return "The emulator stores objects as plain files: a key may have no empty, '.' or '..' segment.";
    }
    if (Buffer.byteLength(segment) > 255) {
      return "The emulator stores objects as plain files: a segment of a key may have at most 255 bytes.";
    }
  }
  return undefined;
}

/** 3–63 lower-case letters, digits and hyphens, no hyphen at either end. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name);
}
