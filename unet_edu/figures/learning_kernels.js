// The inner loops of learning in WebAssembly SIMD, beside those of kernels.js. A convolution's backward pass by its input
// is a convolution again, of the gradient with the kernel turned round; what is left is below. A map's rows lie so far
// apart that there are zeros between them: then a whole map is one long row.
//
//     dots       4 planes of a gradient · 3 planes (or 3 places of one plane) of a map: 12 sums stay in registers
//     clear      zeros between the rows
//     mask       a gradient, where the map is above 0 (ReLU), times a factor (dropout)
//     unpool     a gradient to the first of the largest of four pixels
//     corners    a map of 2n × 2n pixels as four of n × n, as an up-convolution painted them

/** Functions that read, write and move the variables of a kernel. */
function variables(local) {
  const read = (variable) => get(local[variable]);
  const write = (variable, value) => put(local[variable], value);
  return { read, write, step: (variable, distance) => write(variable, add(read(variable), distance)) };
}

/**
 * Sums of products, added to what is there. gradient: the first of four planes, the next one `plane` further; a, b, c:
 * three planes, or `near`: three pixels of plane a side by side; bytes: of a plane; out: the sum of the first two, for the
 * next gradient `outGradient` further, for the next of the three `outMap`.
 */
function dotsKernel(name, { near, relaxed }) {
  const types = { gradient: I32, plane: I32, a: I32, b: I32, c: I32, bytes: I32, out: I32, outGradient: I32, outMap: I32 };
  const maps = ["a", "b", "c"];
  const pairs = [0, 1, 2, 3].flatMap((plane) => maps.map((map) => [plane, map]));
  const vectors = Object.fromEntries([...maps.map((map) => `v${map}`), "slope", ...pairs.map((pair) => pair.join(""))].map((each) => [`x${each}`, V128]));
  return wasmFunction(name, types, { here: I32, at: I32, to: I32, ...vectors }, (local) => {
    const { read, write, step } = variables(local);
    const sum = (plane, map) => `x${plane}${map}`;
    return [
      ...repeat([
        ...maps.flatMap((map, place) => write(`xv${map}`, near
          ? vector(add(read("a"), read("here")), BYTES * place)
          : vector(add(read(map), read("here"))))),
        ...write("at", add(read("gradient"), read("here"))),
        ...[0, 1, 2, 3].flatMap((plane) => [
          ...(plane ? step("at", read("plane")) : []),
          ...write("xslope", vector(read("at"))),
          ...maps.flatMap((map) => write(sum(plane, map), multiplyAdd(read("xslope"), read(`xv${map}`), read(sum(plane, map)), relaxed))),
        ]),
        ...step("here", constant(16)),
      ], less(read("here"), read("bytes"))),
      ...[0, 1, 2, 3].flatMap((plane) => [
        ...write("to", read("out")),
        ...maps.flatMap((map) => [
          ...storeSingle(read("to"), 0, sumOf([single(read("to")), ...[0, 1, 2, 3].map((number) => lane(read(sum(plane, map)), number))])),
          ...step("to", read("outMap")),
        ]),
        ...step("out", read("outGradient")),
      ]),
    ];
  });
}

/** Zeros in `bytes` of each of `rows`, 16 or more, from `at`, `row` apart. */
function clearKernel(name) {
  return wasmFunction(name, { at: I32, rows: I32, row: I32, bytes: I32 }, { here: I32, last: I32 }, (local) => {
    const { read, write, step } = variables(local);
    return repeat([
      ...write("here", read("at")),
      ...write("last", add(add(read("at"), read("bytes")), constant(-16))),
      ...repeat([...store(read("here"), 0, NOUGHTS), ...step("here", constant(16))], less(read("here"), read("last"))),
      ...store(read("last"), 0, NOUGHTS),
      ...step("at", read("row")),
      ...step("rows", constant(-1)),
    ], read("rows"));
  });
}

/** gradient · factor where map > 0, else 0, for `bytes` of both. */
function maskKernel(name) {
  return wasmFunction(name, { map: I32, gradient: I32, bytes: I32, factor: F32 }, { end: I32, scale: V128 }, (local) => {
    const { read, write, step } = variables(local);
    return [
      ...write("end", add(read("map"), read("bytes"))),
      ...write("scale", fourTimes(read("factor"))),
      ...repeat([
        ...store(read("gradient"), 0, both(product(vector(read("gradient")), read("scale")), above(vector(read("map")), NOUGHTS))),
        ...step("map", constant(16)),
        ...step("gradient", constant(16)),
      ], less(read("map"), read("end"))),
    ];
  });
}

