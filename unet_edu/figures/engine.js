// The paper's U-Net in plain JavaScript: enough to run the shipped networks in a page, and short enough to be read. Where
// the browser has WebAssembly SIMD, unet_simd.js computes the same some ten times as fast.
//
//     input ▶ d0 ────────── skip0: crop ──────────▶ u0 ▶ score ▶ output
//              ▼ pool1                               ▲ up0
//              d1 ───────── skip1: crop ───────▶ u1
//              ▼ …                              …
//
// A map is { channels, size, data }: a Float32Array, channel after channel, row after row. Names of maps and weights are
// those of unet_edu.models.UNet and unet_edu.activations; the tests hold every map against PyTorch's.

function blank(channels, size) {
  return { channels, size, data: new Float32Array(channels * size * size) };
}

/** A map with zeros around it, `edge` pixels on every side. */
function framed({ channels, size, data }, edge) {
  const out = blank(channels, size + 2 * edge);
  for (let row = 0; row < channels * size; row += 1) {
    const [channel, y] = [Math.floor(row / size), row % size];
    out.data.set(data.subarray(row * size, (row + 1) * size), (channel * out.size + y + edge) * out.size + edge);
  }
  return out;
}

/** Valid 3×3 convolution and ReLU: each map loses one pixel on every side. weight: (out, in, 3, 3). */
function conv3x3(map, weight, bias) {
  const { channels, size, data } = map;
  const out = blank(bias.length, size - 2);
  const side = out.size;
  const row = new Float64Array(side);
  for (let y = 0; y < side; y += 1) {
    for (let o = 0; o < bias.length; o += 1) {
      row.fill(bias[o]);
      for (let i = 0; i < channels; i += 1) {
        const at = (o * channels + i) * 9; // nine weights, and the three rows of the input that they weigh
        const a = weight[at], b = weight[at + 1], c = weight[at + 2];
        const d = weight[at + 3], e = weight[at + 4], f = weight[at + 5];
        const g = weight[at + 6], h = weight[at + 7], k = weight[at + 8];
        let top = (i * size + y) * size, middle = top + size, bottom = middle + size;
        for (let x = 0; x < side; x += 1, top += 1, middle += 1, bottom += 1) {
          row[x] += a * data[top] + b * data[top + 1] + c * data[top + 2]
            + d * data[middle] + e * data[middle + 1] + f * data[middle + 2]
            + g * data[bottom] + h * data[bottom + 1] + k * data[bottom + 2];
        }
      }
      const start = (o * side + y) * side;
      for (let x = 0; x < side; x += 1) out.data[start + x] = row[x] > 0 ? row[x] : 0;
    }
  }
  return out;
}

/** 2×2 max-pooling: of each four pixels the largest value stays. */
function maxPool({ channels, size, data }) {
  const out = blank(channels, size / 2);
  let at = 0;
  for (let row = 0; row < channels * size; row += 2) { // every channel has an even number of rows
    for (let x = 0; x < size; x += 2, at += 1) {
      const here = row * size + x;
      out.data[at] = Math.max(data[here], data[here + 1], data[here + size], data[here + size + 1]);
    }
  }
  return out;
}

/** 2×2 up-convolution, stride 2: each pixel paints a block of four. weight: (in, out, 2, 2). */
function upConv({ channels, size, data }, weight, bias) {
  const out = blank(bias.length, 2 * size);
  for (let o = 0; o < bias.length; o += 1) {
    const plane = out.data.subarray(o * out.size ** 2, (o + 1) * out.size ** 2).fill(bias[o]);
    for (let i = 0; i < channels; i += 1) {
      const [a, b, c, d] = weight.subarray((i * bias.length + o) * 4);
      for (let y = 0; y < size; y += 1) {
        let top = 2 * y * out.size;
        for (let x = 0; x < size; x += 1, top += 2) {
          const value = data[(i * size + y) * size + x];
          plane[top] += a * value;
          plane[top + 1] += b * value;
          plane[top + out.size] += c * value;
          plane[top + out.size + 1] += d * value;
        }
      }
    }
  }
  return out;
}

/** The centre of a map, `side` pixels wide. */
function crop({ channels, size, data }, side) {
  const out = blank(channels, side);
  const edge = (size - side) / 2;
  for (let c = 0; c < channels; c += 1) {
    for (let y = 0; y < side; y += 1) {
      const from = (c * size + y + edge) * size + edge;
      out.data.set(data.subarray(from, from + side), (c * side + y) * side);
    }
  }
  return out;
}

