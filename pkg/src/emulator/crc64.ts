/**
 * CRC-64/XZ (ECMA-182 polynomial, reflected): what OSS calls `x-oss-hash-crc64ecma`.
 *
 * The running value is kept as two 32-bit halves, because BigInt arithmetic per byte would be a hundred times
 * slower; eight bytes are folded at once through eight tables ("slicing by 8").
 */

const SLICES = 8;
const POLYNOMIAL = 0xc96c5795d7870f42n;
const MASK = 0xffffffffffffffffn;

/** `TABLE[(slice * 256 + byte) * 2]` is the low half, the next element the high half. */
const TABLE = buildTable();

const NONE = new Int32Array(0);

function buildTable(): Int32Array {
  const table = new Int32Array(SLICES * 256 * 2);
  const first: bigint[] = [];
  for (let byte = 0; byte < 256; byte += 1) {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) {
      value = value & 1n ? (value >> 1n) ^ POLYNOMIAL : value >> 1n;
    }
    first.push(value);
  }
  for (let byte = 0; byte < 256; byte += 1) {
    let value = first[byte] ?? 0n;
    for (let slice = 0; slice < SLICES; slice += 1) {
      const at = (slice * 256 + byte) * 2;
      table[at] = Number(BigInt.asIntN(32, value));
      table[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
      value = (value >> 8n) ^ (first[Number(value & 0xffn)] ?? 0n);
    }
  }
  return table;
}

/** A running CRC-64. `update` may be called with pieces of any size. */
export class Crc64 {
  #low = -1;
  #high = -1;

  update(data: Uint8Array): this {
    const table = TABLE;
    let low = this.#low;
    let high = this.#high;
    let at = 0;
    // Whole words need an aligned start; a socket's chunk usually begins anywhere inside a shared buffer.
    const head = Math.min(data.length, (4 - (data.byteOffset & 3)) & 3);
    while (at < head) {
      const index = ((low ^ (data[at] as number)) & 0xff) << 1;
      low = ((low >>> 8) | (high << 24)) ^ (table[index] as number);
      high = (high >>> 8) ^ (table[index + 1] as number);
      at += 1;
    }
    const words = (data.length - at) >>> 3;
    // A piece too short to reach an aligned word has none; asking for a view there would throw.
    const view = words === 0 ? NONE : new Int32Array(data.buffer, data.byteOffset + at, words * 2);
    for (let word = 0; word < view.length; word += 2) {
      const a = low ^ (view[word] as number);
      const b = high ^ (view[word + 1] as number);
      const i7 = 3584 + ((a & 0xff) << 1);
      const i6 = 3072 + ((a >>> 7) & 0x1fe);
      const i5 = 2560 + ((a >>> 15) & 0x1fe);
      const i4 = 2048 + ((a >>> 23) & 0x1fe);
      const i3 = 1536 + ((b & 0xff) << 1);
      const i2 = 1024 + ((b >>> 7) & 0x1fe);
      const i1 = 512 + ((b >>> 15) & 0x1fe);
      const i0 = (b >>> 23) & 0x1fe;
      low =
        (table[i7] as number) ^
        (table[i6] as number) ^
        (table[i5] as number) ^
        (table[i4] as number) ^
        (table[i3] as number) ^
        (table[i2] as number) ^
        (table[i1] as number) ^
        (table[i0] as number);
      high =
        (table[i7 + 1] as number) ^
        (table[i6 + 1] as number) ^
        (table[i5 + 1] as number) ^
        (table[i4 + 1] as number) ^
        (table[i3 + 1] as number) ^
        (table[i2 + 1] as number) ^
        (table[i1 + 1] as number) ^
        (table[i0 + 1] as number);
    }
    at += words * 8;
    while (at < data.length) {
      const index = ((low ^ (data[at] as number)) & 0xff) << 1;
      low = ((low >>> 8) | (high << 24)) ^ (table[index] as number);
      high = (high >>> 8) ^ (table[index + 1] as number);
      at += 1;
    }
    this.#low = low;
    this.#high = high;
    return this;
  }

  digest(): bigint {
    const low = BigInt.asUintN(32, BigInt(~this.#low));
    const high = BigInt.asUintN(32, BigInt(~this.#high));
    return (high << 32n) | low;
  }
}

/** CRC-64 of `data` in one call. */
export function crc64(data: Uint8Array): bigint {
  return new Crc64().update(data).digest();
}

/**
 * The CRC-64 of two pieces laid end to end, from the CRC of each and the length of the second.
 * Multiplies by x^(8·length) modulo the polynomial instead of feeding `length` zero bytes.
 */
export function combineCrc64(first: bigint, second: bigint, secondLength: number): bigint {
  return multiply(first, shiftOperator(secondLength)) ^ second;
}

/** Parts mostly share one length, so the last operator computed is nearly always the next one needed. */
let cachedOperator = { length: 0, value: 1n << 63n };

function shiftOperator(length: number): bigint {
  if (cachedOperator.length === length) return cachedOperator.value;
  let value = 1n << 63n; // x^0: in the reflected form the highest bit is the lowest power
  let square = 1n << 55n; // x^8: one byte
  for (let rest = BigInt(length); rest > 0n; rest >>= 1n) {
    if (rest & 1n) value = multiply(value, square);
    square = multiply(square, square);
  }
  cachedOperator = { length, value };
  return value;
}

/** a·b modulo the polynomial, both reflected. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = 63n; bit >= 0n; bit -= 1n) {
    if ((a >> bit) & 1n) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ POLYNOMIAL : shifted >> 1n;
  }
  return product & MASK;
}
