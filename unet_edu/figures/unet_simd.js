// The network of engine.js on the kernels of kernels.js: all maps stay in the module's memory, and only what changed, and
// what lies behind it, is computed again. A map is known by a table of the addresses of its planes:
//
//     d1.relu2   ─▶ plane 0, plane 1, …           skip1.after  ─▶ the same planes, some rows and columns further in
//     silenced   ─▶ a plane of zeros              u1.relu1     reads two tables, skip1.after's and up1's
//
// Several of these may share a network (workers of a page): each computes some rows of every map. Of three stages, `shared`,
// it computes no more than its share, and gets the other rows that it needs from the others; of all other stages it computes
// every row that it needs. To wait for others costs more than some rows: with two workers each does 54 of 100 parts. No
// other three stages leave less to do twice.

/** The stages in the order of computation, those that each reads, and their shapes; row: pixels from one to the next. */
function stagesOf({ depth, tensors, padding = 0 }, side) {
  const stages = [];
  const lost = 2 - 2 * padding;
  const add = (name, kind, from, size, row, channels, layer) => {
    stages.push({ name, kind, from, size, row, channels, layer, edge: 0, shared: false });
    return stages.at(-1);
  };
  const width = (layer) => tensors[`${layer}.bias`].length;
  const pair = (name, from, size, row) => {
    add(`${name}.relu1`, "conv", from, size - lost, row, width(`${name}.conv1`), `${name}.conv1`);
    return add(`${name}.relu2`, "conv", [`${name}.relu1`], size - 2 * lost, row, width(`${name}.conv2`), `${name}.conv2`);
  };
  const eights = (size) => 16 * Math.ceil(size / 8); // an up-convolution paints 16 pixels at once
  let last = add("input", "input", [], side, side + 2 * padding, tensors["d0.conv1.weight"].length / width("d0.conv1") / 9);
  for (let level = 0; level <= depth; level += 1) {
    if (level > 0) last = add(`pool${level}`, "pool", [last.name], last.size / 2, last.size / 2 + 2 * padding, last.channels);
    last = pair(`d${level}`, [last.name], last.size, last.row);
  }
  for (let level = depth - 1; level >= 0; level -= 1) {
    const whole = stages.find(({ name }) => name === `d${level}.relu2`);
    const up = add(`up${level}`, "up", [last.name], 2 * last.size, eights(last.size) + 8 * padding, width(`up${level}`), `up${level}`);
    add(`skip${level}.after`, "skip", [whole.name], up.size, whole.row, whole.channels);
    last = pair(`u${level}`, [`skip${level}.after`, up.name], up.size, up.row);
  }
  const shared = [`d${depth - 2}.relu2`, `d${depth - 1}.relu2`, `u${depth - 1}.relu1`, last.name];
  const score = add("score", "score", [last.name], last.size, last.row, width("score"), "score");
  add("output", "softmax", ["score"], score.size, score.row, score.channels);
  for (const stage of stages) {
    stage.edge = stage.kind === "score" || stage.kind === "softmax" ? 0 : padding;
    stage.shared = shared.includes(stage.name);
  }
  return stages;
}

/** The rows of each stage that worker `me` of `workers` computes, rows, and those that it reads, needs: { name: [from, to] }. */
function rowsOf(stages, me, workers, padding = 0) {
  const byName = Object.fromEntries(stages.map((stage) => [stage.name, stage]));
  const rows = {}, needs = {};
  const need = (name, from, to) => {
    const [low, high] = needs[name] ?? [Infinity, -Infinity];
    needs[name] = [Math.max(Math.min(low, from), 0), Math.min(Math.max(high, to), byName[name].size)];
  };
  for (const stage of [...stages].reverse()) {
    const { name, kind, from, size } = stage;
    const share = [me, me + 1].map((worker) => Math.round((worker * size) / workers));
    rows[name] = stage.shared || !needs[name] ? share : needs[name];
    needs[name] ??= share;
    const [first, end] = rows[name];
    for (const source of from) {
      if (kind === "conv") need(source, first - padding, end + 2 - padding);
      if (kind === "pool") need(source, 2 * first, 2 * end);
      if (kind === "up") need(source, Math.floor(first / 2), Math.ceil(end / 2));
      if (kind === "skip") need(source, first + (byName[source].size - size) / 2, end + (byName[source].size - size) / 2);
      if (kind === "score" || kind === "softmax") need(source, first, end);
    }
  }
  for (const { name, kind } of stages) if (kind === "up") rows[name] = [2 * Math.floor(rows[name][0] / 2), 2 * Math.ceil(rows[name][1] / 2)];
  return { rows, needs };
}

