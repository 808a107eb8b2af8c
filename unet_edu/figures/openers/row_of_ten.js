// A window slides over ten pixels: one value wherever it fits.

const PITCH = 30;

/** The mean of every place where the window fits. */
export const means = (values, kernel) =>
  Array.from({ length: Math.max(values.length - kernel + 1, 0) }, (_, at) => values.slice(at, at + kernel).reduce((sum, one) => sum + one, 0) / kernel);

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  const bet = choice(model, "guess", "How many values come out?", [["10", "ten"], ["9", "nine"], ["8", "eight"]]);
  const place = slider(model, "at", "the window begins at", { min: 0, max: 9 });
  const width = slider(model, "kernel", "pixels wide", { min: 1, max: 7 });
  const picture = svg("svg", { role: "img", viewBox: `-2 -2 ${10 * PITCH + 4} 86` });
  const scene = element("div", { class: "lf-op-wide" }, picture);
  const words = element("p", { class: "lf-op-words" });
  const table = foldedTable("The row as a table");
  root.append(scene, element("div", { class: "lf-controls lf-op-controls" }, bet.node, place.node, width.node), words, table.node);
  let furthest = 0;

  function draw() {
    [bet, place, width].forEach(({ update }) => update());
    const values = get("values"), kernel = get("kernel"), out = means(values, kernel), at = Math.min(get("at"), out.length - 1);
    furthest = Math.max(furthest, at);
    const cell = (x, y, text, style) => [
      svg("rect", { x: x * PITCH, y, width: PITCH - 2, height: PITCH - 2, rx: 2, class: style }),
      svg("text", { x: x * PITCH + PITCH / 2 - 1, y: y + 19, "text-anchor": "middle" }, text)];
    const shift = (kernel - 1) / 2;
    picture.replaceChildren(
      ...values.flatMap((value, x) => cell(x, 0, String(value), x >= at && x < at + kernel ? "lf-down" : "lf-ghost")),
      svg("path", { d: `M${at * PITCH} 30L${(at + shift) * PITCH} 52H${(at + shift + 1) * PITCH - 2}L${(at + kernel) * PITCH - 2} 30Z`, class: "lf-fan-down" }),
      ...out.flatMap((value, x) => (x <= furthest ? cell(x + shift, 52, value.toFixed(1), x === at ? "lf-up" : "lf-kept") : cell(x + shift, 52, "", "lf-ghost"))));
    const told = get("guess") || furthest >= out.length - 1;
    const right = Number(get("guess")) === out.length;
    words.textContent = told
      ? `${get("guess") ? (right ? "Right. " : "No. ") : ""}${out.length} of ${values.length}: a window of ${kernel} fits in ${values.length} − ${kernel} + 1 places.`
      : "Slide the window along the row. Where will it stop?";
    picture.setAttribute("aria-label", `Ten pixels. The window covers ${kernel}, from pixel ${at} on; their mean is ${out[at].toFixed(1)}.`);
    root.dataset.out = String(out.length);
    table.update(["window begins at", "mean"], out.map((value, x) => [x, value.toFixed(2)]));
    say(`${picture.getAttribute("aria-label")} ${words.textContent}`);
  }
  return drawOnChange(model, ["at", "kernel", "guess"], draw);
}

export default liveFigure("RowOfTen", build);
