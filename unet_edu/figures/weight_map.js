// The weight map. First what unet_edu/data/weightmap.py computes (a test holds the two against each other): cells,
// distances, weights. Then the drawing.

const SIDE = 128; // pixels of every scene
const RADII = [28, 22]; // of the two discs
const TOP = 12; // the weight of the brightest colour
const LIMITS = { gap: [0, 24], w0: [0, 15], sigma: [1, 15] };
const SCENES = { discs: "two discs", gap: "a widening gap", three: "three cells", one: "one alone", tissue: "tissue", dish: "round cells", nuclei: "nuclei", stained: "stained nuclei" };
const IMAGES = ["tissue", "dish", "nuclei", "stained"];
const PAPER = { w0: 10, sigma: 5, balance: true };

/** Two discs with `gap` pixels of background between them: 1 = cell. */
export function discs(gap) {
  const left = 41 - Math.floor(gap / 2);
  const right = left + RADII[0] + RADII[1] + 1 + gap;
  return Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const [x, above] = [at % SIDE, (Math.floor(at / SIDE) - SIDE / 2) ** 2];
    return (x - left) ** 2 + above <= RADII[0] ** 2 || (x - right) ** 2 + above <= RADII[1] ** 2 ? 1 : 0;
  });
}

/** Number the 4-connected cells of a label, 1…n, 0 = background: { instances, count }. */
export function cellsOf(label, width, height) {
  const instances = new Int32Array(width * height);
  const found = [];
  let count = 0;
  for (let start = 0; start < label.length; start += 1) {
    if (!label[start] || instances[start]) continue;
    instances[start] = count += 1;
    found.push(start);
    while (found.length) {
      const at = found.pop();
      const x = at % width;
      for (const next of [at - width, at + width, x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1]) {
        if (next < 0 || next >= label.length || !label[next] || instances[next]) continue;
        instances[next] = count;
        found.push(next);
      }
    }
  }
  return { instances, count };
}

/**
 * d1 and d2 of each pixel: exact distances, in pixels, to the nearest and the second nearest cell, Infinity where there
 * is none. One distance map per cell, of which the two smallest values stay.
 */
export function twoDistances(instances, width, height) {
  const size = width * height;
  const [d1, d2] = [new Float64Array(size).fill(Infinity), new Float64Array(size).fill(Infinity)];
  const last = instances.reduce((most, cell) => Math.max(most, cell), 0);
  for (let cell = 1; cell <= last; cell += 1) {
    const squares = squaredDistances(instances, cell, width, height);
    for (let at = 0; at < size; at += 1) {
      const square = squares[at];
      if (square < d1[at]) {
        d2[at] = d1[at];
        d1[at] = square;
      } else if (square < d2[at]) {
        d2[at] = square;
      }
    }
  }
  return { d1: d1.map(Math.sqrt), d2: d2.map(Math.sqrt) };
}

/** The class weights [background, cell] with which both count the same; 1 and 1 where there is only one, or without balance. */
export function classWeights(label, balance) {
  const inside = label.reduce((sum, value) => sum + (value > 0), 0);
  const outside = label.length - inside;
  return balance && inside && outside ? [label.length / (2 * outside), label.length / (2 * inside)] : [1, 1];
}

/** The border term of equation (2) for d1 + d2 = `sum` pixels. */
export const borderTerm = (sum, w0, sigma) => w0 * Math.exp(-((sum / sigma) ** 2) / 2);

/** Equation (2) for every pixel. */
export function weightMap(label, { d1, d2 }, w0, sigma, balance) {
  const [outside, inside] = classWeights(label, balance);
  return Float64Array.from(label, (cell, at) => (cell ? inside : outside + borderTerm(d1[at] + d2[at], w0, sigma)));
}

/** All that the figure shows of a label. */
export function weigh(label, w0, sigma, balance) {
  const { instances } = cellsOf(label, SIDE, SIDE);
  return weightMap(label, twoDistances(instances, SIDE, SIDE), w0, sigma, balance);
}

