// Two networks answer for one place. Where does each look?

const SIZE = 572, BORDER = 92, DISCS = [0, 1, 2, 3, 4].map((number) => 62 + 112 * number);

/** Where a network looks for the answer at a place, and how far from it: { at: [x, y], apart }. */
export function lookedAt(columns, x, y) {
  const at = [x, y].map((place) => columns[place - BORDER]);
  return { at, apart: Math.hypot(at[0] - x, at[1] - y) };
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  const bet = choice(model, "guess", "Which one looks at the right place?", [["A", "A ▢"], ["B", "B ◯"]]);
  const picture = svg("svg", { "aria-hidden": "true", viewBox: `0 0 ${SIZE} ${SIZE}` });
  const handle = grip("the place");
  const scene = element("div", { class: "lf-op-scene lf-wl-card" }, picture, handle.node);
  const words = element("p", { class: "lf-op-words" });
  const table = foldedTable("The places as a table");
  root.append(element("div", { class: "lf-op-row" }, scene), element("div", { class: "lf-controls lf-op-controls" }, bet.node), words, table.node);

  function draw() {
    bet.update();
    const [x, y] = [get("x"), get("y")], guess = get("guess");
    const [a, b] = ["A", "B"].map((name) => lookedAt(get("looked")[name], x, y));
    const line = ({ at }, style) => svg("line", { x1: x, y1: y, x2: at[0], y2: at[1], class: style });
    const letter = ([left, top], name, style) => svg("text", { x: left + 26, y: top - 14, class: style, "font-size": 30, style: "font-size: 30px" }, name);
    picture.replaceChildren(
      ...DISCS.flatMap((row) => DISCS.map((column) => svg("circle", { cx: column, cy: row, r: 30, class: "lf-wl-disc" }))),
      svg("rect", { x: BORDER, y: BORDER, width: SIZE - 2 * BORDER, height: SIZE - 2 * BORDER, class: "lf-ghost" }),
      line(a, "lf-wl-a"), line(b, "lf-wl-b"),
      svg("rect", { x: a.at[0] - 20, y: a.at[1] - 20, width: 40, height: 40, class: "lf-wl-a" }),
      svg("circle", { cx: b.at[0], cy: b.at[1], r: 20, class: "lf-wl-b" }),
      letter(a.at, "A", "lf-bad"), letter([b.at[0] - 66, b.at[1]], "B", "lf-wl-words"),
      svg("path", { d: `M${x - 14} ${y}h28M${x} ${y - 14}v28`, class: "lf-wl-cross" }));
    handle.update([x / SIZE, y / SIZE]);
    const told = `A has its evidence from ${a.apart.toFixed(0)} pixels beside the place, B from ${b.apart < 0.5 ? "the place itself" : `${b.apart.toFixed(0)} pixels beside it`}.`;
    words.textContent = guess ? `${guess === "B" ? "Right" : "No"}. ${told}` : "Move the cross over the card, to its middle and to its rim, and watch the two marks.";
    scene.setAttribute("aria-label", `A card of discs. Arrow keys move the place; now column ${x}, row ${y}. ${told}`);
    root.dataset.apart = `${a.apart.toFixed(1)} ${b.apart.toFixed(1)}`;
    table.update(["network", "looks at column", "at row", "pixels beside"], [["A", ...a.at, a.apart.toFixed(1)], ["B", ...b.at, b.apart.toFixed(1)]]);
    say(told);
  }
  pointing(scene, {
    label: "A card of discs.", steps: 4, handle: handle.node,
    at: () => [get("x"), get("y")], range: () => [SIZE, SIZE], place: placeOn(scene, () => [SIZE, SIZE]),
    go: (at) => {
      const [x, y] = at.map((value) => Math.min(Math.max(Math.round(value), BORDER), SIZE - BORDER - 1));
      change(model, { x, y });
    },
  });
  return drawOnChange(model, ["x", "y", "guess"], draw);
}

export default liveFigure("WhoLooks", build);