/** Weights as the kernels read them: four sums side by side, tap after tap, plane after plane; then the next four. */
function packed(kind, weight, bias, area) {
  const sums = kind === "up" ? bias.length : 4 * Math.ceil(bias.length / 4); // an up-convolution's four are its corners
  const inputs = weight.length / bias.length / area;
  const weights = new Float32Array(kind === "up" ? weight.length : sums * inputs * area);
  const biases = new Float32Array(kind === "up" ? 4 * sums : sums);
  for (let o = 0; o < bias.length; o += 1) {
    if (kind === "up") biases.fill(bias[o], 4 * o, 4 * o + 4);
    else biases[o] = bias[o];
    for (let i = 0; i < inputs; i += 1) {
      for (let tap = 0; tap < area; tap += 1) {
        if (kind === "up") weights[(o * inputs + i) * 4 + tap] = weight[(i * bias.length + o) * 4 + tap];
        else weights[(((o >> 2) * inputs + i) * area + tap) * 4 + (o & 3)] = weight[(o * inputs + i) * area + tap];
      }
    }
  }
  return { weights, biases, inputs };
}

/** Where everything lies in the memory: { memory, stages by name, layers by name, zeros }. Addresses count bytes. */
function layOut(network, stages) {
  let end = 64;
  const take = (bytes) => {
    const at = end;
    end += 16 * Math.ceil(bytes / 16);
    return at;
  };
  const placed = {}, layers = {}, copies = [];
  for (const stage of stages) {
    const rows = stage.size + 2 * stage.edge;
    const plane = 4 * (stage.row * rows + 16); // a kernel may write some pixels past the end of its last row
    const planes = stage.kind === "skip" ? 0 : 4 * Math.ceil(stage.channels / 4);
    placed[stage.name] = {
      ...stage, plane, at: take(planes * plane), table: take(4 * stage.channels), inside: 4 * stage.edge * (stage.row + 1), off: "", done: false,
    };
    if (!stage.layer) continue;
    const area = { conv: 9, up: 4, score: 1 }[stage.kind];
    const { weights, biases, inputs } = packed(stage.kind, network.tensors[`${stage.layer}.weight`], network.tensors[`${stage.layer}.bias`], area);
    layers[stage.layer] = { weights: take(weights.byteLength), bias: take(biases.byteLength), inputs, area };
    copies.push([layers[stage.layer].weights, weights], [layers[stage.layer].bias, biases]);
  }
  const zeros = take(2 * Math.max(...Object.values(placed).map(({ plane }) => plane)));
  const memory = new WebAssembly.Memory({ initial: Math.ceil((end + 4096) / 65536) });
  const floats = new Float32Array(memory.buffer);
  for (const [at, numbers] of copies) floats.set(numbers, at / 4);
  return { memory, placed, layers, zeros };
}

/**
 * A network of images size × size in its memory, ready to run. code: of kernelsHere(); me of workers: which rows are its.
 * run(image, off, exchange) → Promise of the names of the stages that changed since the last run; exchange(stage) is awaited
 * where others need rows of it. cut and paste read and write rows of a stage; map is one channel, without gaps.
 */
