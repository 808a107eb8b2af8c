// Two pictures and a curtain between them; a question first.

/** What is seen: the first picture left of the curtain, the second right of it. at: percent of the width. */
export function behind(pictures, side, at) {
  const edge = (at / 100) * side;
  return Uint8Array.from({ length: side * side }, (_, place) => pictures[place % side < edge ? place : side * side + place]);
}

/** How far the two differ, pixel by pixel, 0 to 1. */
export const difference = (pictures, side) =>
  Float32Array.from({ length: side * side }, (_, place) => Math.abs(pictures[place] - pictures[side * side + place]) / 255);

function build({ model, root, say }) {
  let pictures = null;
  const get = (key) => model.get(key);
  const { names, question, answers, right, told } = get("words");
  const bet = choice(model, "guess", question, Object.entries(answers));
  const curtain = slider(model, "at", "the curtain", { min: 0, max: 100 });
  const shows = choice(model, "show", "show", [["both", "both"], ["differ", "where they differ"]]);
  const canvas = element("canvas", { role: "img" });
  const line = element("span", { class: "lf-cu-line", "aria-hidden": "true" });
  const labels = names.map((name, at) => element("span", { class: `lf-cu-name lf-cu-name${at}` }, name));
  const scene = element("div", { class: "lf-op-scene lf-cu-scene" }, canvas, line, ...labels);
  const words = element("p", { class: "lf-op-words" });
  const table = foldedTable("The two pictures as a table");
  root.append(element("div", { class: "lf-controls lf-op-controls" }, bet.node), element("div", { class: "lf-op-row" }, scene), element("div", { class: "lf-controls lf-op-controls" }, curtain.node, shows.node), words, table.node);

  function draw() {
    if (!pictures) return;
    [bet, curtain, shows].forEach(({ update }) => update());
    const side = get("side"), at = get("at"), guess = get("guess"), both = get("show") === "both";
    if (both) paint(canvas, behind(pictures, side, at), side, side, [0, 255]);
    else paint(canvas, difference(pictures, side), side, side, [0, 1], MAGMA);
    line.style.left = `${at}%`;
    line.hidden = !both;
    labels.forEach((label, one) => (label.hidden = !both || (one ? at > 85 : at < 15)));
    const seen = both ? `${at} percent of the width show ${names[0]}, the rest ${names[1]}.` : "Bright: where the two differ.";
    canvas.setAttribute("aria-label", seen);
    words.textContent = guess ? `${guess === right ? "Right" : "No"}. ${told}` : "Answer first, then pull the curtain.";
    root.dataset.right = String(Boolean(guess) && guess === right);
    const mean = (from) => pictures.subarray(from, from + side * side).reduce((sum, one) => sum + one, 0) / (255 * side * side);
    table.update(["picture", "mean grey, 0 to 1"], names.map((name, one) => [name, mean(one * side * side).toFixed(3)]));
    say(`${seen} ${words.textContent}`);
  }
  pointing(scene, {
    label: `The curtain between ${names[0]} and ${names[1]}. Arrow keys pull it.`, sideways: true, steps: 2,
    at: () => [get("at"), 0], range: () => [100, 0], place: placeOn(scene, () => [100, 1]), go: ([at]) => change(model, { at }),
  });
  loadBytes(model, { pictures: Uint8Array }).then((loaded) => {
    ({ pictures } = loaded);
    draw();
  });
  return drawOnChange(model, ["at", "guess", "show"], draw);
}

export default liveFigure("Curtain", build);
