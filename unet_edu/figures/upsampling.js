// A coarse map made twice as large in four ways; what each fine pixel is made of is computed here, and PyTorch's
// interpolate and conv_transpose2d are what it is held against.

const SIDE = 6;
const WAYS = { nearest: "nearest", bilinear: "bilinear", two: "2×2, stride 2", three: "3×3, stride 2" };
const PRESETS = {
  two: [["all equal", [100, 100, 100, 100]], ["one corner", [100, 0, 0, 0]], ["trained", null]],
  three: [["all equal", new Array(9).fill(100)], ["linear", [25, 50, 25, 50, 100, 50, 25, 50, 25]], ["one point", [0, 0, 0, 0, 100, 0, 0, 0, 0]]],
};

export const sizeOf = (method, side) => 2 * side + (method === "three" ? 1 : 0);

/** Along one axis, the coarse pixels that make fine pixel `at`: [[number, place in the kernel, or share]]. */
export function taps(method, side, at) {
  if (method === "nearest") return [[at >> 1, 1]];
  if (method === "bilinear") { // align_corners = False: the centres of the pixels, not the corners, lie on each other
    const place = Math.max((at + 0.5) / 2 - 0.5, 0);
    const low = Math.floor(place);
    const high = Math.min(low + 1, side - 1);
    const share = place - low;
    return low === high || share === 0 ? [[low, 1]] : [[low, 1 - share], [high, share]];
  }
  const found = [];
  for (let k = 0; k < (method === "three" ? 3 : 2); k += 1) {
    const number = (at - k) / 2;
    if (Number.isInteger(number) && number >= 0 && number < side) found.push([number, k]);
  }
  return found.reverse();
}

/** What fine pixel (x, y) is the sum of: [{ x, y, weight, kernel }], coarse pixels with their weights. */
export function parts(method, side, x, y, weights) {
  const kernel = method === "three" ? 3 : 2;
  const learnt = method === "two" || method === "three";
  return taps(method, side, y).flatMap(([row, down]) =>
    taps(method, side, x).map(([column, across]) => {
      const at = learnt ? down * kernel + across : null;
      return { x: column, y: row, kernel: at, weight: learnt ? weights[at] : down * across };
    }));
}

/** The fine map, row by row. */
export function upsample(coarse, side, method, weights) {
  const size = sizeOf(method, side);
  return Float64Array.from({ length: size * size }, (_, at) =>
    parts(method, side, at % size, Math.floor(at / size), weights).reduce((sum, part) => sum + part.weight * coarse[part.y * side + part.x], 0));
}

