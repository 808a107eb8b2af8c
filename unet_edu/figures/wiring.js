// Which values of one stage of a U-Net a value of a later stage is made of, along one axis, as in unet_edu.arithmetic: a test
// holds the two against each other.

/**
 * The stages in the order of computation: Map of name → { kernel, stride, up, shift, sources }. Value i of a stage is made
 * of `kernel` values of its source, from number floor(i · stride / up) + shift on.
 */
export function wiring(depth) {
  const stages = new Map();
  const add = (name, sources, { kernel = 1, stride = 1, up = 1, shift = 0 } = {}) => {
    stages.set(name, { kernel, stride, up, shift, sources });
    return name;
  };
  const pair = (path, sources) => {
    const between = add(`${path}.relu1`, [add(`${path}.conv1`, sources, { kernel: 3 })]);
    return add(`${path}.relu2`, [add(`${path}.conv2`, [between], { kernel: 3 })]);
  };
  let last = "input";
  const leaving = [];
  for (let level = 0; level <= depth; level += 1) {
    if (level > 0) {
      leaving.push(last);
      last = add(`pool${level}`, [last], { kernel: 2, stride: 2 });
    }
    last = pair(`d${level}`, [last]);
    if (level >= Math.max(1, depth - 1)) last = add(`drop${level}`, [last]);
  }
  for (let level = depth - 1; level >= 0; level -= 1) {
    const up = add(`up${level}`, [last], { up: 2 });
    const skip = add(`skip${level}`, [leaving[level]], { shift: border(depth - level) - 4 });
    last = pair(`u${level}`, [skip, up]);
  }
  add("output", [add("score", [last])]);
  return stages;
}

/** { stage: [start, stop] } of the values that the value at `position` of a stage is made of, from the input on. */
export function footprints(position, depth, stage) {
  const stages = wiring(depth);
  const found = { [stage]: [position, position + 1] };
  for (const [name, { kernel, stride, up, shift, sources }] of [...stages].reverse()) {
    if (!found[name]) continue;
    const start = Math.floor((found[name][0] * stride) / up) + shift;
    const stop = Math.floor(((found[name][1] - 1) * stride) / up) + shift + kernel;
    for (const source of sources) {
      const [low, high] = found[source] ?? [start, stop];
      found[source] = [Math.min(low, start), Math.max(high, stop)];
    }
  }
  return Object.fromEntries(["input", ...stages.keys()].filter((name) => found[name]).map((name) => [name, found[name]]));
}
