// Learning in plain JavaScript: what each layer of engine.js hands back, the loss, and the optimisers. Where the browser
// has WebAssembly SIMD, learning_simd.js computes the same; this file is the one to read.
//
//     tile ▶ d0 ──────── skip0 ────────▶ u0 ▶ score ▶ loss        forward
//             ▼ pool1              up0 ▲
//             d1 ──────────────────────┘
//     tile ◀ d0 ◀─────── skip0 ───────── u0 ◀ score ◀ ∂loss       backward: each layer gets ∂loss/∂(what it gave), adds
//             ▲ pool1              up0 ▼                          ∂loss/∂(its weights) to the gradient, and hands back
//             d1 ◀─────────────────────┘                          ∂loss/∂(what it got)
//
// A network is { size, depth, width, classes, skips, padding, dropout }: skips, a kind for each level, "crop", "resize",
// "pool" (taken after the pooling, enlarged again) or "none"; padding 0 or 1; dropout, the probability. Names, shapes and
// values are those of unet_edu.models and unet_edu.training; the tests hold every one against PyTorch's.

const SKIP_KINDS = ["crop", "resize", "pool", "none"];

/** Where each parameter lies in one long array, in PyTorch's order: [{ name, shape, at, length }]. */
function parametersOf({ depth, width, classes = 2 }) {
  const list = [];
  let at = 0;
  const add = (layer, bias, ...shape) => {
    for (const [part, dimensions] of [["weight", shape], ["bias", [bias]]]) {
      const length = dimensions.reduce((product, side) => product * side, 1);
      list.push({ name: `${layer}.${part}`, shape: dimensions, at, length });
      at += length;
    }
  };
  const pair = (name, inputs, outputs) => {
    add(`${name}.conv1`, outputs, outputs, inputs, 3, 3);
    add(`${name}.conv2`, outputs, outputs, outputs, 3, 3);
  };
  for (let level = 0; level <= depth; level += 1) pair(`d${level}`, level ? width << (level - 1) : 1, width << level);
  for (let level = depth - 1; level >= 0; level -= 1) {
    add(`up${level}`, width << level, width << (level + 1), width << level, 2, 2);
    pair(`u${level}`, 2 * (width << level), width << level);
  }
  add("score", classes, classes, width, 1, 1);
  return list;
}

/** The levels after which units drop out, as in unet_edu.models.UNet: the two deepest, but never level 0. */
const dropsOut = (level, depth) => level >= Math.max(1, depth - 1);

/** How many pixels a side the scores have, or NaN where a pooling would meet an odd size or nothing is left. */
function answerSize({ size, depth, padding = 0 }) {
  const lost = 4 - 4 * padding;
  let side = size - lost;
  for (let level = 0; level < depth; level += 1) side = side % 2 ? NaN : side / 2 - lost;
  if (!(side > 0)) return NaN;
  for (let level = 0; level < depth; level += 1) side = 2 * side - lost;
  return side > 0 ? side : NaN;
}

// ---- what a skip connection hands over, and back. A view is a map somewhere in a long array: channel c, row y, column x
// lie at start + c · plane + y · row + x.

const viewOf = ({ channels, size, data }) => ({ channels, size, data, start: 0, row: size, plane: size * size });

/** For each of `to` pixels of a line of `from`, corner on corner: [the pixel before it, the share of the one after it]. */
function stretched(from, to) {
  const step = to > 1 ? (from - 1) / (to - 1) : 0;
  return Array.from({ length: to }, (_, at) => {
    const before = Math.min(Math.floor(at * step), Math.max(from - 2, 0));
    return [before, from > 1 ? at * step - before : 0];
  });
}

/** Write what a skip of this kind makes of `map` into the first channels of `out`. pooled: the map after the pooling. */
function handOver(kind, map, pooled, out) {
  const edge = (map.size - out.size) / 2;
  const lines = kind === "resize" ? stretched(map.size, out.size) : null;
  for (let channel = 0; channel < map.channels; channel += 1) {
    for (let y = 0; y < out.size; y += 1) {
      const to = out.start + channel * out.plane + y * out.row;
      if (kind === "none") out.data.fill(0, to, to + out.size);
      else if (kind === "crop") {
        const from = map.start + channel * map.plane + (y + edge) * map.row + edge;
        for (let x = 0; x < out.size; x += 1) out.data[to + x] = map.data[from + x];
      } else if (kind === "pool") {
        const from = pooled.start + channel * pooled.plane + ((y + edge) >> 1) * pooled.row;
        for (let x = 0; x < out.size; x += 1) out.data[to + x] = pooled.data[from + ((x + edge) >> 1)];
      } else {
        const [above, lower] = lines[y];
        const top = map.start + channel * map.plane + above * map.row, bottom = lower ? top + map.row : top;
        for (let x = 0; x < out.size; x += 1) {
          const [left, right] = lines[x];
          const next = right ? left + 1 : left;
          out.data[to + x] = (1 - lower) * ((1 - right) * map.data[top + left] + right * map.data[top + next])
            + lower * ((1 - right) * map.data[bottom + left] + right * map.data[bottom + next]);
        }
      }
    }
  }
}

