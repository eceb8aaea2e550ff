/**
 * WebAssembly that hashes two messages at once with keccak256. In: nothing. Out: a module's bytes, made here so that
 * what runs can be read. Its memory begins with the round constants; `hash32` and `hash64` take pairs of messages of 32
 * and 64 bytes: the place of the first, the place of the first hash, and the place after the last pair.
 *
 * The 25 words of a state are 25 variables of 128 bits, the lower half of one message and the upper half of the other.
 */

export const ROUND_CONSTANT_BYTES = 192;
/** 64 KiB each: room for constants, 1,024 pairs of 64 bytes, and their hashes. */
export const MEMORY_PAGES = 4;

/** Bytes of a message after which the rate of keccak256 ends: 17 words. */
const RATE_WORDS = 17;
const WORDS = 25;
const HASH_WORDS = 4;
/** Rounds in one turn of the loop: 2 were a third faster than 1, and 24 slower than both. */
const UNROLLED = 2;

// Instructions.
const LOOP = [0x03, 0x40];
const END = [0x0b];
const BRANCH_IF_TO_LOOP = [0x0d, 0];
const I32_ADD = [0x6a];
const I32_LESS = [0x49];
const i32 = (value: number): number[] => [0x41, ...signed(BigInt(value))];
const get = (variable: number): number[] => [0x20, ...unsigned(variable)];
const set = (variable: number): number[] => [0x21, ...unsigned(variable)];
const tee = (variable: number): number[] => [0x22, ...unsigned(variable)];
const simd = (code: number, ...rest: readonly number[]): number[] => [0xfd, ...unsigned(code), ...rest];
const at8 = (offset: number): number[] => [3, ...unsigned(offset)];
const loadLow = (offset: number): number[] => simd(0x5d, ...at8(offset));
const loadHigh = (offset: number): number[] => simd(0x57, ...at8(offset), 1);
const loadBoth = (offset: number): number[] => simd(0x0a, ...at8(offset));
const storeLow = (offset: number): number[] => simd(0x5b, ...at8(offset), 0);
const storeHigh = (offset: number): number[] => simd(0x5b, ...at8(offset), 1);
const both = (value: bigint): number[] => simd(0x0c, ...littleEndian(value), ...littleEndian(value));
const XOR = simd(0x51);
const OR = simd(0x50);
const AND_NOT = simd(0x4f);
const SHIFT_LEFT = simd(0xcb);
const SHIFT_RIGHT = simd(0xcd);
const SHUFFLE = 0x0d;

// Variables of a function: three parameters, and what follows.
const INPUT = 0;
const OUTPUT = 1;
const INPUT_END = 2;
const CONSTANT = 3;
const state = (i: number): number => 4 + i;
const moved = (i: number): number => 4 + WORDS + i;
const column = (x: number): number => 4 + 2 * WORDS + (x % 5);
const spread = (x: number): number => 4 + 2 * WORDS + 5 + (x % 5);
const WIDE_VARIABLES = 2 * WORDS + 10;

/** The module's bytes. */
export function keccakModule(): Uint8Array<ArrayBuffer> {
  const constants = roundConstants().flatMap(littleEndian);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, 3, 0x7f, 0x7f, 0x7f, 0]])),
    ...section(3, vector([[0], [0]])),
    ...section(5, vector([[0, MEMORY_PAGES]])),
    ...section(7, vector([exported("memory", 2, 0), exported("hash32", 0, 0), exported("hash64", 0, 1)])),
    ...section(10, vector([hashFunction(32), hashFunction(64)])),
    ...section(11, vector([[0, ...i32(0), ...END, ...unsigned(constants.length), ...constants]])),
  ]);
}

function hashFunction(messageBytes: number): number[] {
  const code: number[] = [
    ...LOOP,
    ...absorb(messageBytes),
    ...i32(0),
    ...set(CONSTANT),
    ...LOOP,
    ...Array.from({ length: UNROLLED }, (_, k) => round(8 * k)).flat(),
    ...advance(CONSTANT, 8 * UNROLLED),
    ...i32(ROUND_CONSTANT_BYTES),
    ...I32_LESS,
    ...BRANCH_IF_TO_LOOP,
    ...END,
    ...squeeze(),
    ...advance(OUTPUT, 2 * 8 * HASH_WORDS),
    ...set(OUTPUT),
    ...advance(INPUT, 2 * messageBytes),
    ...tee(INPUT),
    ...get(INPUT_END),
    ...I32_LESS,
    ...BRANCH_IF_TO_LOOP,
    ...END,
    ...END,
  ];
  const body = [
    ...vector([
      [1, 0x7f],
      [WIDE_VARIABLES, 0x7b],
    ]),
    ...code,
  ];
  return [...unsigned(body.length), ...body];
}

