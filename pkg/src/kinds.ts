// What a value is, told by its tag. `instanceof` knows the classes of one realm only, and jest, `vm`
// contexts and Next's edge runtime have several.

function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value).slice("[object ".length, -1);
  } catch {
    // A proxy, or a getter, that throws.
    return "";
  }
}

/** An error of any realm, a `DOMException` too. */
export function isError(value: unknown): value is Error {
  return ["Error", "DOMException"].includes(tagOf(value));
}

export function isUrl(value: unknown): value is URL {
  return tagOf(value) === "URL";
}

export function isDate(value: unknown): value is Date {
  return tagOf(value) === "Date";
}

export function isBlob(value: unknown): value is Blob {
  return ["Blob", "File"].includes(tagOf(value));
}

export function isFile(value: unknown): value is File {
  return tagOf(value) === "File";
}

export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return ["ArrayBuffer", "SharedArrayBuffer"].includes(tagOf(value));
}

/** Memory that other threads may write to. */
export function isShared(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
  return tagOf(buffer) === "SharedArrayBuffer";
}

export function isReadableStream(value: unknown): value is ReadableStream<Uint8Array> {
  return tagOf(value) === "ReadableStream";
}

/** A reply of `fetch`, or what a library made like it. */
export function isResponse(value: unknown): value is Response {
  return tagOf(value) === "Response";
}

export function isCryptoKey(value: unknown): value is CryptoKey {
  return tagOf(value) === "CryptoKey";
}

export function isRequest(value: unknown): value is Request {
  return tagOf(value) === "Request";
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const OF_VIEWS = [typedArray, DataView.prototype].map((prototype) =>
  ["buffer", "byteOffset", "byteLength"].map(
    (name) => Object.getOwnPropertyDescriptor(prototype, name)?.get as (this: unknown) => unknown,
  ),
);

/**
 * What a view looks at, of whatever kind, realm or derived class, as bytes of a plain class: what the platform says of it
 * counts, and not what the class says.
 */
export function asBytes(view: ArrayBufferView): Uint8Array {
  const getters = OF_VIEWS[tagOfArray.call(view) === undefined ? 1 : 0] ?? [];
  const [buffer, offset, length] = getters.map((get) => get.call(view));
  return new Uint8Array(buffer as ArrayBuffer, offset as number, length as number);
}

const tagOfArray = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag)?.get as (
  this: unknown,
) => unknown;