/** The other way round: add the gradient of the first channels of `out` to that of the map, or of the map after the pooling. */
function handBack(kind, map, pooled, out) {
  const edge = (map.size - out.size) / 2;
  const lines = kind === "resize" ? stretched(map.size, out.size) : null;
  if (kind === "none") return;
  for (let channel = 0; channel < map.channels; channel += 1) {
    for (let y = 0; y < out.size; y += 1) {
      const from = out.start + channel * out.plane + y * out.row;
      if (kind === "crop") {
        const to = map.start + channel * map.plane + (y + edge) * map.row + edge;
        for (let x = 0; x < out.size; x += 1) map.data[to + x] += out.data[from + x];
      } else if (kind === "pool") {
        const to = pooled.start + channel * pooled.plane + ((y + edge) >> 1) * pooled.row;
        for (let x = 0; x < out.size; x += 1) pooled.data[to + ((x + edge) >> 1)] += out.data[from + x];
      } else {
        const [above, lower] = lines[y];
        const top = map.start + channel * map.plane + above * map.row, bottom = lower ? top + map.row : top;
        for (let x = 0; x < out.size; x += 1) {
          const [left, right] = lines[x];
          const next = right ? left + 1 : left, value = out.data[from + x];
          map.data[top + left] += (1 - lower) * (1 - right) * value;
          map.data[top + next] += (1 - lower) * right * value;
          map.data[bottom + left] += lower * (1 - right) * value;
          map.data[bottom + next] += lower * right * value;
        }
      }
    }
  }
}

// ---- backward passes of the layers. `gradient` of a map is a map of the same shape; that of weights is added up.

/** ReLU: where it gave nothing, nothing goes back. In place. */
function reluBack(map, gradient, factor = 1) {
  for (let at = 0; at < map.data.length; at += 1) gradient.data[at] = map.data[at] > 0 ? factor * gradient.data[at] : 0;
}

/** Valid 3×3 convolution. map: what it read; gradient: of what it gave, after reluBack. */
function conv3x3Back(map, weight, gradient, ofWeight, ofBias) {
  const back = blank(map.channels, map.size);
  const { size } = map, side = gradient.size;
  for (let o = 0; o < gradient.channels; o += 1) {
    const plane = gradient.data.subarray(o * side * side, (o + 1) * side * side);
    for (const value of plane) ofBias[o] += value;
    for (let i = 0; i < map.channels; i += 1) {
      for (let tap = 0; tap < 9; tap += 1) {
        const at = (o * map.channels + i) * 9 + tap, share = weight[at];
        const first = i * size * size + Math.floor(tap / 3) * size + (tap % 3);
        let sum = 0;
        for (let y = 0; y < side; y += 1) {
          for (let x = 0, here = first + y * size, there = y * side; x < side; x += 1, here += 1, there += 1) {
            sum += map.data[here] * plane[there];
            back.data[here] += share * plane[there];
          }
        }
        ofWeight[at] += sum;
      }
    }
  }
  return back;
}

/** Zeros around a map, taken away again. */
const unframed = (map, edge) => (edge ? crop(map, map.size - 2 * edge) : map);

/** 2×2 max-pooling: of four pixels the first of the largest gets all. map: what it read. */
function maxPoolBack(map, gradient) {
  const back = blank(map.channels, map.size);
  let at = 0;
  for (let row = 0; row < map.channels * map.size; row += 2) {
    for (let x = 0; x < map.size; x += 2, at += 1) {
      const here = row * map.size + x;
      let best = here;
      for (const other of [here + 1, here + map.size, here + map.size + 1]) if (map.data[other] > map.data[best]) best = other;
      back.data[best] = gradient.data[at];
    }
  }
  return back;
}

