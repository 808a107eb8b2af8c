// Which values a value of a U-Net is made of, and which an input pixel reaches, along one axis; and the gradient of one
// output pixel over the square that it can see. The intervals are those of unet_edu.arithmetic, held against it by tests.

const LIMITS = { size: [1, 1100], depth: [1, 5], share: [50, 99] };
const PIXEL = 40;

/** { stage: how many values its map has }, for an input of a legal size; null for another. */
export function lengths(size, depth) {
  if (!isValid(size, depth)) return null;
  const found = { input: size };
  for (const [name, { kernel, stride, up, sources }] of wiring(depth)) {
    if (name.startsWith("skip")) found[name] = found[name.replace("skip", "up")];
    else {
      const before = found[sources.at(-1)];
      found[name] = up > 1 ? up * before : (before - kernel) / stride + 1;
    }
  }
  return found;
}

/** { stage: [start, stop] } of the values that an input pixel can alter; a stage that it does not reach is left out. */
export function spread(position, size, depth) {
  const all = lengths(size, depth);
  const found = { input: [position, position + 1] };
  for (const [name, { kernel, stride, up, shift, sources }] of wiring(depth)) {
    const reached = sources.filter((source) => found[source]).map((source) => found[source]);
    if (reached.length === 0) continue;
    const low = Math.min(...reached.map(([start]) => start)) - shift - kernel + 1;
    const high = Math.max(...reached.map(([, stop]) => stop)) - 1 - shift;
    const start = Math.max(Math.ceil((low * up) / stride), 0);
    const stop = Math.min(Math.floor((high * up + up - 1) / stride) + 1, all[name]);
    if (start < stop) found[name] = [start, stop];
  }
  return found;
}

/** Where an output pixel stands in the square that it sees. */
const middleOf = (pixel, depth) => pixel + border(depth) - footprints(pixel, depth, "output").input[0];

/** The side of the smallest square around the output pixel that holds `share` percent of the power; see Python. */
export function squareOf(strength, side, share, middle = middleOf(PIXEL, 4)) {
  let all = 0;
  for (const value of strength) all += value ** 4;
  for (let reach = 0; reach < side; reach += 1) {
    let sum = 0;
    for (let y = Math.max(middle - reach, 0); y < Math.min(middle + reach + 1, side); y += 1) {
      for (let x = Math.max(middle - reach, 0); x < Math.min(middle + reach + 1, side); x += 1) sum += strength[y * side + x] ** 4;
    }
    if (sum >= (share / 100) * all) return 2 * reach + 1;
  }
  return side;
}

/** Where a value of a stage stands on the input: its middle, in pixels, for maps that lie in the middle of it. */
export function placeOf(position, stage, size, depth) {
  const cell = 2 ** levelOf(stage, depth);
  return (size - lengths(size, depth)[stage] * cell) / 2 + (position + 0.5) * cell;
}

/** The value of a stage at a place of the input, the nearest where none is there. */
export function valueAt(place, stage, size, depth) {
  const all = lengths(size, depth)[stage], cell = 2 ** levelOf(stage, depth);
  return Math.min(Math.max(Math.floor((place - (size - all * cell) / 2) / cell), 0), all - 1);
}

