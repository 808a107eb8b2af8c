// FeatureMaps: running the network on the window, in the page or on the kernel, and how its prediction changes.

/** How two predictions differ, and how many labels of each are wrong, where the truth is known: shares of all pixels. */
export function compare(whole, now, truth = null) {
  let changed = 0, wrongWhole = 0, wrongNow = 0;
  for (let at = 0; at < whole.length; at += 1) {
    const [before, after] = [whole[at] >= 0.5 ? 1 : 0, now[at] >= 0.5 ? 1 : 0];
    changed += before !== after;
    if (truth) {
      wrongWhole += before !== truth[at];
      wrongNow += after !== truth[at];
    }
  }
  const share = (count) => count / whole.length;
  return { changed: share(changed), whole: truth && share(wrongWhole), now: truth && share(wrongNow) };
}

/** The window of an image as grey values 0 … 1, its covered square at the window's mean. */
export function windowOf(greys, width, x, y, size, cover = []) {
  const out = new Float32Array(size * size);
  let sum = 0;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      sum += out[row * size + column] = greys[(y + row) * width + x + column] / 255;
    }
  }
  if (cover.length) {
    const [left, top, side] = cover;
    for (let row = top; row < Math.min(top + side, size); row += 1) {
      out.fill(sum / size ** 2, row * size + left, row * size + Math.min(left + side, size));
    }
  }
  return out;
}

const lastOf = (map) => map.data.subarray((map.channels - 1) * map.size ** 2);

/**
 * Compute when the window, the cover or what is off changes, and show the predictions; then call drawn().
 * { node, table, start, compute, forget }: start() fetches the weights, once; forget() makes the next compute() run anew.
 */
