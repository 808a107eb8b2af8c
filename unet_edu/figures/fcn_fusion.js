// FCN-32s, 16s, 8s and U-Net on one image: a curtain between each and the step before, the scores that are added, and how
// many of the changed pixels became right. The predictions come with the figure; labels and counts are made here.

const SIDE = 192;
const STEPS = ["32s", "16s", "8s", "unet"];
const TITLES = { "32s": "FCN-32s", "16s": "FCN-16s", "8s": "FCN-8s", unet: "U-Net" };
const PLAIN = { upscore2: "fc7's scores, doubled", score_pool4c: "pool4's scores", fuse_pool4: "their sum", upscore_pool4: "that sum, doubled", score_pool3c: "pool3's scores", fuse_pool3: "their sum" };
const ADDS = {
  "32s": "One score for each 32 × 32 pixels, enlarged. It shows that there are membranes here, hardly where.",
  "16s": "To the coarse scores, doubled, those of pool4 are added. Each of them stands for 16 × 16 pixels.",
  "8s": "The sum is doubled again, and the scores of pool3 are added: 8 × 8 pixels each. Thinner than that no FCN of the three can draw.",
  unet: "No sums of scores. The maps themselves are laid side by side, at every level up to the full resolution, and convolutions decide what to make of them.",
};

/**
 * Which labels a step changed: { changed, right, wrong, wrongNow, codes }, shares of all pixels; codes per pixel.
 * cut, cutBefore: percentages from which a pixel is called cell, now and in the step before.
 */