/** One map on top of the other, as further channels. */
function concat(first, second) {
  const out = blank(first.channels + second.channels, first.size);
  out.data.set(first.data);
  out.data.set(second.data, first.data.length);
  return out;
}

/** 1×1 convolution: the channels of each pixel weighed into one score a class. weight: (out, in, 1, 1). */
function conv1x1({ channels, size, data }, weight, bias) {
  const out = blank(bias.length, size);
  const area = size ** 2;
  for (let o = 0; o < bias.length; o += 1) {
    for (let p = 0; p < area; p += 1) {
      let sum = bias[o];
      for (let i = 0; i < channels; i += 1) sum += weight[o * channels + i] * data[i * area + p];
      out.data[o * area + p] = sum;
    }
  }
  return out;
}

/** The scores of each pixel as probabilities. */
function softmax({ channels, size, data }) {
  const out = blank(channels, size);
  const area = size ** 2;
  for (let p = 0; p < area; p += 1) {
    let most = -Infinity, sum = 0;
    for (let c = 0; c < channels; c += 1) most = Math.max(most, data[c * area + p]);
    for (let c = 0; c < channels; c += 1) sum += out.data[c * area + p] = Math.exp(data[c * area + p] - most);
    for (let c = 0; c < channels; c += 1) out.data[c * area + p] /= sum;
  }
  return out;
}

/** Set a map to zero where `off` names it, "d3.relu2", or one of its channels, "d3.relu2:17". */
function silence(name, map, off) {
  for (const part of off) {
    const [what, channel] = part.split(":");
    if (what !== name) continue;
    const area = map.size ** 2;
    if (channel === undefined) map.data.fill(0);
    else map.data.fill(0, channel * area, (Number(channel) + 1) * area);
  }
}

/**
 * The whole network: yields [name, map] in the order of computation, each computed when it is asked for.
 * image: Float32Array (size × size) of grey values 0 … 1.  network: { depth, mean, std, tensors }, tensors by name.
 * off: maps or single channels to set to zero; "skip2" is the cropped half of what u2 gets.
 * padding: zeros around each map before a 3×3 convolution; the paper's network has none, 0, and each takes two pixels away.
 */
function* forwardPass(image, size, { depth, mean, std, tensors, padding = 0 }, off = []) {
  const keep = (name, map) => {
    silence(name.replace(".after", ""), map, off);
    return [name, map];
  };
  const weights = (name) => [tensors[`${name}.weight`], tensors[`${name}.bias`]];
  const left = []; // what leaves each level of the contracting path
  let x = { channels: 1, size, data: image.map((grey) => (grey - mean) / std) };
  function* pair(name) { // two convolutions, each with its ReLU
    for (const part of [1, 2]) yield keep(`${name}.relu${part}`, (x = conv3x3(framed(x, padding), ...weights(`${name}.conv${part}`))));
  }

  yield keep("input", x);
  for (let level = 0; level <= depth; level += 1) {
    if (level > 0) yield keep(`pool${level}`, (x = maxPool(x)));
    yield* pair(`d${level}`);
    left.push(x);
  }
  for (let level = depth - 1; level >= 0; level -= 1) {
    const up = upConv(x, ...weights(`up${level}`));
    yield keep(`up${level}`, up);
    const skip = crop(left[level], up.size);
    yield keep(`skip${level}.after`, skip);
    x = concat(skip, up);
    yield* pair(`u${level}`);
  }
  yield keep("score", (x = conv1x1(x, ...weights("score"))));
  yield keep("output", softmax(x));
}

/** All maps of a forward pass, { name: map }; the arguments are those of forwardPass.  done(k) after k maps. */
function unet(image, size, network, off = [], done = () => {}) {
  const maps = {};
  for (const [name, map] of forwardPass(image, size, network, off)) {
    maps[name] = map;
    done(Object.keys(maps).length);
  }
  return maps;
}

// The paper's network ends here. From here on: where its weights come from, and what is seen of a map.