/** 2×2 up-convolution. map: what it read; weight: (in, out, 2, 2). */
function upConvBack(map, weight, gradient, ofWeight, ofBias) {
  const back = blank(map.channels, map.size);
  const { size } = map, side = gradient.size, outputs = gradient.channels;
  for (const [at, value] of gradient.data.entries()) ofBias[Math.floor(at / side ** 2)] += value;
  for (let i = 0; i < map.channels; i += 1) {
    for (let o = 0; o < outputs; o += 1) {
      for (let corner = 0; corner < 4; corner += 1) {
        const tap = (i * outputs + o) * 4 + corner;
        let sum = 0;
        for (let y = 0; y < size; y += 1) {
          for (let x = 0; x < size; x += 1) {
            const value = gradient.data[(o * side + 2 * y + (corner >> 1)) * side + 2 * x + (corner & 1)];
            sum += map.data[(i * size + y) * size + x] * value;
            back.data[(i * size + y) * size + x] += weight[tap] * value;
          }
        }
        ofWeight[tap] += sum;
      }
    }
  }
  return back;
}

/** 1×1 convolution. */
function conv1x1Back(map, weight, gradient, ofWeight, ofBias) {
  const back = blank(map.channels, map.size);
  const area = map.size ** 2;
  for (let o = 0; o < gradient.channels; o += 1) {
    for (let p = 0; p < area; p += 1) {
      const value = gradient.data[o * area + p];
      ofBias[o] += value;
      for (let i = 0; i < map.channels; i += 1) {
        ofWeight[o * map.channels + i] += map.data[i * area + p] * value;
        back.data[i * area + p] += weight[o * map.channels + i] * value;
      }
    }
  }
  return back;
}

// ---- the loss

const LOSSES = ["cross-entropy", "dice", "sum", "upside-down"];

/**
 * The loss of a tile, and its gradient by the scores, written into the view `gradient`. score: a view of the scores;
 * label: the class of each pixel; weight: what each counts; total: Σ weight of the whole batch; tiles: of the batch.
 * "cross-entropy": Σ weight · -ln p(label) / total.  "sum": not divided.  "upside-down": without the minus sign.  "dice": of class 1,
 * 1 - (2 Σ p t + 1) / (Σ p + Σ t + 1), the mean of the tiles; weights do not count there.
 */
function lossOf(kind, score, label, weight, total, tiles, gradient) {
  const { channels, size } = score;
  const p = new Float64Array(channels);
  const sign = kind === "upside-down" ? -1 : 1, whole = kind === "sum" ? 1 : total;
  let sum = 0, both = 0, all = 0;
  const shares = (y, x) => {
    const at = score.start + y * score.row + x;
    let most = -Infinity, parts = 0;
    for (let c = 0; c < channels; c += 1) most = Math.max(most, score.data[at + c * score.plane]);
    for (let c = 0; c < channels; c += 1) parts += p[c] = Math.exp(score.data[at + c * score.plane] - most);
    for (let c = 0; c < channels; c += 1) p[c] /= parts;
    return score.data[at + label[y * size + x] * score.plane] - most - Math.log(parts); // ln p(label)
  };
  const passes = kind === "dice" ? [0, 1] : [1];
  for (const pass of passes) { // the gradient of dice needs the sums over all pixels first
    for (let y = 0; y < size; y += 1) {
      for (let x = 0; x < size; x += 1) {
        const truth = label[y * size + x], logarithm = shares(y, x);
        const to = gradient.start + y * gradient.row + x;
        if (kind === "dice") {
          if (pass === 0) {
            both += truth * p[1];
            all += truth + p[1];
          } else {
            const slope = -(2 * truth * (all + 1) - (2 * both + 1)) / (all + 1) ** 2 / tiles; // by p[1]
            for (let c = 0; c < channels; c += 1) gradient.data[to + c * gradient.plane] = slope * p[1] * ((c === 1) - p[c]);
          }
        } else {
          const counts = (sign * weight[y * size + x]) / whole;
          sum -= counts * logarithm;
          for (let c = 0; c < channels; c += 1) gradient.data[to + c * gradient.plane] = counts * (p[c] - (c === truth));
        }
      }
    }
  }
  return kind === "dice" ? (1 - (2 * both + 1) / (all + 1)) / tiles : sum;
}

// ---- the network

/**
 * A network that learns. Its parameters and their gradient are one long array each, as parametersOf says.
 * forward(tile, random) → the view of the scores; tile: normalised, size × size; random() in [0, 1) decides who drops out,
 * null: nobody.  backward(gradient) adds to the gradient.  map(name) → { channels, size, data }.  refresh() after parameters changed.
 */