const decimals = (value) => value.toFixed(2).replace("-", "−");

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  const ways = choice(model, "method", "how", Object.entries(WAYS));
  const shows = choice(model, "show", "show", [["values", "values"], ["count", "how often painted"]]);
  const coarseCanvas = element("canvas");
  const coarseMarks = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" });
  const coarseBox = element("div", { class: "lf-up-map lf-picks" }, coarseCanvas, coarseMarks);
  const fineCanvas = element("canvas");
  const fineMarks = svg("svg", { "aria-hidden": "true" });
  const fineBox = element("div", { class: "lf-up-map" }, fineCanvas, fineMarks);
  const kernel = element("div", { class: "lf-up-kernel", role: "group", "aria-label": "weights of the kernel" });
  const presets = element("div", { class: "lf-buttons lf-up-presets" });
  const remark = element("p", { class: "lf-up-remark" });
  const formula = element("p", { class: "lf-up-formula" });
  const table = foldedTable("The fine map as a table");
  const panel = (title, ...nodes) => element("div", { class: "lf-up-panel" }, element("p", { class: "lf-up-title" }, title), ...nodes);
  const middle = panel("weights", kernel, presets);
  const fineTitle = element("p", { class: "lf-up-title" });
  root.append(
    element("div", { class: "lf-controls" }, ways.node, shows.node),
    element("div", { class: "lf-up-body" },
      panel("coarse: click to paint", coarseBox), middle,
      element("div", { class: "lf-up-panel lf-up-wide" }, fineTitle, fineBox)),
    formula, remark, table.node);

  const learnt = () => get("method") === "two" || get("method") === "three";
  const weights = () => (learnt() ? get(get("method")).map((value) => value / 100) : []);
  const coarse = () => get("coarse").map((value) => value / 100);
  const place = () => [get("x"), get("y")].map((value) => Math.min(value, sizeOf(get("method"), SIDE) - 1));

  let inputs = [], madeFor = "";
  function drawKernel() {
    const method = get("method");
    middle.hidden = !learnt();
    if (!learnt()) return;
    if (madeFor !== method) {
      madeFor = method;
      const side = method === "three" ? 3 : 2;
      kernel.style.gridTemplateColumns = `repeat(${side}, 1fr)`;
      inputs = Array.from({ length: side * side }, (_, at) => element("input", {
        type: "number", min: -2, max: 2, step: 0.05, "aria-label": `weight in row ${Math.floor(at / side) + 1}, column ${(at % side) + 1}`,
      }));
      inputs.forEach((input, at) => {
        input.oninput = () => {
          const value = Math.round(100 * Number(input.value));
          if (input.value === "" || !(Math.abs(value) <= 200)) return;
          change(model, { [method]: get(method).map((old, index) => (index === at ? value : old)) });
        };
        input.onchange = () => (input.value = (get(method)[at] / 100).toFixed(2));
      });
      kernel.replaceChildren(...inputs);
      presets.replaceChildren(...PRESETS[method].map(([words, values]) =>
        element("button", { type: "button", onclick: () => change(model, { [method]: values ?? [...get("trained")] }) }, words)));
    }
    const [x, y] = place();
    const used = new Set(parts(method, SIDE, x, y, weights()).map((part) => part.kernel));
    inputs.forEach((input, at) => {
      const value = get(method)[at];
      if (input !== input.getRootNode().activeElement || Math.round(100 * Number(input.value)) !== value) input.value = (value / 100).toFixed(2);
      input.classList.toggle("lf-up-used", used.has(at));
      input.style.background = `color-mix(in srgb, var(${value < 0 ? "--down" : "--skip"}) ${Math.min(Math.abs(value) / 3, 45)}%, var(--paper))`;
    });
  }

  const REMARKS = {
    nearest: () => "Every coarse pixel becomes a block of four. Nothing is learnt; U-Nets that upsample so let a convolution follow.",
    bilinear: () => "Every fine pixel is a mixture of its four nearest coarse ones, 9 : 3 : 3 : 1 sixteenths inside (align_corners=False). Nothing is learnt.",
    two: () => (get("two").every((value) => value === get("two")[0])
      ? "Windows lie side by side, each fine pixel is painted once. With equal weights this is nearest; the paper's network learns its own."
      : "Windows lie side by side, each fine pixel is painted once: the four weights appear as a texture of 2 × 2 pixels under every coarse one, until later layers take it away."),
    three: () => ({
      [new Array(9).fill(100).join()]: "Windows overlap by one pixel: it is painted once, twice or four times. The checkerboard is there although all weights are equal.",
      [PRESETS.three[1][1].join()]: "Weights that undo the overlap: inside the outer ring this is bilinear with align_corners=True. A network would have to find them.",
    })[get("three").join()] ?? "Windows overlap by one pixel: what is painted twice or four times must be made up for by the weights.",
  };

  function draw() {
    [ways, shows].forEach(({ update }) => update());
    const method = get("method");
    const size = sizeOf(method, SIDE);
    const values = coarse();
    const counting = get("show") === "count";
    const fine = upsample(values, SIDE, method, weights());
    const counts = Float64Array.from({ length: size * size }, (_, at) => parts(method, SIDE, at % size, Math.floor(at / size), weights()).length);
    const shown = counting ? counts : fine;
    const [low, high] = counting ? [0, 4] : [Math.min(0, ...fine), Math.max(1, ...fine)];
    paint(coarseCanvas, values, SIDE, SIDE, [0, 1]);
    paint(fineCanvas, shown, size, size, [low, high]);
    const [x, y] = place();
    const found = parts(method, SIDE, x, y, weights());
    const [row, column] = [Math.floor(get("cell") / SIDE), get("cell") % SIDE];
    coarseMarks.replaceChildren(
      ...found.map((part) => svg("rect", { x: part.x + 0.06, y: part.y + 0.06, width: 0.88, height: 0.88, class: "lf-up-source" })),
      svg("circle", { cx: column + 0.5, cy: row + 0.5, r: 0.1, class: "lf-up-cell" }));
    fineMarks.setAttribute("viewBox", `0 0 ${size} ${size}`);
    const kernelSide = method === "three" ? 3 : 2;
    fineMarks.replaceChildren(
      ...(learnt() ? found.map((part) => svg("rect", { x: 2 * part.x + 0.06, y: 2 * part.y + 0.06, width: kernelSide - 0.12, height: kernelSide - 0.12, class: "lf-up-window" })) : []),
      svg("rect", { x, y, width: 1, height: 1, class: "lf-up-here" }));
    fineTitle.textContent = `fine, ${size} × ${size}: ${counting ? "painted once (dark) to four times (white)" : `${decimals(low)} (black) to ${decimals(high)} (white)`}`;
    const value = fine[y * size + x];
    const sum = found.map((part) => `${decimals(part.weight)} · ${decimals(values[part.y * SIDE + part.x])}`).join(" + ").replaceAll("+ −", "− ");
    formula.replaceChildren(element("strong", {}, decimals(value)), ` = ${sum || "0, for no window reaches it"}`);
    remark.textContent = REMARKS[method]();
    drawKernel();
    say(`Fine pixel column ${x}, row ${y}: ${decimals(value)}, painted ${found.length} time${found.length === 1 ? "" : "s"}.`);
    coarseBox.setAttribute("aria-label", `Coarse map. Arrow keys choose a pixel, the space bar paints it; now column ${column}, row ${row}: ${decimals(values[get("cell")])}.`);
    table.update(["row", ...Array.from({ length: size }, (_, at) => at)],
      Array.from({ length: size }, (_, r) => [r, ...Array.from(shown.subarray(r * size, (r + 1) * size), (one) => (counting ? one : decimals(one)))]));
  }

  const size = () => Array(2).fill(sizeOf(get("method"), SIDE));
  const pixel = pixelOn(fineBox, size);
  const mark = ([x, y]) => change(model, { x, y });
  pointing(fineBox, {
    label: "Fine map. Arrow keys move the marked pixel.",
    at: place, range: () => size().map((side) => side - 1), place: pixel, go: mark,
  });
  hovering(fineBox, { place: pixel, size, go: mark });
  let byHand = false; // whether a pointer, and not a key, says where to go
  const painted = (cell) => change(model, { cell, coarse: get("coarse").map((value, at) => (at !== cell ? value : value < 50 ? 50 : value < 100 ? 100 : 0)) });
  coarseBox.addEventListener("keydown", (event) => {
    byHand = false;
    if (![" ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    painted(get("cell"));
  });
  coarseBox.addEventListener("pointerdown", () => (byHand = true), true);
  pointing(coarseBox, {
    label: "Coarse map.",
    at: () => [get("cell") % SIDE, Math.floor(get("cell") / SIDE)], range: () => [SIDE - 1, SIDE - 1], place: pixelOn(coarseBox, () => [SIDE, SIDE]),
    go: ([x, y]) => {
      if (byHand) painted(y * SIDE + x);
      else if (y * SIDE + x !== get("cell")) change(model, { cell: y * SIDE + x });
      byHand = false;
    },
  });
  return drawOnChange(model, ["method", "show", "coarse", "two", "three", "x", "y", "cell"], draw);
}

export default liveFigure("Upsampling", build);
