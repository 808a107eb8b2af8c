// A run of Playground: pictures become tiles, a learner of learning.js takes steps, and now and then the validation
// picture is looked at. Nothing here knows of a page: a worker runs it, and the tests do, in Node.
//
//     training pictures ─▶ turned, flipped, bent ─▶ two tiles a step ─▶ trainingStep
//     validation picture, mirrored at its borders ─▶ probability ─▶ V_Rand, cells, wrong pixels        never trained on

const BATCH = 2;
const TILES = { 0: [92, 64], 1: [92, 64], 2: [92, 64], 3: [124, 64] }; // by depth: valid, padded

/** Mirrored at both ends, without repeating the last pixel, as numpy's "reflect". */
const mirrored = (at, side) => {
  const period = 2 * (side - 1), rest = ((at % period) + period) % period;
  return rest < side ? rest : period - rest;
};

/** How much each of three nodes on a line of `side` pixels counts at a pixel: cubic, as PyTorch's bicubic resizing. */
function bending(side) {
  const near = (t) => 1.25 * t ** 3 - 2.25 * t ** 2 + 1, far = (t) => -0.75 * t ** 3 + 3.75 * t ** 2 - 6 * t + 3;
  return Array.from({ length: side }, (_, at) => {
    const place = (2 * at) / (side - 1), before = Math.min(Math.floor(place), 1), t = place - before;
    const shares = [0, 0, 0];
    [far(1 + t), near(t), near(1 - t), far(2 - t)].forEach((share, node) => {
      shares[Math.min(Math.max(before - 1 + node, 0), 2)] += share;
    });
    return shares;
  });
}

/**
 * A tile of a picture: { tile, label, weight }. side: of pictures; size: of the tile; answer: of what is scored, in its
 * middle, which lies on the picture before it is turned. augment: "none", "turns" (with flips) or "elastic" (these, too).
 */
function cutTile({ image, label, weight }, { side, size, answer, augment, random, bends }) {
  const edge = (size - answer) / 2;
  const origin = [0, 1].map(() => Math.floor(random() * (side - answer + 1)) - edge);
  const angle = augment === "none" ? 0 : 2 * Math.PI * random(), flip = augment !== "none" && random() < 0.5;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const nodes = Array.from({ length: 18 }, () => (augment === "elastic" ? 3 * gaussian(random) : 0)); // pixels: rows, then columns
  const out = { tile: new Float32Array(size * size), label: new Uint8Array(answer * answer), weight: new Float32Array(answer * answer) };
  const middle = (size - 1) / 2;
  for (let y = 0; y < size; y += 1) {
    const rows = [0, 1].map((axis) => [0, 1, 2].map((column) => // displacements of this row, at the three columns of nodes
      [0, 1, 2].reduce((sum, row) => sum + bends[y][row] * nodes[axis * 9 + row * 3 + column], 0)));
    for (let x = 0; x < size; x += 1) {
      const across = flip ? middle - x : x - middle, down = y - middle;
      const [b0, b1, b2] = bends[x];
      const row = origin[0] + middle + cosine * down - sine * across + b0 * rows[0][0] + b1 * rows[0][1] + b2 * rows[0][2];
      const column = origin[1] + middle + sine * down + cosine * across + b0 * rows[1][0] + b1 * rows[1][1] + b2 * rows[1][2];
      const [top, left] = [Math.floor(row), Math.floor(column)];
      const [lower, right] = [row - top, column - left];
      const [y0, y1] = [mirrored(top, side) * side, mirrored(top + 1, side) * side];
      const [x0, x1] = [mirrored(left, side), mirrored(left + 1, side)];
      const between = (values) => (1 - lower) * ((1 - right) * values[y0 + x0] + right * values[y0 + x1])
        + lower * ((1 - right) * values[y1 + x0] + right * values[y1 + x1]);
      out.tile[y * size + x] = between(image);
      const [inY, inX] = [y - edge, x - edge];
      if (inY < 0 || inX < 0 || inY >= answer || inX >= answer) continue;
      const at = inY * answer + inX;
      out.label[at] = label[(lower < 0.5 ? y0 : y1) + (right < 0.5 ? x0 : x1)];
      out.weight[at] = between(weight);
    }
  }
  return out;
}

/** The smallest network size whose answer covers `side` pixels with the same edge on both sides: [size, answer]. */
function covering(network, side) {
  for (let size = side; ; size += 1) {
    const answer = answerSize({ ...network, size });
    if (answer >= side && (answer - side) % 2 === 0) return [size, answer];
  }
}