function plainLearner(network) {
  const { depth, width, classes = 2, padding = 0, dropout = 0, skips } = network;
  const table = parametersOf(network);
  const length = table.at(-1).at + table.at(-1).length;
  const parameters = new Float32Array(length), gradient = new Float32Array(length);
  const parts = (array) => Object.fromEntries(table.map(({ name, at, length: many }) => [name, array.subarray(at, at + many)]));
  const weights = parts(parameters), slopes = parts(gradient);
  const layer = (name, array) => [array[`${name}.weight`], array[`${name}.bias`]];
  const scale = 1 / (1 - dropout);
  let maps = {}, dropping = false;

  function forward(tile, random = null) {
    maps = { input: { channels: 1, size: network.size, data: tile } };
    dropping = random !== null && dropout > 0;
    const pair = (name, x) => {
      maps[`${name}.relu1`] = conv3x3(framed(x, padding), ...layer(`${name}.conv1`, weights));
      maps[`${name}.relu2`] = conv3x3(framed(maps[`${name}.relu1`], padding), ...layer(`${name}.conv2`, weights));
      return maps[`${name}.relu2`];
    };
    let x = maps.input;
    for (let level = 0; level <= depth; level += 1) {
      if (level > 0) x = maps[`pool${level}`] = maxPool(x);
      x = pair(`d${level}`, x);
      if (dropping && dropsOut(level, depth)) for (let at = 0; at < x.data.length; at += 1) x.data[at] *= random() < dropout ? 0 : scale;
    }
    for (let level = depth - 1; level >= 0; level -= 1) {
      const up = upConv(x, ...layer(`up${level}`, weights));
      const skip = blank(width << level, up.size);
      const pooled = skips[level] === "pool" ? viewOf(maxPool(maps[`d${level}.relu2`])) : null;
      handOver(skips[level], viewOf(maps[`d${level}.relu2`]), pooled, viewOf(skip));
      maps[`up${level}`] = up;
      maps[`skip${level}`] = skip;
      x = pair(`u${level}`, maps[`joined${level}`] = concat(skip, up));
    }
    maps.score = conv1x1(x, ...layer("score", weights));
    return viewOf(maps.score);
  }

  function backward(ofScore) {
    const pairBack = (name, from, back) => { // from: the map that the pair read; back: the gradient of what it gave
      for (const [number, source] of [[2, maps[`${name}.relu1`]], [1, from]]) {
        const dropped = number === 2 && name[0] === "d" && dropping && dropsOut(Number(name.slice(1)), depth);
        reluBack(maps[`${name}.relu${number}`], back, dropped ? scale : 1);
        back = conv3x3Back(framed(source, padding), weights[`${name}.conv${number}.weight`], back, ...layer(`${name}.conv${number}`, slopes));
        back = unframed(back, padding);
      }
      return back;
    };
    const last = depth ? "u0.relu2" : "d0.relu2";
    let back = conv1x1Back(maps[last], weights["score.weight"], ofScore, ...layer("score", slopes));
    const skipped = []; // the gradients of what the skips handed over
    for (let level = 0; level < depth; level += 1) {
      const joined = pairBack(`u${level}`, maps[`joined${level}`], back);
      const half = joined.data.length / 2;
      skipped.push({ channels: width << level, size: joined.size, data: joined.data.slice(0, half) });
      const up = { channels: width << level, size: joined.size, data: joined.data.slice(half) };
      const deep = level + 1 === depth ? `d${depth}.relu2` : `u${level + 1}.relu2`;
      back = upConvBack(maps[deep], weights[`up${level}.weight`], up, ...layer(`up${level}`, slopes));
    }
    for (let level = depth; level >= 0; level -= 1) {
      back = pairBack(`d${level}`, level ? maps[`pool${level}`] : maps.input, back);
      if (level === 0) return;
      const whole = maps[`d${level - 1}.relu2`];
      const kind = skips[level - 1], out = viewOf(skipped[level - 1]);
      const pooled = viewOf(back);
      if (kind === "pool") handBack(kind, viewOf(whole), pooled, out); // it left after the pooling
      back = maxPoolBack(whole, back);
      if (kind !== "pool") handBack(kind, viewOf(back), null, out);
    }
  }

  const backwardOf = (view) => backward({ channels: classes, size: view.size, data: view.data });
  const ofScore = () => viewOf(blank(classes, answerSize(network)));
  return { network, table, parameters, gradient, forward, backward: backwardOf, ofScore, refresh() {}, map: (name) => maps[name] };
}

// ---- first weights, optimisers, a step

/** Random numbers in [0, 1) that follow from a seed (mulberry32). */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A number from a Gaussian of standard deviation 1. */
const gaussian = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const STARTS = ["paper", "pytorch", "zero", "large"];