/** The nearest pixel of the nearest cell and of the second nearest to [x, y], where there are: [{ x, y, cell, distance }, …]. */
export function nearestTwo(instances, [x, y], width) {
  const nearest = new Map();
  for (let at = 0; at < instances.length; at += 1) {
    const cell = instances[at];
    if (!cell) continue;
    const square = ((at % width) - x) ** 2 + (Math.floor(at / width) - y) ** 2;
    if (!nearest.has(cell) || square < nearest.get(cell).square) nearest.set(cell, { square, at });
  }
  return [...nearest]
    .sort(([, a], [, b]) => a.square - b.square || a.at - b.at)
    .slice(0, 2)
    .map(([cell, { square, at }]) => ({ x: at % width, y: Math.floor(at / width), cell, distance: Math.sqrt(square) }));
}

const digits = (value) => (value === Infinity ? "∞" : value.toFixed(2));

/** Outlines of all cells along the edges of their pixels, as the path of an SVG with one unit a pixel. */
function outlines(instances) {
  const parts = [];
  for (let y = 0; y <= SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const above = y > 0 ? instances[(y - 1) * SIDE + x] : 0;
      const here = y < SIDE ? instances[y * SIDE + x] : 0;
      if (above !== here && y > 0 && y < SIDE) parts.push(`M${x} ${y}h1`);
      const [row, before, after] = [x * SIDE, y - 1, y]; // the same for columns, x and y in each other's place
      if (y > 0 && y < SIDE && instances[row + before] !== instances[row + after]) parts.push(`M${y} ${x}v1`);
    }
  }
  return parts.join("");
}

/** The pixels on a line through `place`, across the gap: { distance along it, x, y }, as far as the image goes. */
function acrossGap(place, ends, reach) {
  const [from, to] = ends.length > 1 ? ends : ends.length ? [ends[0], { x: place[0], y: place[1] }] : [{ x: 0, y: 0 }, { x: 1, y: 0 }];
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const direction = [(to.x - from.x) / length, (to.y - from.y) / length];
  const found = [];
  for (let along = -reach; along <= reach; along += 0.5) {
    const [x, y] = direction.map((part, axis) => Math.round(place[axis] + along * part));
    if (x >= 0 && y >= 0 && x < SIDE && y < SIDE) found.push({ along, x, y });
  }
  return found;
}

