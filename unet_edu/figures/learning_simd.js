// The network of learning.js on the kernels of learning_kernels.js: parameters, maps and gradients stay in the module's memory.
//
//     ┌ · zeros · · · · · · ┐    a plane: n rows of `row` numbers, n + 4 or more, so that at least four zeros part two
//     · ┌ map ──────┐ 0 0 0 0    rows; two rows of zeros above and below. With them a gradient may be read two pixels
//     · │           │ 0 0 0 0    beyond its border, and a whole plane is one long row whose sums hold no more than the
//     · └───────────┘ 0 0 0 0    map's own pixels. Planes of a block (two convolutions and what they read) are alike.
//     └ · zeros · · · · · · ┘

/** A network as plainLearner's, with the same results, some twenty times as fast. code: the bytes of learningModule. */
function simdLearner(network, code) {
  const { size, depth, width, classes = 2, padding = 0, dropout = 0, skips } = network;
  const table = parametersOf(network);
  const length = table.at(-1).at + table.at(-1).length;
  const scale = 1 / (1 - dropout);
  const four = (number) => 4 * Math.ceil(number / 4);
  let end = 64, longest = 0; // bytes given away; the longest row of a whole plane
  const take = (bytes) => {
    const at = end;
    end += 16 * Math.ceil(bytes / 16);
    return at;
  };

  // where everything lies
  const parametersAt = take(4 * length + 64); // zeros behind them: index `length` is one
  const gradientAt = take(4 * length + 4 * 64 * 16 * width * 2 ** depth);
  const maps = {}, layers = {};
  const place = (name, channels, side, like) => {
    const { row, plane, origin } = like;
    const count = four(channels);
    const map = { name, channels, size: side, row, plane, origin, at: take(4 * count * plane), back: take(4 * count * plane), table: take(4 * count), backTable: take(4 * count) };
    maps[name] = map;
    longest = Math.max(longest, side * row);
    return map;
  };
  /** Planes of a block that reads maps of `side` pixels; the numbers of a row, at least `least`. */
  const geometry = (side, least = 0) => {
    const row = Math.max(four(side) + 4, least);
    return { row, plane: four((side + 4) * row + 32), origin: 2 * row + 4 };
  };
  const lost = 2 - 2 * padding;
  const pair = (name, source, outputs) => {
    for (const number of [1, 2]) {
      const from = number === 1 ? source : maps[`${name}.relu1`];
      const to = place(`${name}.relu${number}`, outputs, from.size - lost, from);
      layers[`${name}.conv${number}`] = { kind: "conv", from, to };
    }
    return maps[`${name}.relu2`];
  };
  let last = place("input", 1, size, geometry(size));
  for (let level = 0; level <= depth; level += 1) {
    if (level > 0) last = place(`pool${level}`, last.channels, last.size / 2, geometry(last.size / 2));
    last = pair(`d${level}`, last, width << level);
  }
  for (let level = depth - 1; level >= 0; level -= 1) {
    const channels = width << level;
    const joined = place(`joined${level}`, 2 * channels, 2 * last.size, geometry(2 * last.size, 16 * Math.ceil(last.size / 8)));
    layers[`up${level}`] = { kind: "up", from: last, to: joined, corners: place(`corners${level}`, 4 * channels, last.size, last) };
    last = pair(`u${level}`, joined, channels);
  }
  const score = place("score", classes, last.size, last);
  layers.score = { kind: "score", from: last, to: score };

  /** Which parameter stands where in what a kernel reads: weights forward and back, biases. `length` is a zero. */
  const gathers = [];
  const gather = (indices) => {
    const at = take(4 * indices.length);
    gathers.push({ at: at / 4, indices: Int32Array.from(indices) });
    return at;
  };
  for (const [name, layer] of Object.entries(layers)) {
    const [weight, bias] = [table.find((each) => each.name === `${name}.weight`), table.find((each) => each.name === `${name}.bias`)];
    const inputs = layer.from.channels, outputs = bias.length;
    const forward = [], backward = [], biases = [];
    if (layer.kind === "up") {
      const index = (i, o, corner) => (i < inputs ? weight.at + (i * outputs + o) * 4 + corner : length);
      for (let o = 0; o < outputs; o += 1) {
        for (let i = 0; i < inputs; i += 1) for (let corner = 0; corner < 4; corner += 1) forward.push(index(i, o, corner));
        biases.push(...new Array(4).fill(bias.at + o));
      }
      for (let i = 0; i < inputs; i += 4) {
        for (let o = 0; o < outputs; o += 1) {
          for (let corner = 0; corner < 4; corner += 1) for (let each = i; each < i + 4; each += 1) backward.push(index(each, o, corner));
        }
      }
    } else {
      const area = layer.kind === "conv" ? 9 : 1;
      const index = (o, i, tap) => (o < outputs && i < inputs ? weight.at + (o * inputs + i) * area + tap : length);
      for (let o = 0; o < outputs; o += 4) {
        for (let i = 0; i < inputs; i += 1) {
          for (let tap = 0; tap < area; tap += 1) for (let each = o; each < o + 4; each += 1) forward.push(index(each, i, tap));
        }
        for (let each = o; each < o + 4; each += 1) biases.push(each < outputs ? bias.at + each : length);
      }
      for (let i = 0; i < inputs; i += 4) {
        for (let o = 0; o < outputs; o += 1) {
          for (let tap = 0; tap < area; tap += 1) for (let each = i; each < i + 4; each += 1) backward.push(index(o, each, area - 1 - tap));
        }
      }
    }
    Object.assign(layer, {
      inputs, outputs, forward: gather(forward), backward: gather(backward), bias: gather(biases),
      ofWeight: gradientAt + 4 * weight.at, ofBias: gradientAt + 4 * bias.at,
    });
  }
  const nothing = take(4 * (longest + 64)), ones = take(4 * (longest + 64));

  const memory = new WebAssembly.Memory({ initial: Math.ceil((end + 4096) / 65536) });
  const floats = new Float32Array(memory.buffer), words = new Int32Array(memory.buffer);
  const kernels = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports;
  floats.fill(1, ones / 4, ones / 4 + longest + 64);
  for (const map of Object.values(maps)) {
    for (let channel = 0; channel < four(map.channels); channel += 1) {
      words[map.table / 4 + channel] = map.at + 4 * (map.origin + channel * map.plane);
      words[map.backTable / 4 + channel] = map.back + 4 * (map.origin + channel * map.plane);
    }
  }
  const parameters = floats.subarray(parametersAt / 4, parametersAt / 4 + length);
  const withZero = floats.subarray(parametersAt / 4, parametersAt / 4 + length + 1);
  const gradient = floats.subarray(gradientAt / 4, gradientAt / 4 + length);

  /** Copy the parameters to where the kernels read them. */
  function refresh() {
    for (const { at, indices } of gathers) for (let k = 0; k < indices.length; k += 1) floats[at + k] = withZero[indices[k]];
  }

  const first = (map, channel = 0) => map.at + 4 * (map.origin + channel * map.plane); // the address of its first pixel
  const firstBack = (map, channel = 0) => map.back + 4 * (map.origin + channel * map.plane);
  const line = (map) => (map.size - 1) * map.row + map.size; // all its pixels as one row
  const viewAt = (map, back = false, channel = 0, channels = map.channels) =>
    ({ channels, size: map.size, data: floats, start: (back ? firstBack : first)(map, channel) / 4, row: map.row, plane: map.plane });

  /** Zeros between the rows of these channels, where a kernel wrote past the end of a row. */
  function clean(map, from = 0, to = map.channels) {
    const gap = 4 * (map.row - map.size);
    for (let channel = from; channel < to; channel += 1) {
      const at = first(map, channel) + 4 * map.size;
      if (map.size > 1) kernels.clear(at, map.size - 1, 4 * map.row, gap);
      kernels.clear(at + 4 * (map.size - 1) * map.row, 1, 0, gap + 64);
    }
  }

  let dropping = false;
  const drops = (map) => dropping && map.name[0] === "d" && map.name.endsWith("2") && dropsOut(Number(map.name.match(/\d+/)[0]), depth);

  function convolve(layer) {
    const { from, to, outputs, inputs } = layer;
    const skip = -4 * padding * (from.row + 1);
    for (let o = 0; o < outputs; o += 4) {
      kernels.conv3x3(from.table, inputs, skip, layer.forward + o * inputs * 36, layer.bias + 4 * o,
        first(to, o), 4 * to.plane, 1, Math.ceil(line(to) / 8), 4 * from.row, 4 * to.row, 0);
    }
    clean(to);
  }

  function forward(tile, random = null) {
    dropping = random !== null && dropout > 0;
    const { input } = maps;
    for (let y = 0; y < size; y += 1) floats.set(tile.subarray(y * size, (y + 1) * size), first(input) / 4 + y * input.row);
    for (let level = 0; level <= depth; level += 1) {
      if (level > 0) {
        const [from, to] = [maps[`d${level - 1}.relu2`], maps[`pool${level}`]];
        for (let channel = 0; channel < to.channels; channel += 1) {
          kernels.maxPool(first(from, channel), first(to, channel), to.size, Math.ceil(to.size / 4), 4 * from.row, 4 * to.row);
        }
        clean(to);
      }
      for (const number of [1, 2]) convolve(layers[`d${level}.conv${number}`]);
      const { channels, size: side, row, plane, ...map } = maps[`d${level}.relu2`];
      if (!dropping || !dropsOut(level, depth)) continue;
      for (let channel = 0; channel < channels; channel += 1) {
        for (let y = 0; y < side; y += 1) {
          const at = map.at / 4 + map.origin + channel * plane + y * row;
          for (let x = 0; x < side; x += 1) floats[at + x] *= random() < dropout ? 0 : scale;
        }
      }
    }
    for (let level = depth - 1; level >= 0; level -= 1) {
      const layer = layers[`up${level}`];
      const { from, to, outputs, inputs } = layer;
      for (let o = 0; o < outputs; o += 1) {
        kernels.upConv(from.table, inputs, 0, layer.forward + o * inputs * 16, layer.bias + o * 16,
          first(to, outputs + o), 4 * to.row, from.size, Math.ceil(from.size / 8), 4 * from.row, 8 * to.row, -Infinity);
      }
      clean(to, outputs, 2 * outputs);
      const whole = maps[`d${level}.relu2`];
      handOver(skips[level], viewAt(whole), viewAt(maps[`pool${level + 1}`]), viewAt(to, false, 0, outputs));
      for (const number of [1, 2]) convolve(layers[`u${level}.conv${number}`]);
    }
    const { from, inputs, forward: weights, bias } = layers.score;
    for (let o = 0; o < classes; o += 4) {
      kernels.conv1x1(from.table, inputs, 0, weights + o * inputs * 4, bias + 4 * o,
        first(score, o), 4 * score.plane, 1, Math.ceil(line(score) / 8), 4 * from.row, 4 * score.row, -Infinity);
    }
    return viewAt(score);
  }

  /** Sums of the planes of a gradient, added to the gradient of the bias. */
  function addUp(at, map, outputs, out) {
    for (let o = 0; o < outputs; o += 4) kernels.dots(at(map, o), 4 * map.plane, ones, nothing, nothing, 4 * line(map), out + 4 * o, 4, 4);
  }

  /** The gradient of what a convolution read, if `back`, and of its weights, from that of what it gave, masked by ReLU. */
  function convolveBack(layer, back) {
    const { from, to, inputs, outputs } = layer;
    for (let o = 0; o < outputs; o += 1) {
      kernels.mask(first(to, o), firstBack(to, o), 4 * (to.size * to.row + 16), drops(to) ? scale : 1);
    }
    for (let o = 0; o < outputs; o += 4) {
      for (let i = 0; i < inputs; i += 1) {
        for (let y = 0; y < 3; y += 1) {
          const at = first(from, i) + 4 * ((y - padding) * from.row - padding);
          kernels.dotsNear(firstBack(to, o), 4 * to.plane, at, 0, 0, 4 * line(to), layer.ofWeight + 4 * ((o * inputs + i) * 9 + 3 * y), 36 * inputs, 4);
        }
      }
    }
    addUp(firstBack, to, outputs, layer.ofBias);
    if (!back) return;
    const skip = -4 * (2 - padding) * (to.row + 1);
    for (let i = 0; i < inputs; i += 4) {
      kernels.conv3x3(to.backTable, outputs, skip, layer.backward + i * outputs * 36, nothing,
        firstBack(from, i), 4 * from.plane, 1, Math.ceil(line(from) / 8), 4 * to.row, 4 * from.row, -Infinity);
    }
  }

  /** The same for what lies in planes of their own: 1×1, or the corners of an up-convolution. at: addresses of the gradient. */
  function weighBack(layer, at, tableAt, map, planes, outGradient, outMap) {
    const { from, inputs } = layer;
    for (let o = 0; o < planes; o += 4) {
      for (let i = 0; i < inputs; i += 3) {
        const three = [0, 1, 2].map((each) => (i + each < inputs ? first(from, i + each) : nothing));
        kernels.dots(at(map, o), 4 * map.plane, ...three, 4 * line(map), layer.ofWeight + i * outMap + o * outGradient, outGradient, outMap);
      }
    }
    for (let i = 0; i < inputs; i += 4) {
      kernels.conv1x1(tableAt, planes, 0, layer.backward + i * planes * 4, nothing,
        firstBack(from, i), 4 * from.plane, 1, Math.ceil(line(map) / 8), 4 * map.row, 4 * from.row, -Infinity);
    }
  }

  function backward() {
    weighBack(layers.score, firstBack, score.backTable, score, classes, 4 * layers.score.inputs, 4);
    addUp(firstBack, score, classes, layers.score.ofBias);
    for (let level = 0; level < depth; level += 1) {
      for (const number of [2, 1]) convolveBack(layers[`u${level}.conv${number}`], true);
      const layer = layers[`up${level}`];
      const { to, outputs, corners } = layer;
      for (let o = 0; o < outputs; o += 1) {
        kernels.corners(firstBack(to, outputs + o), first(corners, 4 * o), 4 * corners.plane, corners.size, Math.ceil(corners.size / 4), 4 * to.row, 4 * corners.row);
      }
      clean(corners);
      weighBack(layer, first, corners.table, corners, 4 * outputs, 4, 16 * outputs);
      for (let o = 0; o < outputs; o += 1) { // of the bias: the sum of its four corners
        floats.fill(0, nothing / 4, nothing / 4 + 4);
        kernels.dots(first(corners, 4 * o), 4 * corners.plane, ones, nothing + 64, nothing + 64, 4 * line(corners), nothing, 4, 16);
        for (let corner = 0; corner < 4; corner += 1) floats[layer.ofBias / 4 + o] += floats[nothing / 4 + corner];
        floats.fill(0, nothing / 4, nothing / 4 + 16);
      }
    }
    for (let level = depth; level >= 0; level -= 1) {
      for (const number of [2, 1]) convolveBack(layers[`d${level}.conv${number}`], level > 0 || number === 2);
      if (level === 0) return;
      const [whole, pooled, joined] = [maps[`d${level - 1}.relu2`], maps[`pool${level}`], maps[`joined${level - 1}`]];
      const kind = skips[level - 1];
      const handed = () => handBack(kind, viewAt(whole, true), viewAt(pooled, true), viewAt(joined, true, 0, whole.channels));
      if (kind === "pool") handed(); // it left after the pooling
      for (let channel = 0; channel < whole.channels; channel += 1) {
        kernels.unpool(first(whole, channel), firstBack(pooled, channel), firstBack(whole, channel),
          pooled.size, Math.ceil(pooled.size / 4), 4 * whole.row, 4 * pooled.row);
      }
      if (kind !== "pool") handed();
    }
  }

  /** A map of the last run without gaps; "skip0" and "up0" are the halves of "joined0". */
  function map(name) {
    const half = name.match(/^(skip|up)(\d+)$/);
    const whole = maps[half ? `joined${half[2]}` : name];
    const channels = half ? whole.channels / 2 : whole.channels;
    const { start, row, plane } = viewAt(whole, false, half?.[1] === "up" ? channels : 0);
    const out = blank(channels, whole.size);
    for (let channel = 0, to = 0; channel < channels; channel += 1) {
      for (let y = 0; y < whole.size; y += 1, to += whole.size) {
        const at = start + channel * plane + y * row;
        out.data.set(floats.subarray(at, at + whole.size), to);
      }
    }
    return out;
  }

  return { network, table, parameters, gradient, forward, backward, ofScore: () => viewAt(score, true), refresh, map };
}

export { simdLearner };