/**
 * A run, ready to start. config: { depth, width, skips, padding, dropout, start, weighted, augment, images, optimiser,
 * momentum, decay, rate, schedule, clip, steps, loss, seed }. pictures: { side, images, instances, border }: of each
 * picture greys 0 … 1, cells by number, border term; the last one is for validation. code: of learningKernels(), or null.
 * step() → { step, loss, rate }, of the step that it took; look() → what the validation picture shows now.
 */
function makeRun(config, { side, images, instances, border }, code) {
  const { depth, padding } = config;
  const area = side * side, count = Math.min(config.images, images.length / area - 1);
  const network = { ...config, classes: 2, size: TILES[depth][padding] };
  const make = (net) => (code ? simdLearner(net, code) : plainLearner(net));
  const learner = make(network), answer = answerSize(network);
  const [wide, seen] = covering(network, side);
  const looker = make({ ...network, size: wide, dropout: 0 });
  drawWeights(config.start, learner.table, learner.parameters, randomFrom(config.seed));
  learner.refresh();

  const part = (array, number) => array.subarray(number * area, (number + 1) * area);
  const training = images.subarray(0, count * area);
  const mean = training.reduce((sum, grey) => sum + grey, 0) / training.length;
  const std = Math.sqrt(training.reduce((sum, grey) => sum + (grey - mean) ** 2, 0) / training.length);
  const normal = images.map((grey) => (grey - mean) / std);
  const labels = Uint8Array.from(instances, (cell) => (cell ? 1 : 0));
  const share = labels.subarray(0, count * area).reduce((sum, one) => sum + one, 0) / (count * area); // of cell
  const weights = Float32Array.from(border, (term, at) => (config.weighted ? term + 0.5 / (labels[at] ? share : 1 - share) : 1));
  const samples = Array.from({ length: count }, (_, number) =>
    ({ image: part(normal, number), label: part(labels, number), weight: part(weights, number) }));
  const last = images.length / area - 1;
  const watched = { image: part(normal, last), label: part(labels, last) };
  const truth = regions(watched.label, side, side).numbers;

  const random = randomFrom(config.seed + 1), dropping = config.dropout ? randomFrom(config.seed + 2) : null;
  const bends = bending(network.size);
  const update = makeOptimiser(config, learner.parameters.length);
  let done = 0, order = [];

  function step() {
    const batch = Array.from({ length: BATCH }, () => {
      if (!order.length) { // each picture once, in an order that is drawn anew
        order = samples.map((_, number) => number);
        for (let at = order.length - 1; at > 0; at -= 1) {
          const other = Math.floor(random() * (at + 1));
          [order[at], order[other]] = [order[other], order[at]];
        }
      }
      return cutTile(samples[order.pop()], { side, size: network.size, answer, augment: config.augment, random, bends });
    });
    const { loss, norm, rate } = trainingStep(learner, update, batch, config, done, dropping);
    done += 1;
    return { step: done, loss, norm, rate };
  }

  const edge = (wide - side) / 2, off = (seen - side) / 2;
  const tile = new Float32Array(wide * wide);
  for (let y = 0; y < wide; y += 1) {
    for (let x = 0; x < wide; x += 1) tile[y * wide + x] = watched.image[mirrored(y - edge, side) * side + mirrored(x - edge, side)];
  }

  /** { step, probability: Float32Array, vRand, threshold, wrong: share of pixels, alone, together, broken, loss }. */
  function look() {
    looker.parameters.set(learner.parameters);
    looker.refresh();
    const score = looker.forward(tile);
    const probability = new Float32Array(area);
    let loss = 0, wrong = 0;
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        const from = score.start + (y + off) * score.row + x + off, at = y * side + x;
        const ahead = score.data[from + score.plane] - score.data[from]; // of class 1
        probability[at] = 1 / (1 + Math.exp(-ahead));
        const against = watched.label[at] ? -ahead : ahead;
        loss += Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
        wrong += probability[at] > 0.5 !== watched.label[at] > 0;
      }
    }
    const { score: vRand, threshold } = bestRand(truth, probability, side, side);
    const found = regions(Uint8Array.from(probability, (one) => (one > 0.5 ? 1 : 0)), side, side);
    const { alone, together, broken } = fates(truth, found.numbers);
    return { step: done, probability, vRand, threshold, wrong: wrong / area, alone, together, broken, loss: loss / area };
  }

  const stages = () => learner.table.filter(({ name }) => name.endsWith("weight")).map(({ name }) => name.slice(0, -7).replace("conv", "relu"));
  const names = stages().flatMap((name) => (name.startsWith("up") ? [name.replace("up", "skip"), name] : [name]));
  return { step, look, stages: names, map: (name) => looker.map(name), watched, truth, parameters: learner.parameters.length };
}

export { makeRun, cutTile, bending, covering };
