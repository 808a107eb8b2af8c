// The inner loops of a U-Net in WebAssembly SIMD. A map lies in memory plane after plane, row after row; a table holds the
// address of each plane, so that a crop, a join of two maps and a silenced channel are other addresses, not other numbers.
//
//     8 pixels × 4 sums stay in registers        for each plane of the input, for each tap:
//     ┌────────┬────────┐                           2 vectors of the input (4 pixels each)
//     │ 4 sums │ 4 sums │ × 4                       4 weights, each spread over a vector
//     └────────┴────────┘                           8 multiplications and additions
//
// The four sums are four channels of a convolution, or the four corners that an up-convolution paints.

const SUMS = 4, BLOCK = 8; // sums at once; pixels at once
const BYTES = 4; // of a number

/**
 * A kernel that weighs and adds up planes. side: of the window, 3 or 1; begin: what the sums start from, "bias" or what
 * is there already, "out"; paint: true for corners of 2×2 pixels. Its parameters, all in bytes where they are distances:
 * planes: the table; channels: how many; skip: from a plane's address to the first pixel that is read;
 * weights: plane after plane, tap after tap, four each; bias: four; out: where the first pixel is written, the next
 * channel `plane` further; rows, blocks: of 8 pixels in each; inRow, outRow: from one row to the next; least: what is
 * less becomes this (0 is ReLU).
 */
function sumsKernel(name, { side, begin, paint, relaxed }) {
  const types = {
    planes: I32, channels: I32, skip: I32, weights: I32, bias: I32, out: I32, plane: I32,
    rows: I32, blocks: I32, inRow: I32, outRow: I32, least: F32,
  };
  const sums = Array.from({ length: SUMS * 2 }, (_, at) => `sum${at}`);
  const vectors = Object.fromEntries(["left", "right", "weight", "floor", ...sums].map((each) => [each, V128]));
  const more = { end: I32, here: I32, there: I32, block: I32, table: I32, weighed: I32, at: I32, ...vectors };
  return wasmFunction(name, types, more, (local) => {
    const read = (variable) => get(local[variable]);
    const write = (variable, value) => put(local[variable], value);
    const step = (variable, distance) => write(variable, add(read(variable), distance));
    const each = (body) => Array.from({ length: SUMS }, (_, sum) => body(sum)).flat();
    const toChannel = (sum) => (sum ? step("at", read("plane")) : write("at", read("there")));

    const start = begin === "bias"
      ? each((sum) => [...write(`sum${2 * sum}`, spread(read("bias"), BYTES * sum)), ...write(`sum${2 * sum + 1}`, read(`sum${2 * sum}`))])
      : each((sum) => [...toChannel(sum), ...write(`sum${2 * sum}`, vector(read("at"))), ...write(`sum${2 * sum + 1}`, vector(read("at"), 16))]);
    const tap = (x, number) => [
      ...write("left", vector(read("at"), BYTES * x)),
      ...write("right", vector(read("at"), BYTES * x + 16)),
      ...each((sum) => [
        ...write("weight", spread(read("weighed"), BYTES * (SUMS * number + sum))),
        ...write(`sum${2 * sum}`, multiplyAdd(read("left"), read("weight"), read(`sum${2 * sum}`), relaxed)),
        ...write(`sum${2 * sum + 1}`, multiplyAdd(read("right"), read("weight"), read(`sum${2 * sum + 1}`), relaxed)),
      ]),
    ];
    const window = Array.from({ length: side }, (_, y) => [
      ...(y ? step("at", read("inRow")) : write("at", add(word(read("table")), read("here")))),
      ...Array.from({ length: side }, (__, x) => tap(x, y * side + x)).flat(),
    ]).flat();
    const overPlanes = [
      ...write("table", read("planes")),
      ...write("weighed", read("weights")),
      ...repeat([
        ...window,
        ...step("weighed", constant(BYTES * SUMS * side ** 2)),
        ...step("table", constant(BYTES)),
      ], unequal(read("table"), read("end"))),
    ];
    const above = (sum) => larger(read("floor"), read(`sum${sum}`));
    const flat = each((sum) => [...toChannel(sum), ...store(read("at"), 0, above(2 * sum)), ...store(read("at"), 16, above(2 * sum + 1))]);
    const corners = [0, 1].flatMap((below) => [ // corners 0 and 1 lie in one row, in turns; 2 and 3 in the one below
      ...(below ? step("at", read("plane")) : write("at", read("there"))),
      ...[0, 1].flatMap((half) => [[0, 4, 1, 5], [2, 6, 3, 7]].flatMap((lanes, part) =>
        store(read("at"), 32 * half + 16 * part, pick(read(`sum${4 * below + half}`), read(`sum${4 * below + 2 + half}`), lanes)))),
    ]);
    return [
      ...write("end", add(read("planes"), times(read("channels"), constant(BYTES)))),
      ...write("floor", fourTimes(read("least"))),
      ...repeat([
        ...write("here", read("skip")),
        ...write("there", read("out")),
        ...write("block", read("blocks")),
        ...repeat([
          ...start,
          ...overPlanes,
          ...(paint ? corners : flat),
          ...step("here", constant(BYTES * BLOCK)),
          ...step("there", constant(BYTES * BLOCK * (paint ? 2 : 1))),
          ...step("block", constant(-1)),
        ], read("block")),
        ...step("skip", read("inRow")),
        ...step("out", read("outRow")),
        ...step("rows", constant(-1)),
      ], read("rows")),
    ];
  });
}

