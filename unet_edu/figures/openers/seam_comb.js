// Drag the tile pixel by pixel: which of the labels change? A comb grows, and some of its teeth are missing.

const SIDE = 52, MOST = 32, AREA = SIDE * SIDE;

/** How far each pixel's probability is from that of the first tile, 0 to 1. */
export const changes = (maps, shift) => Float32Array.from({ length: AREA }, (_, at) => Math.abs(maps[shift * AREA + at] - maps[at]) / 255);

function build({ model, root, say }) {
  let maps = null, image = null;
  const get = (key) => model.get(key);
  const move = slider(model, "shift", "tile moved by, pixels", { min: 0, max: MOST });
  const shows = choice(model, "show", "right:", [["changes", "what changes"], ["probability", "the answer"]]);
  const bet = choice(model, "guess", "Which shifts change nothing?", [["none", "none but 0"], ["even", "all even ones"], ["sixteens", "every sixteenth"]]);
  const [left, right] = ["The tissue.", "What the network says of it."].map((words) => element("canvas", { role: "img", "aria-label": words }));
  const comb = svg("svg", { role: "img", viewBox: "0 0 330 86" });
  const words = element("p", { class: "lf-op-words" });
  const table = foldedTable("The comb as a table");
  const panel = (canvas, title) => element("div", { class: "lf-op-panel" }, canvas, title);
  const rightTitle = element("p", { class: "lf-muted" });
  root.append(
    element("div", { class: "lf-controls lf-op-controls" }, bet.node, move.node, shows.node),
    element("div", { class: "lf-op-row" }, panel(left, element("p", { class: "lf-muted" }, "the tissue")), panel(right, rightTitle)),
    element("div", { class: "lf-op-wide" }, comb), words, table.node);
  const visited = new Set([0]);

  function draw() {
    if (!maps) return;
    [move, shows, bet].forEach(({ update }) => update());
    const shift = get("shift"), shares = get("changed"), most = Math.max(...shares);
    if (!visited.has(shift)) {
      const from = [...visited].at(-1); // a slider may leap
      for (let at = Math.min(from, shift); at <= Math.max(from, shift); at += 1) visited.add(at);
      visited.delete(shift);
      visited.add(shift);
    }
    paint(left, image, SIDE, SIDE, [0, 255]);
    if (get("show") === "changes") paint(right, changes(maps, shift), SIDE, SIDE, [0, 0.5], MAGMA);
    else paint(right, maps.subarray(shift * AREA, (shift + 1) * AREA), SIDE, SIDE, [0, 255]);
    rightTitle.textContent = get("show") === "changes" ? "bright: changed" : "white: cell";
    comb.replaceChildren(
      ...shares.map((share, at) => visited.has(at)
        ? svg("rect", { x: 10 * at + 1, y: 65 - (60 * share) / most, width: 8, height: (60 * share) / most + 1, class: at === shift ? "lf-kept" : "lf-down" })
        : svg("rect", { x: 10 * at + 1, y: 5, width: 8, height: 61, class: "lf-ghost" })),
      ...[0, 8, 16, 24, 32].map((at) => svg("text", { x: 10 * at + 5, y: 82, "text-anchor": at === 32 ? "end" : "middle", class: "lf-muted" }, String(at))));
    const share = shares[shift];
    const told = `Moved by ${shift} pixel${shift === 1 ? "" : "s"}, ${share === 0 ? "the tile changes nothing" : `the tile changes ${share.toFixed(1)} % of the labels`}.`;
    const nothing = shares.map((one, at) => (one === 0 ? at : -1)).filter((at) => at >= 0);
    const guess = get("guess");
    words.textContent = `${told}${guess ? ` ${guess === "sixteens" ? "Right" : "No"}: nothing changes at ${nothing.join(", ")}.` : ""}`;
    comb.setAttribute("aria-label", `The comb so far. ${told}`);
    root.dataset.share = String(share);
    table.update(["moved by", "labels that change, %"], shares.map((one, at) => [at, visited.has(at) || guess ? one.toFixed(2) : "?"]));
    say(words.textContent);
  }
  loadBytes(model, { maps: Uint8Array, image: Uint8Array }).then((loaded) => {
    ({ maps, image } = loaded);
    draw();
  });
  return drawOnChange(model, ["shift", "show", "guess"], draw);
}

export default liveFigure("SeamComb", build);