const levelOf = (name, depth) => (name === "input" || name === "output" || name === "score" ? 0 : Number(/\d/.exec(name)?.[0] ?? depth));
const isUp = (name) => /^(u|output|score)/.test(name);

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  let strengths = null, painted = "", gone = false, shown = Infinity, stop = () => {};
  let state = null;

  const sizes = slider(model, "size", "input size, px", { min: LIMITS.size[0], max: LIMITS.size[1], typed: true });
  const depths = slider(model, "depth", "depth", { min: LIMITS.depth[0], max: LIMITS.depth[1] });
  const directions = choice(model, "direction", "a value", [["sees", "what it sees"], ["reaches", "drop one pixel in"]], (direction) => {
    if (!state?.all || direction === get("direction")) return {};
    const [size, depth] = [get("size"), get("depth")];
    const place = placeOf(state.position, state.stage, size, depth); // is kept, from one question to the other
    return { position: valueAt(place, direction === "reaches" ? "input" : stageOf(), size, depth) };
  });
  const play = element("button", { type: "button", onclick: animate }, "▶ level by level");
  const result = element("p", { class: "lf-result", style: "display: block" });
  const repair = element("div", { class: "lf-buttons" });
  const drawing = svg("svg", { class: "lf-along" });
  const canvas = element("canvas", { role: "img" });
  const marks = svg("svg", { "aria-hidden": "true" });
  const heat = element("div", { class: "lf-rf-heat" }, canvas, marks);
  const kinds = choice(model, "weights", "weights", [["trained", "trained"], ["random", "random"]]);
  const shares = slider(model, "share", "share of the gradient's power, %", { min: LIMITS.share[0], max: LIMITS.share[1] });
  const words = element("p", { class: "lf-rf-words" });
  const scale = colourScale("gradient");
  scale.update(MAGMA, ["0", "¼", "the largest"]); // the picture shows its root
  const table = foldedTable("The values as a table");
  root.append(
    element("div", { class: "lf-controls" }, sizes.node, depths.node),
    element("div", { class: "lf-controls lf-rf-tools" }, directions.node, play),
    result, repair, drawing,
    element("div", { class: "lf-rf-below" }, heat, element("div", { class: "lf-rf-side" }, kinds.node, shares.node, scale.node, words)),
    table.node);

  function animate() {
    stop();
    if (stillness()) return;
    shown = 0;
    let last = performance.now();
    draw();
    stop = frames(() => {
      if (performance.now() - last > 350) {
        last = performance.now();
        shown += 1;
        draw();
      }
      if (shown <= rows().length) return true;
      shown = Infinity;
      return false;
    });
  }

  /** The stages that have a row: what enters, each pair of convolutions, what leaves, and the one that is chosen. */
  function rows() {
    const names = ["input", ...wiring(get("depth")).keys()];
    return names.filter((name) => name === "input" || name === "output" || name.endsWith("relu2") || name === chosen());
  }
  function chosen() {
    return get("direction") === "reaches" ? "input" : stageOf();
  }
  function stageOf() {
    return wiring(get("depth")).has(get("stage")) ? get("stage") : "output";
  }

  function compute() {
    const [size, depth] = [get("size"), get("depth")];
    const all = lengths(size, depth);
    if (!all) return { all };
    const stage = chosen();
    const position = Math.min(get("position"), all[stage] - 1);
    const found = get("direction") === "reaches" ? spread(position, size, depth) : footprints(position, depth, stage);
    return { all, stage, position, found };
  }

  function drawRows() {
    const { all, stage, position, found } = state;
    const [size, depth] = [get("size"), get("depth")];
    const width = Math.max(root.clientWidth - 6, 200);
    const [left, tall, step] = [62, 13, 27];
    const names = rows();
    const scale = (width - left - 42) / size;
    const height = names.length * step + 8;
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.style.height = `${height}px`;
    const backwards = get("direction") === "sees";
    const order = backwards ? [...names].reverse() : names;
    const first = order.indexOf(stage);
    const nodes = [];
    let before = null;
    names.forEach((name, at) => {
      const cell = 2 ** levelOf(name, depth);
      const start = left + ((size - all[name] * cell) / 2) * scale;
      const y = at * step + 6;
      const kind = isUp(name) ? "up" : "down";
      nodes.push(
        svg("text", { x: left - 8, y: y + tall - 2, "text-anchor": "end", class: name === stage ? "lf-strong" : "" }, name.replace(".relu2", "")),
        svg("rect", { x: start, y, width: all[name] * cell * scale, height: tall, class: `lf-rf-map lf-rf-${kind}`, "data-stage": name }));
      const interval = found[name];
      const visible = interval && order.indexOf(name) - first <= shown;
      if (!visible) {
        before = null;
        return;
      }
      const [x1, x2] = interval.map((value) => start + value * cell * scale);
      if (before) {
        const fan = `M${before[0]} ${before[2] + tall}L${x1} ${y}H${x2}L${before[1]} ${before[2] + tall}Z`;
        nodes.push(svg("path", { d: fan, class: `lf-fan-${kind}` }));
      }
      nodes.push(
        svg("rect", { x: x1, y, width: Math.max(x2 - x1, 1.5), height: tall, class: name === stage ? "lf-rf-chosen" : `lf-rf-hit lf-rf-hit-${kind}` }),
        svg("text", { x: Math.max(x2, start + all[name] * cell * scale) + 5, y: y + tall - 2, class: "lf-muted" }, String(interval[1] - interval[0])));
      before = [x1, x2, y];
    });
    drawing.replaceChildren(...nodes);
    Object.assign(state, { left, scale, step, names });
    const spoken = backwards
      ? `${stage.replace(".relu2", "")} ${position} sees ${found.input[1] - found.input[0]} input pixels`
      : `input pixel ${position} reaches ${found.output ? found.output[1] - found.output[0] : "no"} output pixels`;
    say(`${spoken}.`);
    drawing.setAttribute("aria-label", `${spoken}. Left and right arrow keys move the value, up and down arrow keys change the stage.`);
  }

  function drawWords() {
    const { all, stage, position, found } = state;
    const [size, depth] = [get("size"), get("depth")];
    result.classList.toggle("lf-is-wrong", !all);
    if (!all) {
      result.replaceChildren(element("strong", {}, `${size} pixels`), " have no U-Net of this depth: somewhere a pooling meets an odd number, or nothing is left.");
      repair.replaceChildren(...nearestValid(size, depth).filter(Boolean).map((legal) =>
        element("button", { type: "button", onclick: () => change(model, { size: legal }) }, `make it ${legal}`)));
      drawing.replaceChildren();
      table.update(["stage", "from", "to", "values", "of"], []);
      return;
    }
    repair.replaceChildren();
    const [start, end] = found.input;
    const name = stage.replace(".relu2", "");
    if (get("direction") === "reaches") {
      const out = found.output;
      result.replaceChildren(...(out
        ? [`Input pixel ${position} reaches `, element("strong", {}, `${out[1] - out[0]} of ${all.output}`), ` output pixels, ${out[0]} to ${out[1] - 1}.`]
        : [`Input pixel ${position} reaches `, element("strong", {}, "no output pixel"), ": it stands too near the border."]));
    } else {
      const field = stage === "output" && depth === 4 ? ` Pixel ${position} is ${position % 16} modulo 16.` : "";
      result.replaceChildren(`Value ${position} of ${name} sees `, element("strong", {}, `${end - start} pixels`), ` of the input, ${start} to ${end - 1}.${field}`);
    }
    table.update(["stage", "from", "to", "values", "of"], Object.entries(found).map(([one, [low, high]]) => [one, low, high - 1, high - low, all[one]]));
  }

  /** The output pixel at the place of the chosen value; null for an illegal size. */
  function outputHere() {
    if (!state?.all) return null;
    const [size, depth] = [get("size"), get("depth")];
    return valueAt(placeOf(state.position, state.stage, size, depth), "output", size, depth);
  }

  /** Its gradient: { strength, side, scale, weights, pixel, width }, of the pixel of the list that sees a square as wide. */
  function gradientHere(pixel) {
    const depth = get("depth");
    const [start, stop] = footprints(pixel, depth, "output").input;
    let at = 0, found = null;
    for (const one of get("pictures")) {
      const fits = one.depth === depth && one.side * one.scale === stop - start;
      if (fits && (!found || one.weights === get("weights"))) found = { ...one, strength: strengths.subarray(at, at + one.side ** 2), width: stop - start };
      at += one.side ** 2;
    }
    return found;
  }

  function drawHeat() {
    const pixel = outputHere();
    if (!strengths || pixel === null) return;
    const depth = get("depth");
    const { strength, side, scale: size, weights, width, pixel: taken } = gradientHere(pixel);
    const middle = middleOf(taken, depth);
    const square = size * squareOf(strength, side, get("share"), Math.floor(middle / size));
    const [start, stop] = footprints(pixel, depth, "output").input;
    const key = [weights, depth, width].join();
    if (painted !== key) paint(canvas, strength, side, side, [0, 255], MAGMA);
    painted = key;
    marks.setAttribute("viewBox", `0 0 ${width} ${width}`);
    marks.replaceChildren(
      svg("rect", { x: 0.5, y: 0.5, width: width - 1, height: width - 1, class: "lf-rf-theory" }),
      svg("rect", { x: middle + 0.5 - square / 2, y: middle + 0.5 - square / 2, width: square, height: square, class: "lf-rf-square" }));
    canvas.setAttribute("aria-label", `Gradient of output pixel ${pixel}, ${weights} weights: ${get("share")} percent of its power lie in ${square} by ${square} of the ${width} by ${width} pixels.`);
    const network = depth === 4 ? "the paper's network, base width 8," : `a network of depth ${depth}, base width 8,`;
    words.replaceChildren(`Output pixel ${pixel} of ${network} can see `, element("b", {}, `${width} × ${width}`),
      ` pixels, ${start} to ${stop - 1}. ${get("share")} % of its gradient's power lie in `, element("b", { class: "lf-rf-number" }, `${square} × ${square}`),
      ` of them, ${percentOf(square ** 2 / width ** 2)} of the area. Brightness is the root of the gradient, so that the faint outer part is seen at all.`,
      ...(weights === get("weights") ? [] : [" Trained weights there are for depth 4 only; these are random."]));
  }
  const percentOf = (part) => `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;

  function draw() {
    if (gone) return;
    [sizes, depths, directions, kinds, shares].forEach(({ update }) => update());
    state = compute();
    drawWords();
    if (state.all) drawRows();
    drawHeat();
  }

  pointing(drawing, {
    label: "The stages",
    sideways: true,
    at: () => [state?.position ?? 0, rows().indexOf(chosen())],
    range: () => [LIMITS.size[1], rows().length - 1],
    place: (event) => {
      const box = drawing.getBoundingClientRect();
      return [(event.clientX - box.left - state.left) / state.scale, (event.clientY - box.top) / state.step - 0.5];
    },
    go: ([along, row]) => {
      if (!state?.all) return;
      stop();
      shown = Infinity;
      const names = rows();
      const name = get("direction") === "reaches" ? "input" : names[row];
      let position = along;
      if (pointer) { // from the place on the input to the number in this stage's own map
        position = valueAt(along, name, get("size"), get("depth"));
      } else if (name !== chosen()) position = Math.floor((state.position + 0.5) / state.all[chosen()] * state.all[name]);
      change(model, { position: Math.min(Math.max(position, 0), state.all[name] - 1), ...(get("direction") === "sees" && name !== "input" ? { stage: name } : {}) });
    },
  });
  let pointer = false;
  for (const kind of ["pointerdown", "pointermove", "click"]) drawing.addEventListener(kind, () => (pointer = true), true);
  drawing.addEventListener("keydown", () => (pointer = false), true);

  const ends = [
    drawOnChange(model, ["size", "depth", "stage", "position", "direction"], draw),
    drawOnChange(model, ["weights", "share"], () => {
      kinds.update();
      shares.update();
      drawHeat();
    }),
    whenResized(root, draw),
  ];
  loadBytes(model, { maps: Uint8Array, others: Uint8Array }).then(({ maps, others }) => {
    strengths = new Uint8Array(maps.length + others.length);
    strengths.set(maps);
    strengths.set(others, maps.length);
    if (!gone) drawHeat();
  });
  return () => {
    gone = true;
    stop();
    ends.forEach((end) => end());
  };
}

export default liveFigure("ReceptiveField", build);