/** Pooling backwards, for one plane: map and out have rows `row` apart, the gradient `gradientRow`; blocks: of 4 of its pixels. */
function unpoolKernel(name) {
  const types = { map: I32, gradient: I32, out: I32, rows: I32, blocks: I32, row: I32, gradientRow: I32 };
  const vectors = Object.fromEntries(["a", "b", "c", "d", "most", "taken", "slope"].map((each) => [each, V128]));
  return wasmFunction(name, types, { here: I32, below: I32, from: I32, to: I32, block: I32, left: V128, right: V128, ...vectors }, (local) => {
    const { read, write, step } = variables(local);
    const halves = (at, even, odd) => [
      ...write("left", vector(read(at))),
      ...write("right", vector(read(at), 16)),
      ...write(even, pick(read("left"), read("right"), [0, 2, 4, 6])),
      ...write(odd, pick(read("left"), read("right"), [1, 3, 5, 7])),
    ];
    const claim = (pixel) => [ // this pixel gets the gradient if it is the largest and no other has it
      ...write("left", butNot(alike(read(pixel), read("most")), read("taken"))),
      ...write("taken", either(read("taken"), read("left"))),
      ...write(pixel, both(read("slope"), read("left"))),
    ];
    const turns = (at, one, other) => [
      ...store(at, 0, pick(read(one), read(other), [0, 4, 1, 5])),
      ...store(at, 16, pick(read(one), read(other), [2, 6, 3, 7])),
    ];
    return repeat([
      ...write("here", read("map")),
      ...write("from", read("gradient")),
      ...write("to", read("out")),
      ...write("block", read("blocks")),
      ...repeat([
        ...write("below", add(read("here"), read("row"))),
        ...halves("here", "a", "b"),
        ...halves("below", "c", "d"),
        ...write("most", larger(larger(read("a"), read("b")), larger(read("c"), read("d")))),
        ...write("taken", NOUGHTS),
        ...write("slope", vector(read("from"))),
        ...["a", "b", "c", "d"].flatMap(claim),
        ...turns(read("to"), "a", "b"),
        ...turns(add(read("to"), read("row")), "c", "d"),
        ...step("here", constant(32)),
        ...step("to", constant(32)),
        ...step("from", constant(16)),
        ...step("block", constant(-1)),
      ], read("block")),
      ...step("map", add(read("row"), read("row"))),
      ...step("out", add(read("row"), read("row"))),
      ...step("gradient", read("gradientRow")),
      ...step("rows", constant(-1)),
    ], read("rows"));
  });
}

/** One plane in four: rows, blocks of 4: of those that are written, outRow apart, the next plane `plane` further. */
function cornersKernel(name) {
  const types = { map: I32, out: I32, plane: I32, rows: I32, blocks: I32, row: I32, outRow: I32 };
  return wasmFunction(name, types, { here: I32, to: I32, at: I32, block: I32, left: V128, right: V128 }, (local) => {
    const { read, write, step } = variables(local);
    return repeat([
      ...write("here", read("map")),
      ...write("to", read("out")),
      ...write("block", read("blocks")),
      ...repeat([
        ...write("at", read("to")),
        ...[0, 1].flatMap((below) => [
          ...write("left", below ? vector(add(read("here"), read("row"))) : vector(read("here"))),
          ...write("right", below ? vector(add(read("here"), read("row")), 16) : vector(read("here"), 16)),
          ...[[0, 2, 4, 6], [1, 3, 5, 7]].flatMap((lanes) => [
            ...store(read("at"), 0, pick(read("left"), read("right"), lanes)),
            ...step("at", read("plane")),
          ]),
        ]),
        ...step("here", constant(32)),
        ...step("to", constant(16)),
        ...step("block", constant(-1)),
      ], read("block")),
      ...step("map", add(read("row"), read("row"))),
      ...step("out", read("outRow")),
      ...step("rows", constant(-1)),
    ], read("rows"));
  });
}

/** The bytes of all kernels of learning; relaxed: with the multiply-add that newer browsers have. */
function learningModule(relaxed) {
  return wasmModule([
    sumsKernel("conv3x3", { side: 3, begin: "bias", relaxed }),
    sumsKernel("conv1x1", { side: 1, begin: "bias", relaxed }),
    sumsKernel("upConv", { side: 1, begin: "bias", paint: true, relaxed }),
    poolKernel("maxPool"),
    dotsKernel("dotsNear", { near: true, relaxed }),
    dotsKernel("dots", { near: false, relaxed }),
    clearKernel("clear"),
    maskKernel("mask"),
    unpoolKernel("unpool"),
    cornersKernel("corners"),
  ]);
}

/** The kernels of learning, for this browser. */
const learningKernels = () => quickest(learningModule);

export { learningModule, learningKernels };
