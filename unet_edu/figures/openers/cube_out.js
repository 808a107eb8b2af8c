// How much of a row, a square, a cube comes out of a network without padding. Sizes: arithmetic.js.

const DEPTH = 3, LEAST = 92, MOST = 508;
const SHAPES = { 1: "row", 2: "square", 3: "cube" };

/** What goes in, what comes out, and which part that is: { size, output, share }. */
export function comesOut(size, axes) {
  const legal = nearestValid(size, DEPTH)[1];
  const { output } = plan(legal, DEPTH, 3, 0);
  return { size: legal, output, share: (output / legal) ** axes };
}

/** A cuboid in oblique projection: paths of its faces, front first; x, y: of its lower left front corner. */
function cuboid(x, y, width, height, depth) {
  const d = depth * 0.42;
  return [`M${x} ${y}h${width}v${-height}h${-width}Z`, `M${x} ${y - height}l${d} ${-d}h${width}l${-d} ${d}Z`, `M${x + width} ${y}v${-height}l${d} ${-d}v${height}Z`];
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  const bet = choice(model, "guess", "Of a cube of 132 a side comes out", [["third", "a third"], ["tenth", "a tenth"], ["27th", "a 27th"]]);
  const sizes = slider(model, "size", "pixels a side", { min: LEAST, max: MOST });
  const axes = choice(model, "axes", "of a", [[1, "row"], [2, "square"], [3, "cube"]]);
  const picture = svg("svg", { role: "img", viewBox: "0 0 320 210" });
  const words = element("p", { class: "lf-op-words" });
  const table = foldedTable("The shares as a table");
  root.append(element("div", { class: "lf-controls lf-op-controls" }, bet.node, axes.node, sizes.node), element("div", { class: "lf-op-wide lf-co-scene" }, picture), words, table.node);

  function draw() {
    [bet, sizes, axes].forEach(({ update }) => update());
    const count = get("axes"), { size, output, share } = comesOut(get("size"), count);
    const whole = 130, part = (whole * output) / size, rest = (whole - part) / 2;
    const [height, depth] = [count > 1 ? whole : 16, count > 2 ? whole : 0];
    const [inner, deep] = [count > 1 ? part : 16, count > 2 ? part : 0];
    const [x, y] = [70, count > 1 ? 195 : 120];
    const back = count > 2 ? rest * 0.42 : 0;
    const faces = (paths, style) => paths.map((d) => svg("path", { d, class: style }));
    picture.replaceChildren(
      ...faces(cuboid(x, y, whole, height, depth), "lf-co-lost"),
      ...faces(cuboid(x + rest + back, y - (count > 1 ? rest : 0) - back, part, inner, deep), "lf-up"));
    const told = `Of a ${SHAPES[count]} with sides of ${size} pixels ${output} a side come out: ${(100 * share).toFixed(1)} % of it.`;
    const right = Math.round(1 / comesOut(132, 3).share);
    words.textContent = `${told}${get("guess") ? ` ${get("guess") === "27th" ? "Right" : "No"}: of a cube of 132 it is one part in ${right}.` : ""}`;
    picture.setAttribute("aria-label", told);
    root.dataset.share = share.toFixed(5);
    table.update(["of a", "pixels in", "pixels out", "share, %"], [1, 2, 3].map((one) => [SHAPES[one], `${size}${["", "²", "³"][one - 1]}`, `${output}${["", "²", "³"][one - 1]}`, (100 * comesOut(size, one).share).toFixed(1)]));
    say(words.textContent);
  }
  return drawOnChange(model, ["size", "axes", "guess"], draw);
}

export default liveFigure("CubeOut", build);