function networkRun(shared, drawn) {
  const { model, get, say, alarm } = shared;
  let ran = ""; // the window, the cover and what was off in the last run
  let wholeOf = { key: "", output: null }; // the prediction with everything on, nothing covered
  let asked = null; // the promise of the network, once it was fetched

  const pictures = ["everything on", "as it is now", "what changed"].map((title) => {
    const canvas = element("canvas", { role: "img", "aria-label": title });
    return { canvas, node: element("figure", { class: "lf-fm-answer" }, canvas, element("figcaption", {}, title)) };
  });
  const scale = colourScale("change");
  scale.update(RDBU_R, ["−1, cell lost", "0", "1, cell more"]);
  const verdict = element("p", { class: "lf-fm-verdict" });
  const where = element("p", { class: "lf-fm-where lf-muted" });
  const bar = element("progress", { max: 1, value: 0, "aria-label": "the network computes" });
  const table = foldedTable("The values as a table");
  const node = element("div", { class: "lf-fm-right" },
    element("div", { class: "lf-fm-answers" }, ...pictures.map((picture) => picture.node)), scale.node, verdict, where, bar);
  bar.hidden = true;
  where.textContent = get("network");

  async function start() {
    if (shared.source || shared.gone) return;
    asked ??= shared.kernel
      ? Promise.resolve(kernelSource(model))
      : pageSource(() => globalThis.unetEduWeights.load(get("weights")));
    try {
      shared.source = await asked;
    } catch (error) {
      asked = null;
      alarm.textContent = `${error.message}. The still picture of this figure shows some of its maps.`;
      return;
    }
    if (shared.gone) shared.source.dispose();
    else compute();
  }

  async function compute() {
    if (!shared.source || !shared.greys) return;
    const [x, y] = cornerOf(model);
    const [size, off, cover] = [get("size"), get("off"), get("cover")];
    const here = [get("image").byteLength, shared.greys[0], shared.greys.length, x, y, size].join();
    const wanted = [here, off, cover].join("|");
    if (wanted === ran) return;
    ran = wanted;
    bar.hidden = false;
    const moved = shared.now && here !== wholeOf.key; // or covered: then an outline comes first
    const run = async (image, parts, last) => {
      const outline = last && Boolean(moved || (shared.now && cover.join() !== shared.now.cover));
      const result = await shared.source.run({ image, size, off: parts, outline }, (sign) => {
        if (sign.outline) showOutline(sign.outline);
        else bar.value = sign.share;
      });
      for (const name of result?.changed ?? result?.stages.map((stage) => stage.name) ?? []) shared.stale.add(name);
      return result;
    };
    try {
      const plain = off.length === 0 && cover.length === 0;
      if (!plain && wholeOf.key !== here) {
        const whole = await run(windowOf(shared.greys, get("width"), x, y, size), [], false);
        if (!whole || shared.gone) return;
        wholeOf = { key: here, output: whole.output };
      }
      const result = await run(windowOf(shared.greys, get("width"), x, y, size, cover), off, true);
      if (!result || shared.gone) return; // a later one is under way
      if (plain) wholeOf = { key: here, output: result.output };
      shared.now = { ...result, whole: wholeOf.output, x, y, cover: cover.join() };
      if (ran === wanted) bar.hidden = true;
      bar.value = 0;
      alarm.textContent = "";
      show();
      shared.root.dataset.answer = "whole";
      await drawn();
      if (ran === wanted) shared.root.dataset.answer = "drawn"; // every map, too
    } catch (error) {
      bar.hidden = true;
      alarm.textContent = error.message;
    }
  }

  /** While the whole answer is computed: what the network makes of the middle of the window alone. */
  function showOutline(output) {
    if (shared.gone) return;
    paint(pictures[1].canvas, lastOf(output), output.size, output.size, [0, 1]);
    shared.root.dataset.answer = "outline";
    where.textContent = `${get("network")} · an outline, computed from the middle of the window`;
  }

  /** The labels of the pixels that the network predicts; null where they are not known. */
  function truthHere() {
    const { truth, now } = shared;
    if (!truth) return null;
    const side = now.output.size;
    const edge = (get("size") - side) / 2;
    const out = new Uint8Array(side * side);
    for (let row = 0; row < side; row += 1) {
      const from = (now.y + edge + row) * get("width") + now.x + edge;
      out.set(truth.subarray(from, from + side), row * side);
    }
    return out;
  }

  /** The three predictions, and in words what they differ in. */
  function show() {
    const { now, truth } = shared;
    const [whole, output] = [lastOf(now.whole), lastOf(now.output)];
    const side = now.output.size;
    paint(pictures[0].canvas, whole, side, side, [0, 1]);
    paint(pictures[1].canvas, output, side, side, [0, 1]);
    paint(pictures[2].canvas, output.map((value, at) => value - whole[at]), side, side, [-1, 1], RDBU_R);
    const share = compare(whole, output, truthHere());
    const altered = get("off").length > 0 || get("cover").length > 0;
    const strong = (words) => element("strong", {}, words);
    verdict.replaceChildren(...(altered
      ? [strong(percent(share.changed)), " of the labels changed.", ...(truth ? [" Wrong: ", strong(percent(share.whole)), " before, ", strong(percent(share.now)), " now."] : [])]
      : [...(truth ? [strong(percent(share.whole)), " of the labels are wrong, cut at ½. "] : []), "Switch a part off, or cover a part of the image, and see what is lost."]));
    where.textContent = `${get("network")} · ${get("size")} px in, ${side} px out · computed in ${now.where === "this page" ? "this page" : `the kernel, ${now.where}`}, ${Math.round(now.ms)} ms`;
    say(altered ? `${percent(share.changed)} of the labels changed.` : `Computed: ${side} pixels out.`);
    table.update(["stage", "channels", "pixels", "state"], now.stages.map(({ name, channels, size }) => {
      const parts = get("off").filter((one) => one.split(":")[0] === partOf(name));
      return [name, channels, `${size} × ${size}`, parts.length === 0 ? "on" : parts.includes(partOf(name)) ? "off" : `channels ${parts.map((one) => one.split(":")[1]).join(", ")} off`];
    }));
  }

  return { node, table, start, compute, forget: () => (ran = "") };
}
