// WebAssembly, written by hand: each function below returns the bytes of an instruction with those of its operands before
// it, as the stack machine wants them. sum = add(get(0), constant(4)) is "local.get 0, i32.const 4, i32.add".
// Source of the codes: the WebAssembly Core Specification 3.0, section "Binary Format".

/** A whole number of 0 or more, seven bits a byte (LEB128). */
function unsigned(value) {
  const bytes = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 128) return [...bytes, left];
    bytes.push((left & 127) | 128);
  }
}

/** A whole number that may be below 0, seven bits a byte. */
function signed(value) {
  const bytes = [];
  for (let left = value; ; left >>= 7) {
    if (left >= -64 && left < 64) return [...bytes, left & 127];
    bytes.push((left & 127) | 128);
  }
}

const I32 = 0x7f, F32 = 0x7d, V128 = 0x7b; // types
const get = (local) => [0x20, ...unsigned(local)];
const put = (local, value) => [...value, 0x21, ...unsigned(local)];

const constant = (value) => [0x41, ...signed(value)]; // whole numbers of 32 bits
const add = (one, other) => [...one, ...other, 0x6a];
const times = (one, other) => [...one, ...other, 0x6c];
const unequal = (one, other) => [...one, ...other, 0x47];
const word = (address, offset = 0) => [...address, 0x28, 2, ...unsigned(offset)]; // what memory holds at an address

const simd = (code) => [0xfd, ...unsigned(code)]; // four numbers (f32) at once
const vector = (address, offset = 0) => [...address, ...simd(0), 2, ...unsigned(offset)];
const spread = (address, offset = 0) => [...address, ...simd(9), 2, ...unsigned(offset)]; // one number of memory, four times
const store = (address, offset, value) => [...address, ...value, ...simd(11), 2, ...unsigned(offset)];
const fourTimes = (number) => [...number, ...simd(19)]; // f32x4.splat
const larger = (one, other) => [...one, ...other, ...simd(235)]; // f32x4.pmax: one < other ? other : one
/** Four of the eight numbers of two vectors: pick(a, b, [0, 4, 1, 5]) is a0 b0 a1 b1. */
const pick = (one, other, lanes) =>
  [...one, ...other, ...simd(13), ...lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3])];
/** one · other + sum: in one instruction, rounded once, where the browser has `relaxed` SIMD. */
const multiplyAdd = (one, other, sum, relaxed) => (relaxed
  ? [...one, ...other, ...sum, ...simd(0x105)]
  : [...sum, ...one, ...other, ...simd(230), ...simd(228)]);

const less = (one, other) => [...one, ...other, 0x49]; // of whole numbers without sign
const single = (address, offset = 0) => [...address, 0x2a, 2, ...unsigned(offset)]; // one number of memory
const storeSingle = (address, offset, value) => [...address, ...value, 0x38, 2, ...unsigned(offset)];
const sumOf = (numbers) => numbers.reduce((sum, number) => [...sum, ...number, 0x92]); // of single numbers
const lane = (four, number) => [...four, ...simd(31), number]; // one of a vector's four
const NOUGHTS = [...simd(12), ...new Array(16).fill(0)]; // a vector of zeros, or of no bits
const product = (one, other) => [...one, ...other, ...simd(230)];
const alike = (one, other) => [...one, ...other, ...simd(65)]; // all bits of a number where two are equal, else none
const above = (one, other) => [...one, ...other, ...simd(68)]; // the same where one is greater
const both = (one, other) => [...one, ...other, ...simd(78)]; // bits that are in both
const butNot = (one, other) => [...one, ...other, ...simd(79)]; // bits that are in one and not in the other
const either = (one, other) => [...one, ...other, ...simd(80)];

/** Run the body, and again while the condition holds. */
const repeat = (body, condition) => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];

/**
 * A function without result, exported by its name: { name, parameters, bytes }.
 * types: { name: type } of its parameters, `more` of its other variables; body(numbers of all, by name) returns its bytes.
 */
function wasmFunction(name, types, more, body) {
  const variables = Object.keys({ ...types, ...more });
  const numbers = Object.fromEntries(variables.map((variable, number) => [variable, number]));
  const locals = Object.values(more);
  const code = [...unsigned(locals.length), ...locals.flatMap((type) => [1, type]), ...body(numbers), 0x0b];
  return { name, parameters: Object.values(types), bytes: [...unsigned(code.length), ...code] };
}

/** The bytes of a module that exports these functions and works on a memory that it imports as env.memory. */
function wasmModule(functions) {
  const list = (items) => [...unsigned(items.length), ...items.flat()];
  const section = (number, content) => [number, ...unsigned(content.length), ...content];
  const text = (letters) => list([...letters].map((letter) => letter.charCodeAt(0)));
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // "\0asm", version 1
    ...section(1, list(functions.map(({ parameters }) => [0x60, ...list(parameters), 0]))),
    ...section(2, list([[...text("env"), ...text("memory"), 2, 0, 1]])),
    ...section(3, list(functions.map((_, number) => unsigned(number)))),
    ...section(7, list(functions.map(({ name }, number) => [...text(name), 0, ...unsigned(number)]))),
    ...section(10, list(functions.map(({ bytes }) => bytes))),
  ]);
}