export function changes(before, now, truth, cut, cutBefore = cut) {
  const [from, fromBefore] = [2.55 * cut, 2.55 * cutBefore];
  const codes = new Uint8Array(now.length); // 0 the same and right, 1 the same and wrong, 2 became right, 3 became wrong
  const count = [0, 0, 0, 0];
  for (let at = 0; at < now.length; at += 1) {
    const after = now[at] >= from ? 1 : 0;
    const same = !before || (before[at] >= fromBefore ? 1 : 0) === after;
    codes[at] = (same ? 0 : 2) + (after === truth[at] ? 0 : 1);
    count[codes[at]] += 1;
  }
  const share = (number) => number / now.length;
  return { changed: share(count[2] + count[3]), right: share(count[2]), wrong: share(count[3]), wrongNow: share(count[1] + count[3]), codes };
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  let maps = null, sums = null, gone = false;

  const steps = element("div", { class: "lf-ff-steps", role: "group", "aria-label": "network" });
  const buttons = STEPS.map((name) => {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const button = element("button", { type: "button", onclick: () => change(model, { step: name }) }, canvas, element("span", {}, TITLES[name]));
    steps.append(button);
    return { name, canvas, button };
  });
  const own = toggle(model, "own", "each network at its own best cut");
  const cuts = slider(model, "cut", "called cell from, %", { min: 5, max: 95, besides: { own: false } });
  const shows = choice(model, "show", "show", [["probability", "probability"], ["labels", "labels on the image"], ["changes", "what changed"]]);
  const canvas = element("canvas");
  const line = element("span", { class: "lf-ff-line", "aria-hidden": "true" });
  const names = [element("span", { class: "lf-ff-name lf-ff-before" }), element("span", { class: "lf-ff-name lf-ff-now" })];
  const scene = element("div", { class: "lf-ff-scene lf-along" }, canvas, line, ...names);
  const legend = element("p", { class: "lf-ff-legend lf-muted" });
  const result = element("p", { class: "lf-result", style: "display: block" });
  const adds = element("p", { class: "lf-ff-adds" });
  const parts = element("div", { class: "lf-ff-parts" });
  const table = foldedTable("The values as a table");
  root.append(steps, element("div", { class: "lf-controls lf-ff-tools" }, shows.node, own.node, cuts.node),
    element("div", { class: "lf-ff-body" }, element("div", { class: "lf-ff-left" }, scene, legend), element("div", { class: "lf-ff-right" }, result, adds, parts)),
    table.node);

  const plane = (at) => maps.subarray(at * SIDE ** 2, (at + 1) * SIDE ** 2);
  const of = (name) => plane(2 + STEPS.indexOf(name));
  const cutOf = (name) => (get("own") ? get("facts")[name].cut : get("cut"));
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const COLOURS = [[0, 0, 0], [96, 96, 110], [26, 225, 176], [255, 110, 90]]; // by the codes of changes()

  function paintScene(before, now, outcome) {
    const image = new ImageData(SIDE, SIDE);
    const [grey, truth] = [plane(0), plane(1)];
    const edge = (get("curtain") / 100) * SIDE;
    const step = get("step"), fromNow = 2.55 * cutOf(step);
    const fromBefore = before && 2.55 * cutOf(STEPS[STEPS.indexOf(step) - 1]);
    for (let at = 0; at < SIDE ** 2; at += 1) {
      const isBefore = before && at % SIDE < edge;
      const shown = isBefore ? before : now, from = isBefore ? fromBefore : fromNow;
      let colour;
      if (get("show") === "probability") colour = [shown[at], shown[at], shown[at]];
      else if (get("show") === "changes") colour = COLOURS[outcome.codes[at]];
      else {
        const cell = shown[at] >= from;
        colour = cell ? [grey[at], grey[at], grey[at]] : cell === (truth[at] === 1) ? [20, 160, 125] : [225, 120, 60];
      }
      image.data.set([...colour, 255], 4 * at);
    }
    Object.assign(canvas, { width: SIDE, height: SIDE });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function drawParts(step) {
    parts.replaceChildren();
    let at = 0;
    for (const name of STEPS) {
      for (const { names: stages, side, most } of get("facts")[name].sums) {
        const row = element("div", { class: "lf-ff-sum" });
        stages.forEach((stage, index) => {
          if (name === step) {
            const picture = element("canvas", { role: "img", "aria-label": `${PLAIN[stage.split(".")[0]]}, ${side} × ${side}` });
            paint(picture, sums.subarray(at, at + side ** 2), side, side, [-127, 127], RDBU_R);
            if (index) row.append(element("span", { class: "lf-ff-sign", "aria-hidden": "true" }, index === 1 ? "+" : "="));
            row.append(element("figure", {}, picture, element("figcaption", {}, `${PLAIN[stage.split(".")[0]]}`)));
          }
          at += side ** 2;
        });
        if (name === step) parts.append(row, scaled(side, most));
      }
    }
  }

  function scaled(side, most) {
    const scale = colourScale(`${side} × ${side} scores`);
    scale.update(RDBU_R, [`−${most.toFixed(1)}, membrane`, "0", `${most.toFixed(1)}, cell`]);
    return scale.node;
  }

  let drawn = "";
  function draw() {
    if (!maps || gone) return;
    [cuts, shows, own].forEach(({ update }) => update());
    const step = get("step");
    const previous = STEPS[STEPS.indexOf(step) - 1];
    const [before, now, truth] = [previous ? of(previous) : null, of(step), plane(1)];
    const outcome = changes(before, now, truth, cutOf(step), previous && cutOf(previous));
    for (const one of buttons) one.button.setAttribute("aria-pressed", one.name === step);
    paintScene(before, now, outcome);
    const curtained = Boolean(previous) && get("show") !== "changes";
    line.hidden = !curtained;
    line.style.left = `${get("curtain")}%`;
    names[0].textContent = curtained ? TITLES[previous] : "";
    names[1].textContent = TITLES[step];
    legend.textContent = { probability: "White is cell, black membrane. Drag the curtain.", labels: "Green: membrane, rightly. Orange: called membrane, but cell.", changes: "Green became right, red became wrong, grey was wrong and stayed so." }[get("show")];
    const facts = get("facts")[step];
    result.replaceChildren(element("strong", {}, percent(outcome.wrongNow)), ` of ${TITLES[step]}'s labels are wrong, cut at ${cutOf(step)} %; V_Rand ${facts.v_rand.toFixed(3)} at its best cut. `,
      ...(previous ? [`Against ${TITLES[previous]}, `, element("b", { class: "lf-ff-right-now" }, percent(outcome.right)), " became right, ", element("b", { class: "lf-ff-wrong-now" }, percent(outcome.wrong)), " wrong."] : []));
    adds.textContent = ADDS[step];
    if (drawn !== step) {
      drawn = step;
      drawParts(step);
    }
    scene.setAttribute("aria-label", `${previous ? `Curtain between ${TITLES[previous]} and ${TITLES[step]}, at ${get("curtain")} percent; left and right arrow keys move it.` : TITLES[step]}`);
    say(result.textContent);
    table.update(["network", "parameters", "cut at, %", "labels wrong", "V_Rand"], STEPS.map((name) =>
      [TITLES[name], get("facts")[name].parameters.toLocaleString("en-GB"), cutOf(name), percent(changes(null, of(name), truth, cutOf(name)).wrongNow), get("facts")[name].v_rand.toFixed(3)]));
  }

  pointing(scene, {
    label: "The curtain",
    sideways: true,
    at: () => [get("curtain"), 0],
    range: () => [100, 0],
    place: placeOn(scene, () => [100, 0]),
    go: ([x]) => change(model, { curtain: x }),
  });
  const end = drawOnChange(model, ["step", "cut", "own", "curtain", "show"], draw);
  loadBytes(model, { maps: Uint8Array, sums: Int8Array }).then((loaded) => {
    ({ maps, sums } = loaded);
    if (gone) return;
    for (const { name, canvas: small } of buttons) paint(small, of(name), SIDE, SIDE, [0, 255]);
    draw();
  });
  return () => {
    gone = true;
    end();
  };
}

export default liveFigure("FcnFusion", build);