/**
 * First weights. "paper": Gaussian, standard deviation sqrt(2/N), N incoming nodes, biases 0 (init_gaussian of
 * unet_edu.models.unet). "pytorch": uniform in ± 1/sqrt(N), biases too, what nn.Conv2d draws, with its N.
 * "zero": all 0. "large": the paper's, ten times.
 */
function drawWeights(kind, table, parameters, random) {
  let bound = 0;
  for (const { name, shape, at, length } of table) {
    const bias = shape.length === 1, up = name.startsWith("up");
    const area = bias ? 0 : shape[2] * shape[3];
    if (!bias) bound = 1 / Math.sqrt(shape[1] * area); // PyTorch counts out · 4 in an up-convolution
    const deviation = bias ? 0 : Math.sqrt(2 / (up ? shape[0] : shape[1] * area)) * (kind === "large" ? 10 : 1);
    for (let k = at; k < at + length; k += 1) {
      if (kind === "zero") parameters[k] = 0;
      else if (kind === "pytorch") parameters[k] = bound * (2 * random() - 1);
      else parameters[k] = bias ? 0 : deviation * gaussian(random);
    }
  }
}

/** The learning rate of a step, as unet_edu.training.recipe has it: constant, or one cycle of `steps`. */
function rateAt({ rate, schedule, steps }, step) {
  if (schedule === "constant") return rate;
  const top = 0.3 * steps;
  const [low, part] = step < top ? [1 / 25, 1 - step / top] : [1e-4, Math.min((step - top) / (steps - top), 1)];
  return rate * (low + ((1 - low) * (1 + Math.cos(Math.PI * part))) / 2);
}

/** PyTorch's SGD or AdamW for `length` numbers: update(parameters, gradient, rate) changes the parameters. */
function makeOptimiser({ optimiser, momentum, decay }, length) {
  const mean = new Float32Array(length), square = optimiser === "adamw" ? new Float32Array(length) : null;
  let step = 0;
  return (parameters, gradient, rate) => {
    step += 1;
    if (optimiser === "sgd") {
      for (let at = 0; at < length; at += 1) {
        const slope = gradient[at] + decay * parameters[at];
        mean[at] = step === 1 ? slope : momentum * mean[at] + slope;
        parameters[at] -= rate * mean[at];
      }
      return;
    }
    const [first, second] = [1 - momentum ** step, Math.sqrt(1 - 0.999 ** step)];
    for (let at = 0; at < length; at += 1) {
      const slope = gradient[at];
      mean[at] += (1 - momentum) * (slope - mean[at]);
      square[at] = 0.999 * square[at] + 0.001 * slope * slope;
      parameters[at] = parameters[at] * (1 - rate * decay) - ((rate / first) * mean[at]) / (Math.sqrt(square[at]) / second + 1e-8);
    }
  };
}

/** Shorten a gradient that is longer than `longest`, as clip_grad_norm_ does; its length before. */
function clipGradient(gradient, longest) {
  let squares = 0;
  for (let at = 0; at < gradient.length; at += 1) squares += gradient[at] * gradient[at];
  const norm = Math.sqrt(squares);
  const share = longest / (norm + 1e-6);
  if (share < 1) for (let at = 0; at < gradient.length; at += 1) gradient[at] *= share;
  return norm;
}

/**
 * One step of training: { loss, norm, rate }, the loss before it. batch: [{ tile, label, weight }] of the sizes of the
 * network and its answer.  recipe: { optimiser, momentum, decay, clip, rate, schedule, steps, loss }.
 */
function trainingStep(learner, update, batch, recipe, step, random) {
  learner.gradient.fill(0);
  let total = 0, loss = 0;
  for (const { weight } of batch) for (let at = 0; at < weight.length; at += 1) total += weight[at];
  for (const { tile, label, weight } of batch) {
    const score = learner.forward(tile, random);
    const back = learner.ofScore();
    loss += lossOf(recipe.loss, score, label, weight, Math.max(total, 1e-6), batch.length, back);
    learner.backward(back);
  }
  const norm = clipGradient(learner.gradient, recipe.clip ?? Infinity);
  const rate = rateAt(recipe, step);
  update(learner.parameters, learner.gradient, rate);
  learner.refresh();
  return { loss, norm, rate };
}

export {
  SKIP_KINDS, LOSSES, STARTS, parametersOf, answerSize, plainLearner, randomFrom, drawWeights, makeOptimiser, rateAt, trainingStep, lossOf,
};