/** A message fits one block: its words, then keccak's padding, of which the last bit ends the rate. */
function absorb(messageBytes: number): number[] {
  return words((i) => {
    if (i < messageBytes / 8) {
      const low = [...get(INPUT), ...loadLow(8 * i), ...set(state(i))];
      return [...low, ...get(INPUT), ...get(state(i)), ...loadHigh(messageBytes + 8 * i), ...set(state(i))];
    }
    const padding = i === messageBytes / 8 ? 1n : i === RATE_WORDS - 1 ? 1n << 63n : 0n;
    return [...both(padding), ...set(state(i))];
  });
}

/** The steps of FIPS 202: theta, rho and pi, chi, iota. Word i stands at x = i % 5, y = floor(i / 5). */
function round(constantAt: number): number[] {
  const offsets = rotations();
  const sums = fives((x) => {
    const rest = [1, 2, 3, 4].flatMap((y) => [...get(state(x + 5 * y)), ...XOR]);
    return [...get(state(x)), ...rest, ...set(column(x))];
  });
  const spreads = fives((x) => [...rotated(column(x + 1), 1), ...get(column(x + 4)), ...XOR, ...set(spread(x))]);
  const moves = words((i) => {
    const [x, y] = [i % 5, Math.floor(i / 5)];
    const mixed = [...get(state(i)), ...get(spread(x)), ...XOR, ...set(state(i))];
    return [...mixed, ...rotated(state(i), offsets[i] as number), ...set(moved(y + 5 * ((2 * x + 3 * y) % 5)))];
  });
  const rows = words((i) => {
    const row = i - (i % 5);
    const [next, afterNext] = [row + ((i + 1) % 5), row + ((i + 2) % 5)].map(moved) as [number, number];
    const chi = [...get(moved(i)), ...get(afterNext), ...get(next), ...AND_NOT, ...XOR];
    const iota = i === 0 ? [...get(CONSTANT), ...loadBoth(constantAt), ...XOR] : [];
    return [...chi, ...iota, ...set(state(i))];
  });
  return [...sums, ...spreads, ...moves, ...rows];
}

function squeeze(): number[] {
  return Array.from({ length: HASH_WORDS }, (_, i) => [
    ...[...get(OUTPUT), ...get(state(i)), ...storeLow(8 * i)],
    ...[...get(OUTPUT), ...get(state(i)), ...storeHigh(8 * (HASH_WORDS + i))],
  ]).flat();
}

/** Leaves a variable turned left on the stack. Whole bytes move by one instruction. */
function rotated(variable: number, bits: number): number[] {
  if (bits === 0) return get(variable);
  if (bits % 8 === 0) {
    const byteFrom = (i: number) => (i & 8) | ((i - bits / 8) & 7);
    return [...get(variable), ...get(variable), ...simd(SHUFFLE, ...Array.from({ length: 16 }, (_, i) => byteFrom(i)))];
  }
  const left = [...get(variable), ...i32(bits), ...SHIFT_LEFT];
  return [...left, ...get(variable), ...i32(64 - bits), ...SHIFT_RIGHT, ...OR];
}

/** By how many bits rho turns each word. */
function rotations(): number[] {
  const offsets = new Array<number>(WORDS).fill(0);
  let [x, y] = [1, 0];
  for (let t = 0; t < WORDS - 1; t++) {
    offsets[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
}

/** By the shift register of FIPS 202, 3.2.5. */
function roundConstants(): bigint[] {
  let register = 1;
  return Array.from({ length: ROUND_CONSTANT_BYTES / 8 }, () => {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << BigInt(2 ** j - 1);
      register = (register << 1) ^ ((register >> 7) * 0x171);
    }
    return constant;
  });
}

function advance(variable: number, by: number): number[] {
  return [...get(variable), ...i32(by), ...I32_ADD, ...(variable === CONSTANT ? tee(variable) : [])];
}

function words(code: (i: number) => number[]): number[] {
  return Array.from({ length: WORDS }, (_, i) => code(i)).flat();
}

function fives(code: (x: number) => number[]): number[] {
  return Array.from({ length: 5 }, (_, x) => code(x)).flat();
}

// The binary format.
function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function exported(name: string, kind: number, index: number): number[] {
  return [...unsigned(name.length), ...new TextEncoder().encode(name), kind, index];
}

function littleEndian(value: bigint): number[] {
  return Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: bigint): number[] {
  const isLast = value >= -64n && value < 64n;
  const low = Number(value & 0x7fn);
  return isLast ? [low] : [low | 0x80, ...signed(value >> 7n)];
}