function simdUnet(network, code, size, me = 0, workers = 1) {
  const padding = network.padding ?? 0;
  const order = stagesOf(network, size);
  const { rows, needs } = rowsOf(order, me, workers, padding);
  const { memory, placed, layers, zeros } = layOut(network, order);
  const kernels = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports;
  const floats = new Float32Array(memory.buffer), words = new Int32Array(memory.buffer);
  const partOf = ({ name }) => name.replace(".after", "");

  /** Point a stage's table to its planes, or to zeros where they are off; true where that changed. */
  function aim(stage, off) {
    const mine = off.filter((part) => part.split(":")[0] === partOf(stage));
    const key = mine.sort().join();
    const source = stage.kind === "skip" ? placed[stage.from[0]] : stage;
    const further = stage.kind === "skip" ? ((source.size - stage.size) / 2) * 4 * (stage.row + 1) : 0;
    for (let channel = 0; channel < stage.channels; channel += 1) {
      const silent = mine.some((part) => [partOf(stage), `${partOf(stage)}:${channel}`].includes(part));
      const plane = stage.kind === "skip" ? words[source.table / 4 + channel] : stage.at + channel * stage.plane;
      words[stage.table / 4 + channel] = silent || plane === zeros ? zeros : plane + further;
    }
    const changed = stage.off !== key;
    stage.off = key;
    return changed;
  }

  /** Compute the rows of a stage that are this worker's. */
  function compute(stage) {
    const [first, end] = rows[stage.name];
    const [source, second] = stage.from.map((name) => placed[name]);
    const layer = layers[stage.layer];
    const out = stage.at + stage.inside + first * 4 * stage.row;
    const many = end - first;
    if (stage.kind === "conv") {
      convolve("conv3x3", source, 0, second ? -Infinity : 0);
      if (second) convolve("conv3x3More", second, source.channels, 0);
      if (stage.edge) clearFrame(stage);
    } else if (stage.kind === "pool") {
      for (let channel = 0; channel < stage.channels; channel += 1) {
        const from = words[source.table / 4 + channel] + source.inside + 2 * first * 4 * source.row;
        kernels.maxPool(from, out + channel * stage.plane, many, Math.ceil(stage.size / 4), 4 * source.row, 4 * stage.row);
      }
      if (stage.edge) clearFrame(stage);
    } else if (stage.kind === "up") {
      const skip = source.inside + (first / 2) * 4 * source.row;
      for (let o = 0; o < stage.channels; o += 1) {
        kernels.upConv(source.table, source.channels, skip, layer.weights + o * layer.inputs * 16, layer.bias + o * 16,
          out + o * stage.plane, 4 * stage.row, many / 2, Math.ceil(source.size / 8), 4 * source.row, 8 * stage.row, -Infinity);
      }
      if (stage.edge) clearFrame(stage);
    } else if (stage.kind === "score") {
      const skip = source.inside + first * 4 * source.row;
      for (let o = 0; o < stage.channels; o += 4) {
        kernels.conv1x1(source.table, source.channels, skip, layer.weights + o * layer.inputs * 4, layer.bias + o * 4,
          out + o * stage.plane, stage.plane, many, Math.ceil(stage.size / 8), 4 * source.row, 4 * stage.row, -Infinity);
      }
    } else if (stage.kind === "softmax") {
      for (let y = first; y < end; y += 1) softmaxRow(stage, source, y);
    }

    /** Add up what a map brings to the sums, whose weights begin at `channel` of all that the layer reads. */
    function convolve(kernel, map, channel, least) {
      const skip = first * 4 * map.row; // the frame of a padded map is read, too
      const alike = map.row === stage.row && !stage.edge; // then all rows may be computed as one long row
      const long = Math.ceil(((many - 1) * stage.row + stage.size) / 8), short = Math.ceil(stage.size / 8);
      const [lines, blocks] = alike && kernel === "conv3x3" && long < many * short ? [1, long] : [many, short];
      for (let o = 0; o < stage.channels; o += 4) {
        kernels[kernel](map.table, map.channels, skip, layer.weights + (o * layer.inputs + 4 * channel) * 36, layer.bias + o * 4,
          out + o * stage.plane, stage.plane, lines, blocks, 4 * map.row, 4 * stage.row, least);
      }
    }
  }

  /** Zeros around a padded map, where kernels wrote past the end of a row. */
  function clearFrame(stage) {
    const { edge, row, size } = stage;
    for (let channel = 0; channel < stage.channels; channel += 1) {
      const at = (stage.at + channel * stage.plane) / 4;
      floats.fill(0, at, at + edge * row);
      for (let y = edge; y < size + edge; y += 1) {
        floats.fill(0, at + y * row, at + y * row + edge);
        floats.fill(0, at + y * row + edge + size, at + (y + 1) * row);
      }
      floats.fill(0, at + (size + edge) * row, at + stage.plane / 4);
    }
  }

  function softmaxRow(stage, source, y) {
    const plane = (channel) => words[source.table / 4 + channel] / 4 + y * source.row;
    const planes = Array.from({ length: stage.channels }, (_, channel) => plane(channel));
    const to = stage.at / 4 + y * stage.row, far = stage.plane / 4; // the next channel
    for (let x = 0; x < stage.size; x += 1) {
      let most = -Infinity, sum = 0;
      for (const at of planes) most = Math.max(most, floats[at + x]);
      for (let channel = 0; channel < planes.length; channel += 1) {
        sum += floats[to + channel * far + x] = Math.exp(floats[planes[channel] + x] - most);
      }
      for (let channel = 0; channel < planes.length; channel += 1) floats[to + channel * far + x] /= sum;
    }
  }

  let last = null; // the image of the last run
  async function run(image, off = [], exchange = null) {
    const { mean, std } = network;
    let same = last?.length === image.length;
    for (let at = 0; same && at < image.length; at += 1) same = image[at] === last[at];
    for (const { name } of order) {
      const stage = placed[name];
      const again = !stage.done || (stage.kind === "input" ? !same : stage.from.some((from) => placed[from].changed));
      stage.done = false;
      if (again && stage.kind === "input") {
        for (let y = rows.input[0]; y < rows.input[1]; y += 1) {
          const to = (stage.at + stage.inside) / 4 + y * stage.row;
          for (let x = 0; x < size; x += 1) floats[to + x] = (image[y * size + x] - mean) / std;
        }
        last = image.slice();
      } else if (again) compute(stage);
      if (again && exchange && stage.shared) await exchange(stage);
      stage.changed = aim(stage, off) || again;
    }
    for (const { name } of order) placed[name].done = true;
    return order.map(({ name }) => name).filter((name) => placed[name].changed);
  }

  /** Rows from … to of all planes of a stage, as they lie in memory. */
  function cut(name, from, to) {
    const { at, plane, inside, row, channels } = placed[name];
    const out = new Float32Array(channels * (to - from) * row);
    for (let channel = 0; channel < channels; channel += 1) {
      const start = (at + channel * plane + inside) / 4;
      out.set(floats.subarray(start + from * row, start + to * row), channel * (to - from) * row);
    }
    return out;
  }

  /** The other way round. */
  function paste(name, from, to, numbers) {
    const { at, plane, inside, row, channels } = placed[name];
    for (let channel = 0; channel < channels; channel += 1) {
      const part = numbers.subarray(channel * (to - from) * row, (channel + 1) * (to - from) * row);
      floats.set(part, (at + channel * plane + inside) / 4 + from * row);
    }
  }

  /** One channel of a stage, row after row without gaps; only rows from … to. */
  function map(name, channel, from = 0, to = placed[name].size) {
    const { kind, from: [first], size: side, row, table, inside } = placed[name];
    const plane = words[table / 4 + channel];
    const out = new Float32Array((to - from) * side);
    if (plane === zeros) return out;
    const start = (plane + (kind === "skip" ? placed[first].inside : inside)) / 4;
    for (let y = from; y < to; y += 1) out.set(floats.subarray(start + y * row, start + y * row + side), (y - from) * side);
    return out;
  }

  const stages = order.map(({ name, channels, size: side }) => ({ name, channels, size: side }));
  return { stages, order, rows, needs, run, cut, paste, map };
}

export { simdUnet, rowsOf, stagesOf };
