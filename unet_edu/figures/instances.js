// A threshold and a watershed on real nuclei: what is cut apart, what runs together, what is cut once too often. The
// probabilities come with the figure; separation.js makes nuclei of them, and counts.

const SIDE = 160;
const SCENES = { nuclei: "bright nuclei", crowd: "a crowd", stained: "stained nuclei" };
const LIMITS = { threshold: [5, 95], apart: [1, 20] };
const FIRST = { threshold: 50, apart: 5 };
const COLOURS = { found: [0, 116, 206], merged: [217, 38, 30], other: [240, 150, 30] };
const WHEEL = [[31, 119, 180], [255, 127, 14], [44, 160, 44], [214, 39, 40], [148, 103, 189], [140, 86, 75], [227, 119, 194], [188, 189, 34], [23, 190, 207]];

/** Everything that the figure counts at a threshold in percent and a distance of seeds: { pieces, watershed, seeds }. */
export function separate(probability, truth, threshold, apart) {
  const inside = probability.map((value) => (value >= 2.55 * threshold ? 1 : 0));
  const told = ({ numbers, count }) => ({ numbers, count, area: numbers.reduce((sum, one) => sum + (one > 0), 0) / (count || 1), ...judge(truth, numbers) });
  const flooded = byDistance(inside, SIDE, SIDE, apart);
  return { pieces: told(components(inside, SIDE, SIDE)), watershed: told(flooded), seeds: flooded.seeds };
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  let maps = null, gone = false;

  const scenes = choice(model, "scene", "image", Object.entries(SCENES));
  const shows = choice(model, "show", "colour", [["verdict", "right or wrong"], ["numbers", "one for each"]]);
  const ends = ([min, max]) => ({ min, max });
  const thresholds = slider(model, "threshold", "inside from, %", ends(LIMITS.threshold));
  const aparts = slider(model, "apart", "seeds apart, px", ends(LIMITS.apart));
  const again = element("button", { type: "button", onclick: () => change(model, { ...FIRST }) }, "first values");
  const panel = (title) => {
    const canvas = element("canvas", { role: "img" });
    const marks = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" });
    const head = element("p", { class: "lf-in-title" }, title);
    const words = element("p", { class: "lf-in-words" });
    return { canvas, marks, words, node: element("div", { class: "lf-in-panel" }, head, element("div", { class: "lf-in-map" }, canvas, marks), words) };
  };
  const panels = { pieces: panel("threshold alone"), watershed: panel("and a seeded watershed") };
  const legend = element("p", { class: "lf-in-legend lf-muted" });
  const result = element("p", { class: "lf-in-result" });
  const table = foldedTable("The counts as a table");
  root.append(
    element("div", { class: "lf-controls" }, scenes.node, shows.node),
    element("div", { class: "lf-controls lf-in-tools" }, thresholds.node, aparts.node, again),
    element("div", { class: "lf-in-body" }, panels.pieces.node, panels.watershed.node), legend, result, table.node);

  const plane = (at) => maps.subarray(at * SIDE ** 2, (at + 1) * SIDE ** 2);
  const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

  /** The lines between pixels of different numbers, as a path. */
  function outline(numbers) {
    let path = "";
    for (let y = 0; y < SIDE; y += 1) {
      for (let x = 0; x < SIDE; x += 1) {
        const here = numbers[y * SIDE + x];
        if (x + 1 < SIDE && numbers[y * SIDE + x + 1] !== here) path += `M${x + 1} ${y}v1`;
        if (y + 1 < SIDE && numbers[(y + 1) * SIDE + x] !== here) path += `M${x} ${y + 1}h1`;
      }
    }
    return path;
  }

  function paintPanel({ canvas, marks }, grey, segments, truth, seeds) {
    const image = new ImageData(SIDE, SIDE);
    for (let at = 0; at < SIDE ** 2; at += 1) {
      const number = segments.numbers[at];
      const colour = get("show") === "numbers" ? WHEEL[number % WHEEL.length] : COLOURS[segments.verdicts[number]];
      const value = (channel) => (number ? 0.45 * grey[at] + 0.55 * colour[channel] : grey[at]);
      image.data.set([value(0), value(1), value(2), 255], 4 * at);
    }
    Object.assign(canvas, { width: SIDE, height: SIDE });
    canvas.getContext("2d").putImageData(image, 0, 0);
    marks.replaceChildren(
      svg("path", { d: outline(segments.numbers), class: "lf-in-cut" }),
      svg("path", { d: outline(truth), class: "lf-in-truth" }),
      ...seeds.map((at) => svg("circle", { cx: (at % SIDE) + 0.5, cy: Math.floor(at / SIDE) + 0.5, r: 1.6, class: "lf-in-seed" })));
  }

  function draw() {
    if (!maps || gone) return;
    [scenes, shows, thresholds, aparts].forEach(({ update }) => update());
    const first = 3 * Object.keys(SCENES).indexOf(get("scene"));
    const [grey, probability, truth] = [plane(first), plane(first + 1), plane(first + 2)];
    const { seeds, ...both } = separate(probability, truth, get("threshold"), get("apart"));
    const nuclei = both.pieces.found + both.pieces.missed;
    for (const [name, one] of Object.entries(both)) {
      paintPanel(panels[name], grey, one, truth, name === "watershed" ? seeds : []);
      const words = `${plural(one.count, "segment")}; ${one.merged} merged, ${one.split} split; F1 ${one.f1.toFixed(2)}`;
      panels[name].words.textContent = words;
      panels[name].canvas.setAttribute("aria-label", `${SCENES[get("scene")]}, ${name}: ${words}.`);
    }
    legend.textContent = get("show") === "numbers"
      ? "Each segment has a colour; white lines: the nuclei as a person drew them."
      : "Blue: found. Red: holds several nuclei. Orange: a part of one, or none.";
    const gained = both.pieces.merged - both.watershed.merged, lost = both.watershed.split - both.pieces.split;
    const verb = gained < 0 ? `joins ${plural(-gained, "nucleus", "nuclei")}` : `parts ${gained} of ${both.pieces.merged} merged`;
    result.replaceChildren(
      element("strong", {}, `${plural(nuclei, "nucleus", "nuclei")}.`),
      ` The watershed ${verb} and cuts ${lost < 0 ? "fewer" : lost} ${lost < 0 ? "" : "more "}where there is no border.`);
    say(`${panels.pieces.words.textContent}. With the watershed: ${panels.watershed.words.textContent}.`);
    table.update(["count", "threshold", "watershed"], [
      ["nuclei", nuclei, nuclei],
      ...[["segments", "count"], ["found", "found"], ["missed", "missed"], ["invented", "invented"], ["merged", "merged"], ["split", "split"]].map(([title, key]) => [title, both.pieces[key], both.watershed[key]]),
      ["F1 at an IoU of one half", both.pieces.f1.toFixed(3), both.watershed.f1.toFixed(3)],
      ["mean area, px", both.pieces.area.toFixed(0), both.watershed.area.toFixed(0)],
    ]);
  }

  const end = drawOnChange(model, ["scene", "threshold", "apart", "show"], draw);
  loadBytes(model, { maps: Uint8Array }).then((loaded) => {
    ({ maps } = loaded);
    draw();
  });
  return () => {
    gone = true;
    end();
  };
}

export default liveFigure("Instances", build);
