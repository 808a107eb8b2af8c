// Two windows one pixel apart: which one has a membrane in its middle?

const SIDE = 256, HALF = 47;

/** The grey values of the window around a place, row after row. */
export function windowAround(image, row, column, half) {
  const width = 2 * half + 1;
  return Float32Array.from({ length: width * width }, (_, at) => image[(row - half + Math.floor(at / width)) * SIDE + column - half + (at % width)]);
}

function build({ model, root, say }) {
  let image = null;
  const get = (key) => model.get(key);
  const bet = choice(model, "guess", "Membrane in the middle:", [["left", "the left one"], ["right", "the right one"]]);
  const wide = slider(model, "half", "pixels to each side", { min: 1, max: HALF });
  const another = element("button", { type: "button", onclick: () => change(model, { pair: (get("pair") + 1) % get("places").length, guess: "" }) }, "another pair");
  const canvases = ["left", "right"].map((side) => element("canvas", { role: "img", "aria-label": `The ${side} window: tissue, a frame around its middle.` }));
  const frames = canvases.map(() => element("span", { class: "lf-op-mark", "aria-hidden": "true" }));
  const words = element("p", { class: "lf-op-words" });
  const table = foldedTable("The pair as a table");
  root.append(
    element("div", { class: "lf-op-row" }, ...canvases.map((canvas, at) => element("div", { class: "lf-op-panel" }, element("div", { class: "lf-op-scene" }, canvas, frames[at]), element("p", { class: "lf-muted" }, at ? "right" : "left")))),
    element("div", { class: "lf-controls lf-op-controls" }, bet.node, another, wide.node), words, table.node);

  function draw() {
    if (!image) return;
    [bet, wide].forEach(({ update }) => update());
    const [row, left, right, which] = get("places")[get("pair")];
    const half = get("half"), width = 2 * half + 1, guess = get("guess");
    [left, right].forEach((column, at) => {
      paint(canvases[at], windowAround(image, row, column, half), width, width, [0, 255]);
      const part = 100 * Math.min(Math.max(3, width / 15) / width, 1);
      Object.assign(frames[at].style, { width: `${part}%`, height: `${part}%`, left: `${50 - part / 2}%`, top: `${50 - part / 2}%` });
    });
    words.textContent = !guess ? `The two windows have ${width - 1} of their ${width} columns in common. Which is which?`
      : `${guess === which ? "Right" : "No"}: the membrane is in the middle of the ${which} one. ${width < 12 ? "With so few pixels around it, was that more than luck?" : "Would you have seen it in the picture alone?"}`;
    root.dataset.right = String(Boolean(guess) && guess === which);
    table.update(["window", "row", "column", "its middle"], [["left", row, left], ["right", row, right]].map((one, at) =>
      [...one, guess ? ((which === "left") === !at ? "membrane" : "cell") : "?"]));
    say(words.textContent);
  }
  loadBytes(model, { image: Uint8Array }).then((loaded) => {
    ({ image } = loaded);
    draw();
  });
  return drawOnChange(model, ["pair", "half", "guess"], draw);
}

export default liveFigure("TwoWindows", build);