// --- the figure ------------------------------------------------------------------------------------------------------

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  const place = () => [get("x"), get("y")];
  let [labels, images] = [null, null]; // bytes of all scenes, once unpacked
  let now = null; // { key, label, instances, count, distances, weights, ends }, of what is shown
  let gone = false;

  const scenes = choice(model, "scene", "scene", Object.entries(SCENES));
  scenes.node.querySelectorAll("button").forEach((button, index) => {
    const scene = Object.keys(SCENES)[index];
    button.onclick = () => change(model, { scene, drawn: [], ...START[scene] });
  });
  const shows = choice(model, "show", "show", [["weights", "weights"], ["cells", "cells"]]);
  const tools = choice(model, "tool", "pointer", [["look", "points"], ["cell", "draws cell"], ["background", "draws gap"]]);
  const sliders = {
    w0: slider(model, "w0", "w₀", { min: LIMITS.w0[0], max: LIMITS.w0[1] }),
    sigma: slider(model, "sigma", "σ, px", { min: LIMITS.sigma[0], max: LIMITS.sigma[1] }),
    gap: slider(model, "gap", "gap, px", { min: LIMITS.gap[0], max: LIMITS.gap[1] }),
  };
  const balance = toggle(model, "balance", "balance the classes");
  const paper = element("button", { type: "button", onclick: () => change(model, PAPER) }, "the paper's w₀ and σ");
  const clear = element("button", { type: "button", onclick: () => change(model, { drawn: [] }) }, "undo drawing");

  const canvas = element("canvas", { "aria-hidden": "true" });
  const overlay = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" });
  const borders = svg("path", { class: "lf-wm-outline" });
  const marks = svg("g");
  overlay.append(borders, marks);
  const hold = grip("drag the marked pixel");
  const map = element("div", { class: "lf-wm-map" }, canvas, overlay, hold.node);
  const scale = element("canvas", { class: "lf-wm-scale", "aria-hidden": "true" });
  paint(scale, Float64Array.from({ length: 256 }, (_, at) => at), 256, 1, [0, 255], MAGMA);
  const legend = element("div", { class: "lf-wm-legend", "aria-hidden": "true" }, element("span", {}, "weight 0"), scale, element("span", {}, `${TOP} and more`));

  const headline = element("strong");
  const formula = element("div", { class: "lf-wm-formula" });
  const remark = element("p", { class: "lf-wm-remark" });
  const curve = svg("svg", { role: "img" });
  const profile = svg("svg", { role: "img" });
  const table = foldedTable("The values as a table");
  root.append(
    element("div", { class: "lf-controls lf-wm-top" }, scenes.node),
    element("div", { class: "lf-wm-body" },
      element("div", { class: "lf-wm-left" }, map, legend,
        element("div", { class: "lf-controls lf-wm-tools" }, shows.node, tools.node, clear)),
      element("div", { class: "lf-wm-right" },
        element("div", { class: "lf-controls" }, sliders.gap.node, sliders.w0.node, sliders.sigma.node),
        element("div", { class: "lf-controls lf-wm-more" }, balance.node, paper),
        element("div", { class: "lf-wm-result" }, headline, formula, remark),
        element("p", { class: "lf-wm-title" }, "border term, by the width of the gap"), curve)),
    element("p", { class: "lf-wm-title" }, "weights across the gap, through the marked pixel"), profile,
    table.node,
  );

  /** The label of the scene with what was drawn on it. */
  function labelNow() {
    const scene = get("scene");
    const index = Object.keys(SCENES).indexOf(scene);
    const label = scene === "discs" ? discs(get("gap")) : labels.slice(index * SIDE * SIDE, (index + 1) * SIDE * SIDE);
    for (const code of get("drawn")) label[code >> 1] = code & 1;
    return label;
  }

  /** Compute what has changed, and no more: distances only for another label. */
  function refresh() {
    const scene = get("scene");
    if (now?.scene !== scene || now.drawn !== get("drawn") || (scene === "discs" && now.gap !== get("gap"))) {
      const label = labelNow();
      const { instances, count } = cellsOf(label, SIDE, SIDE);
      now = { scene, drawn: get("drawn"), gap: get("gap"), label, instances, count, distances: twoDistances(instances, SIDE, SIDE) };
      borders.setAttribute("d", outlines(instances));
    }
    const settings = [get("w0"), get("sigma"), get("balance")];
    if (String(now.settings) === String(settings)) return;
    now.settings = settings;
    now.classes = classWeights(now.label, settings[2]);
    now.weights = weightMap(now.label, now.distances, ...settings);
    now.painted = null;
  }

  function drawMap() {
    const show = get("show");
    if (now.painted === show) return;
    now.painted = show;
    if (show === "weights") paint(canvas, now.weights, SIDE, SIDE, [0, TOP], MAGMA);
    else drawCells();
    overlay.classList.toggle("lf-wm-plain", show === "cells");
  }

  /** Each cell in a tone of its own, over the image where there is one. */
  function drawCells() {
    const image = IMAGES.includes(now.scene) && images.subarray(IMAGES.indexOf(now.scene) * SIDE * SIDE);
    const values = Float64Array.from(now.label, (cell, at) => (image ? image[at] : cell ? 205 : 70));
    paint(canvas, values, SIDE, SIDE, [0, 255]);
    const context = canvas.getContext("2d");
    const pixels = context.getImageData(0, 0, SIDE, SIDE);
    now.instances.forEach((cell, at) => {
      if (!cell) return;
      const turn = cell * 2.4; // radians: neighbours in number are far apart in tone
      [0, 2.1, 4.2].forEach((phase, channel) => {
        pixels.data[4 * at + channel] = 0.72 * pixels.data[4 * at + channel] + 0.28 * (128 + 127 * Math.cos(turn + phase));
      });
    });
    context.putImageData(pixels, 0, 0);
  }

  /** The marked pixel, the lines d1 and d2, and the line of the profile. */
  function drawMarks(line) {
    const [x, y] = place().map((value) => value + 0.5);
    const inside = now.instances[place()[1] * SIDE + place()[0]];
    const nodes = [];
    if (line.length > 1) {
      const [from, to] = [line[0], line.at(-1)];
      nodes.push(svg("line", { x1: from.x + 0.5, y1: from.y + 0.5, x2: to.x + 0.5, y2: to.y + 0.5, class: "lf-wm-across" }));
    }
    if (!inside) {
      now.ends.forEach((end, index) => {
        const [ex, ey] = [end.x + 0.5, end.y + 0.5];
        const length = Math.hypot(ex - x, ey - y) || 1;
        const [tx, ty] = [ex + (6 * (ex - x)) / length, ey + (6 * (ey - y)) / length].map((value) => Math.min(Math.max(value, 6), SIDE - 6));
        const ends = { x1: x, y1: y, x2: ex, y2: ey };
        nodes.push(
          svg("line", { ...ends, class: "lf-wm-case" }),
          svg("line", { ...ends, class: `lf-wm-d${index + 1}` }),
          svg("text", { x: tx, y: ty + 2, class: "lf-wm-name" }, index ? "d₂" : "d₁"),
        );
      });
    }
    nodes.push(svg("circle", { cx: x, cy: y, r: 1.6, class: "lf-wm-here" }));
    marks.replaceChildren(...nodes);
    hold.update(place().map((value) => (value + 0.5) / SIDE));
  }

  /** The formula with its numbers, and what follows from them. */
  function drawWords() {
    const [x, y] = place();
    const at = y * SIDE + x;
    const [w0, sigma] = [get("w0"), get("sigma")];
    const inside = now.label[at];
    const [d1, d2] = [0, 1].map((index) => now.ends[index]?.distance ?? Infinity);
    const term = inside ? 0 : borderTerm(d1 + d2, w0, sigma);
    const own = now.classes[inside ? 1 : 0];
    const line = (...parts) => element("div", {}, ...parts);
    const small = (kind, text) => element(kind, {}, text);
    headline.textContent = `w = ${digits(now.weights[at])}`;
    const rows = [line("w", small("sub", "c"), " + w", small("sub", "0"), " · exp(−(d", small("sub", "1"), " + d", small("sub", "2"), ")² / 2σ²)")];
    if (inside) rows.push(line(`${digits(own)}`));
    else {
      rows.push(
        line(`${digits(own)} + ${w0} · exp(−(`, small("b", digits(d1)), " + ", small("b", digits(d2)), `)² / ${2 * sigma * sigma})`),
        line(`${digits(own)} + ${digits(term)}`),
      );
    }
    formula.replaceChildren(...rows);
    const found = now.count === 1 ? "1 cell" : `${now.count} cells`;
    const why = inside ? "Inside them there is no border term."
      : now.count > 1 ? "Each gap is weighed by its own width."
      : now.count === 1 ? "There is no second cell: d₂ is infinite and the border term 0 everywhere."
        : "There is no cell at all.";
    remark.textContent = now.scene === "discs" && get("gap") === 0 && now.count === 1
      ? "The discs touch: to the label they are 1 cell, and nothing keeps them apart. The paper opens such a gap first."
      : `${found}. ${why}`;
    const values = [["nearest cell, d₁", digits(d1)], ["second nearest, d₂", digits(d2)], ["d₁ + d₂", digits(d1 + d2)], ["border term", digits(term)],
      ["class weight here", digits(own)], ["weight", digits(now.weights[at])], ["class weight, background", digits(now.classes[0])],
      ["class weight, cells", digits(now.classes[1])], ["largest weight", digits(now.weights.reduce((a, b) => Math.max(a, b)))],
      ["cells", now.count]];
    table.update(["of pixel", `${x}, ${y}`], values);
    const spoken = inside ? `Pixel ${x}, ${y}, in a cell: weight ${digits(own)}.`
      : `Pixel ${x}, ${y}: ${digits(d1)} to the nearest cell, ${digits(d2)} to the second, weight ${digits(now.weights[at])}.`;
    say(spoken);
    overlay.setAttribute("aria-label", spoken);
    return { inside, sum: d1 + d2, term, spoken };
  }

  const frame = (node, height) => {
    const width = node.getBoundingClientRect().width || 300;
    node.setAttribute("viewBox", `0 0 ${width} ${height}`);
    node.setAttribute("height", height);
    return width;
  };
  const note = (x, y, words, anchor = "middle", style = "lf-muted") => svg("text", { x, y, "text-anchor": anchor, class: style }, words);
  const path = (points) => points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

  /** The border term over d1 + d2, with the marked pixel on it; dashed, with the numbers of the paper. */
  function drawCurve({ inside, sum, term, spoken }) {
    const [height, low, high, widest] = [118, 100, 12, 40];
    const width = frame(curve, height);
    const [w0, sigma] = [get("w0"), get("sigma")];
    const across = (pixels) => 22 + (pixels / widest) * (width - 30);
    const up = (value) => low - (value / LIMITS.w0[1]) * (low - high);
    const points = (top, width) => path(Array.from({ length: 81 }, (_, step) => [across(step / 2), up(borderTerm(step / 2, top, width))]));
    const nodes = [0, 5, 10, 15].flatMap((value) => [
      svg("line", { x1: across(0), x2: across(widest), y1: up(value), y2: up(value), class: "lf-wm-grid" }),
      note(across(0) - 5, up(value) + 4, value, "end")]);
    for (const value of [0, 10, 20, 30]) nodes.push(note(across(value), height - 4, value));
    nodes.push(note(across(widest), height - 4, "d₁ + d₂", "end"));
    if (w0 !== PAPER.w0 || sigma !== PAPER.sigma) nodes.push(svg("path", { d: points(PAPER.w0, PAPER.sigma), class: "lf-wm-paper" }));
    nodes.push(svg("path", { d: points(w0, sigma), class: "lf-wm-curve" }));
    if (!inside && sum <= widest) {
      nodes.push(svg("line", { x1: across(sum), x2: across(sum), y1: up(0), y2: up(term), class: "lf-wm-drop" }),
        svg("circle", { cx: across(sum), cy: up(term), r: 4.5, class: "lf-wm-dot" }));
    }
    curve.replaceChildren(...nodes);
    curve.setAttribute("aria-label", `The border term falls from ${w0} with the width of the gap. ${spoken}`);
  }

  /** The weights along the line across the gap: the class's part, and on it the border term. */
  function drawProfile(line, { spoken }) {
    const [height, low, high] = [124, 98, 8];
    const width = frame(profile, height);
    const reach = 26;
    const across = (along) => 22 + ((along + reach) / (2 * reach)) * (width - 30);
    const up = (value) => low - (Math.min(value, TOP) / TOP) * (low - high);
    const nodes = [0, 4, 8, 12].flatMap((value) => [
      svg("line", { x1: across(-reach), x2: across(reach), y1: up(value), y2: up(value), class: "lf-wm-grid" }),
      note(across(-reach) - 5, up(value) + 4, value, "end")]);
    let start = 0;
    line.forEach((point, index) => {
      const cell = now.instances[point.y * SIDE + point.x];
      const next = line[index + 1];
      if (next && now.instances[next.y * SIDE + next.x] === cell) return;
      if (cell) {
        const [from, to] = [across(line[start].along - 0.25), across(point.along + 0.25)];
        nodes.push(svg("rect", { x: from, width: Math.max(to - from, 1), y: low, height: 10, class: "lf-wm-cell" }));
        if (to - from > 34) nodes.push(note((from + to) / 2, height - 3, "cell"));
      } else {
        const [from, to] = [across(line[start].along - 0.25), across(point.along + 0.25)];
        if (to - from > 34) nodes.push(note((from + to) / 2, height - 3, to - from > 120 ? "background" : "gap"));
      }
      start = index + 1;
    });
    const floor = (point) => now.classes[now.label[point.y * SIDE + point.x] ? 1 : 0];
    const total = line.map((point) => [across(point.along), up(now.weights[point.y * SIDE + point.x])]);
    const base = line.map((point) => [across(point.along), up(floor(point))]);
    if (line.length > 1) {
      nodes.push(
        svg("path", { d: `${path(base)}L${base.at(-1)[0]} ${low}L${base[0][0]} ${low}Z`, class: "lf-wm-class" }),
        svg("path", { d: `${path(total)}${path([...base].reverse()).replace("M", "L")}Z`, class: "lf-wm-term" }),
        svg("path", { d: path(total), class: "lf-wm-curve" }),
      );
    }
    const here = now.weights[place()[1] * SIDE + place()[0]];
    nodes.push(svg("line", { x1: across(0), x2: across(0), y1: low, y2: up(here), class: "lf-wm-drop" }),
      svg("circle", { cx: across(0), cy: up(here), r: 4.5, class: "lf-wm-dot" }));
    profile.replaceChildren(...nodes);
    profile.setAttribute("aria-label", `Weights along a line across the gap. ${spoken}`);
  }

  function draw() {
    if (!labels || gone) return;
    [scenes, shows, tools, balance, ...Object.values(sliders)].forEach(({ update }) => update());
    sliders.gap.node.hidden = get("scene") !== "discs";
    clear.disabled = get("drawn").length === 0;
    refresh();
    now.ends = nearestTwo(now.instances, place(), SIDE);
    drawMap();
    const line = acrossGap(place(), now.ends, 26);
    drawMarks(line);
    const here = drawWords();
    drawCurve(here);
    drawProfile(line, here);
  }

  // The pointer points, draws, or takes hold of a disc.
  let held = null; // { from, gap, side } of a disc
  const size = () => [SIDE, SIDE];
  const pixel = pixelOn(map, size);
  const onDisc = ([x, y]) => get("scene") === "discs" && get("tool") === "look" && now?.label[y * SIDE + x] === 1;
  function stroke([x, y]) {
    const codes = [];
    for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, SIDE - 1); row += 1) {
      for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, SIDE - 1); column += 1) {
        const at = row * SIDE + column;
        const value = get("tool") === "cell" ? 1 : 0;
        if (now.label[at] !== value) codes.push(2 * at + value);
      }
    }
    change(model, { x, y, ...(codes.length ? { drawn: [...get("drawn"), ...codes] } : {}) });
  }
  map.addEventListener("pointerdown", (event) => {
    const at = pixel(event);
    held = onDisc(at) && !hold.node.contains(event.target) ? { from: at[0], gap: get("gap"), side: at[0] > SIDE / 2 ? 1 : -1 } : null;
  });
  map.addEventListener("pointermove", (event) => {
    const at = pixel(event);
    map.classList.toggle("lf-wm-grab", held !== null || onDisc(at));
  });
  hovering(map, { place: pixel, size, go: ([x, y]) => get("tool") === "look" && change(model, { x, y }) });
  for (const end of ["pointerup", "pointercancel"]) map.addEventListener(end, () => (held = null));
  let byHand = false; // whether a pointer, and not a key, says where to go
  for (const kind of ["pointerdown", "pointermove", "click"]) map.addEventListener(kind, () => (byHand = true), true);
  map.addEventListener("keydown", (event) => {
    byHand = false;
    if (![" ", "Enter"].includes(event.key) || get("tool") === "look") return;
    event.preventDefault();
    stroke(place());
  }, true);
  pointing(map, {
    label: "Weight map. Arrow keys move the marked pixel; while the pointer draws, the space bar draws there.",
    handle: hold.node,
    at: place,
    place: pixel,
    range: () => [SIDE - 1, SIDE - 1],
    go: ([x, y]) => {
      if (!now) return;
      const [least, most] = LIMITS.gap;
      if (byHand && held) change(model, { gap: Math.min(Math.max(held.gap + 2 * held.side * (x - held.from), least), most) });
      else if (byHand && get("tool") !== "look") stroke([x, y]);
      else change(model, { x, y });
    },
  });

  const keys = ["scene", "gap", "w0", "sigma", "balance", "x", "y", "show", "tool", "drawn"];
  const end = drawOnChange(model, keys, draw);
  const stay = whenResized(root, draw);
  loadBytes(model, { labels: Uint8Array, images: Uint8Array }).then((loaded) => {
    ({ labels, images } = loaded);
    draw();
  });
  return () => {
    gone = true;
    stay();
    end();
  };
}

/** Where the marked pixel stands at first, scene by scene: where there is something to see. */
const START = {
  discs: { x: 70, y: 60 }, gap: { x: 61, y: 40 }, three: { x: 63, y: 63 }, one: { x: 30, y: 40 },
  tissue: { x: 65, y: 63 }, dish: { x: 70, y: 50 }, nuclei: { x: 66, y: 79 }, stained: { x: 69, y: 40 },
};

export default liveFigure("WeightMap", build);