/** The kernel of 2×2 max-pooling, for one plane: in, out: addresses; blocks: of 4 pixels that are written in each row. */
function poolKernel(name) {
  const types = { in: I32, out: I32, rows: I32, blocks: I32, inRow: I32, outRow: I32 };
  const more = { here: I32, there: I32, block: I32, left: V128, right: V128 };
  return wasmFunction(name, types, more, (local) => {
    const read = (variable) => get(local[variable]);
    const write = (variable, value) => put(local[variable], value);
    const step = (variable, distance) => write(variable, add(read(variable), distance));
    const pair = (offset) => larger(vector(read("here"), offset), vector(add(read("here"), read("inRow")), offset));
    return repeat([
      ...write("here", read("in")),
      ...write("there", read("out")),
      ...write("block", read("blocks")),
      ...repeat([
        ...write("left", pair(0)),
        ...write("right", pair(16)),
        ...store(read("there"), 0, larger(
          pick(read("left"), read("right"), [0, 2, 4, 6]), pick(read("left"), read("right"), [1, 3, 5, 7]))),
        ...step("here", constant(32)),
        ...step("there", constant(16)),
        ...step("block", constant(-1)),
      ], read("block")),
      ...step("in", add(read("inRow"), read("inRow"))),
      ...step("out", read("outRow")),
      ...step("rows", constant(-1)),
    ], read("rows"));
  });
}

/** The bytes of all kernels; relaxed: with the multiply-add that newer browsers have. */
export function kernelModule(relaxed) {
  return wasmModule([
    sumsKernel("conv3x3", { side: 3, begin: "bias", relaxed }),
    sumsKernel("conv3x3More", { side: 3, begin: "out", relaxed }),
    sumsKernel("conv1x1", { side: 1, begin: "bias", relaxed }),
    sumsKernel("upConv", { side: 1, begin: "bias", paint: true, relaxed }),
    poolKernel("maxPool"),
  ]);
}

/** The quickest of a module's two kinds that this browser takes, or null where it has no SIMD at all, or no WebAssembly. */
export function quickest(moduleOf) {
  if (!globalThis.WebAssembly) return null; // as in iOS' lockdown mode
  for (const kind of [true, false]) {
    const bytes = moduleOf(kind);
    if (WebAssembly.validate(bytes)) return bytes;
  }
  return null;
}

/** The kernels of a forward pass, for this browser. */
export const kernelsHere = () => quickest(kernelModule);
