// Paint or erase one pixel of sixteen cells and watch five scores. Regions, thinning, mistakes and V_Rand: cells.js.

const CELL = 12, COUNT = 4, SIDE = CELL * COUNT + COUNT - 1, MOST = 64;
const LINES = [0, 1, 2].map((number) => CELL + (CELL + 1) * number);
const BEGINS = [["gap", "one pixel missing"], ["wall", "one more wall"], ["broad", "broad borders"], ["moved", "moved by one"], ["truth", "the truth"]];

/** What a prediction is at first, as starting() of one_pixel.py. */
export function starting(begin) {
  const line = (x, y) => LINES.includes(x) || LINES.includes(y);
  const near = (x, y) => LINES.some((one) => Math.abs(one - x) <= 1 || Math.abs(one - y) <= 1);
  return Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
    if (begin === "broad") return near(x, y) ? 0 : 1;
    if (begin === "moved") return x && y ? (line(x - 1, y - 1) ? 0 : 1) : line(x, y) ? 0 : 1;
    if (begin === "gap" && x === LINES[0] && y === CELL / 2) return 1;
    if (begin === "wall" && x === LINES[0] + 1 + CELL / 2 && y > LINES[0] && y < LINES[1]) return 0;
    return line(x, y) ? 0 : 1;
  });
}

/** Five scores of a prediction: share of wrong pixels, IoU and Dice of the cells, V_Rand, cells to cut apart or to join. */
export function scores(found) {
  const truth = starting("truth");
  let wrong = 0, both = 0, either = 0, sum = 0;
  truth.forEach((one, at) => {
    wrong += one !== found[at];
    both += one & found[at];
    either += one | found[at];
    sum += one + found[at];
  });
  const { merged, split, score } = scoreCells(truth, found, SIDE, SIDE);
  return { wrong: wrong / truth.length, iou: both / either, dice: (2 * both) / sum, vRand: score, mend: merged + split };
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  const begins = choice(model, "begin", "begin with", BEGINS, () => ({ flips: [] }));
  const canvas = element("canvas", { "aria-hidden": "true" });
  const mark = element("span", { class: "lf-op-mark", "aria-hidden": "true" });
  const scene = element("div", { class: "lf-op-scene lf-op1-cells" }, canvas, mark);
  const board = element("div", { class: "lf-op1-board" });
  const back = element("button", { type: "button", onclick: () => change(model, { flips: get("flips").slice(0, -1) }) }, "undo");
  const words = element("p", { class: "lf-op-words" });
  const table = foldedTable("The scores as a table");
  root.append(
    element("div", { class: "lf-op-row" }, scene, board),
    element("div", { class: "lf-controls lf-op-controls" }, begins.node, back), words, table.node);
  const NAMES = [["wrong", "pixel error", (one) => `${(100 * one).toFixed(2)} %`], ["iou", "IoU", (one) => one.toFixed(3)], ["dice", "Dice", (one) => one.toFixed(3)],
    ["vRand", "V_Rand", (one) => one.toFixed(3)], ["mend", "cells to mend", String]];

  function prediction() {
    const found = starting(get("begin"));
    for (const at of get("flips")) found[at] ^= 1;
    return found;
  }
  const flip = (x, y) => {
    const at = y * SIDE + x, flips = get("flips");
    const next = flips.includes(at) ? flips.filter((one) => one !== at) : [...flips, at].slice(-MOST);
    change(model, { flips: next, x, y });
  };
  function draw() {
    begins.update();
    const found = prediction(), truth = starting("truth"), now = scores(found), before = scores(starting(get("begin")));
    if (canvas.width !== SIDE) Object.assign(canvas, { width: SIDE, height: SIDE });
    const image = new ImageData(SIDE, SIDE);
    found.forEach((one, at) => image.data.set(one === truth[at] ? (one ? [246, 246, 246, 255] : [20, 24, 29, 255]) : one ? [251, 172, 86, 255] : [168, 28, 24, 255], 4 * at));
    canvas.getContext("2d").putImageData(image, 0, 0);
    const [x, y] = [get("x"), get("y")];
    Object.assign(mark.style, { left: `${(100 * x) / SIDE}%`, top: `${(100 * y) / SIDE}%`, width: `${100 / SIDE}%`, height: `${100 / SIDE}%` });
    board.replaceChildren(...NAMES.map(([key, name, write]) =>
      element("p", { class: now[key] !== before[key] ? "lf-op1-changed" : "" }, element("span", { class: "lf-muted" }, name), element("strong", {}, write(now[key])))));
    back.disabled = !get("flips").length;
    const count = get("flips").length;
    const told = NAMES.map(([key, name, write]) => `${name} ${write(now[key])}`).join(", ");
    words.textContent = count ? `${count} pixel${count === 1 ? "" : "s"} changed. Which score minded most?` : "Click a pixel of a border, then one inside a cell: which of the five scores will mind?";
    scene.setAttribute("aria-label", `The cells. Arrow keys choose a pixel, the space bar changes it; now column ${x}, row ${y}, ${found[y * SIDE + x] ? "cell" : "border"}. ${told}.`);
    root.dataset.scores = NAMES.map(([key]) => now[key].toFixed(5)).join(" ");
    table.update(["score", "now", "before the first click"], NAMES.map(([key, name, write]) => [name, write(now[key]), write(before[key])]));
    say(`${words.textContent} ${told}`);
  }
  let byHand = false;
  scene.addEventListener("pointerdown", () => (byHand = true), true);
  scene.addEventListener("keydown", (event) => {
    byHand = false;
    if (![" ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    flip(get("x"), get("y"));
  });
  let last = -1; // of a drag
  scene.addEventListener("pointerup", () => (last = -1));
  pointing(scene, {
    label: "The cells.", at: () => [get("x"), get("y")], range: () => [SIDE - 1, SIDE - 1], place: pixelOn(scene, () => [SIDE, SIDE]),
    go: ([x, y]) => {
      if (!byHand) return change(model, { x, y });
      if (last === y * SIDE + x) return;
      last = y * SIDE + x;
      flip(x, y);
    },
  });
  return drawOnChange(model, ["begin", "flips", "x", "y"], draw);
}

export default liveFigure("OnePixel", build);