/** Read a file in the safetensors format with half-precision numbers: what `unet` takes as network. */
export function readNetwork(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const { __metadata__: reply, ...table } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const [mean, std] = JSON.parse(reply.normalisation);
  const half = Float32Array.from({ length: 65536 }, (_, bits) => {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : fraction * 2 ** -24);
  });
  const tensors = {};
  for (const [name, { data_offsets: [from, to], dtype }] of Object.entries(table)) {
    if (dtype !== "F16") throw new Error(`${name} is ${dtype}, not F16`);
    const halves = new Uint16Array(buffer.slice(8 + length + from, 8 + length + to));
    const tensor = tensors[name] = new Float32Array(halves.length);
    for (let at = 0; at < halves.length; at += 1) tensor[at] = half[halves[at]]; // `from` with a function takes ten times as long
  }
  return { depth: JSON.parse(reply.arguments).depth, mean, std, tensors };
}

/** The window of an image as grey values 0 … 1, its covered square at the window's mean. */
export function windowOf(greys, width, x, y, size, cover = []) {
  const out = new Float32Array(size * size);
  let sum = 0;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      sum += out[row * size + column] = greys[(y + row) * width + x + column] / 255;
    }
  }
  if (cover.length) {
    const [left, top, side] = cover;
    for (let row = top; row < Math.min(top + side, size); row += 1) {
      out.fill(sum / size ** 2, row * size + left, row * size + Math.min(left + side, size));
    }
  }
  return out;
}

/**
 * Each channel of a map as grey values 0 … 255, `side` pixels wide at most: every pixel the mean of what it stands for,
 * from the least to the greatest of its channel; which channels are flat, and the one whose values scatter most.
 */
export function thumbnails({ channels, size, data }, side) {
  side = Math.min(side, size);
  const out = { side, greys: new Uint8Array(channels * side * side), flat: [], busiest: 0 };
  const from = (at) => Math.floor((at * size) / side);
  const to = (at) => Math.ceil(((at + 1) * size) / side);
  const mean = new Float64Array(side * side);
  let most = -1;
  for (let c = 0; c < channels; c += 1) {
    const plane = data.subarray(c * size ** 2, (c + 1) * size ** 2);
    let sum = 0, squares = 0;
    for (const value of plane) {
      sum += value;
      squares += value * value;
    }
    const spread = squares / plane.length - (sum / plane.length) ** 2;
    if (spread > most) [most, out.busiest] = [spread, c];
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        let total = 0;
        for (let row = from(y); row < to(y); row += 1) {
          for (let column = from(x); column < to(x); column += 1) total += plane[row * size + column];
        }
        mean[y * side + x] = total / ((to(y) - from(y)) * (to(x) - from(x)));
      }
    }
    let low = Infinity, high = -Infinity;
    for (const value of mean) [low, high] = [Math.min(low, value), Math.max(high, value)];
    out.flat.push(high === low);
    const scale = high > low ? 255 / (high - low) : 0;
    for (let at = 0; at < mean.length; at += 1) out.greys[c * mean.length + at] = Math.round((mean[at] - low) * scale);
  }
  return out;
}

/** The strongest filters that feed a channel: { inputs, kernel, bias, strongest: [{ input, weights }] }, or null. */
export function filtersOf(tensors, name, channel, most) {
  const layer = name.replace("relu", "conv");
  const [weight, bias] = [tensors[`${layer}.weight`], tensors[`${layer}.bias`]];
  if (!weight) return null;
  const up = layer.startsWith("up"); // (in, out, 2, 2); all others (out, in, k, k)
  const kernel = up ? 2 : layer === "score" ? 1 : 3;
  const area = kernel ** 2;
  const inputs = weight.length / bias.length / area;
  const all = Array.from({ length: inputs }, (_, input) => {
    const at = (up ? input * bias.length + channel : channel * inputs + input) * area;
    return { input, weights: weight.slice(at, at + area) };
  });
  const power = ({ weights }) => weights.reduce((sum, value) => sum + value * value, 0);
  all.sort((one, other) => power(other) - power(one) || one.input - other.input);
  return { inputs, kernel, bias: bias[channel], strongest: all.slice(0, most) };
}

/** What a plane of numbers holds: { low, high, mean, zeros, bins }; bins: how many lie in each of 32 equal steps. */
export function statistics(data) {
  let low = Infinity, high = -Infinity, sum = 0, zeros = 0;
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
    zeros += value === 0;
  }
  const bins = new Array(32).fill(0);
  for (const value of data) bins[high > low ? Math.min(Math.floor(((value - low) / (high - low)) * 32), 31) : 0] += 1;
  return { low, high, mean: sum / data.length, zeros: zeros / data.length, bins };
}

export { unet };
