// FeatureMaps: running the network on the window, in the page or on the kernel, and what an intervention costs: cells first.

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

const lastOf = (map) => map.data.subarray((map.channels - 1) * map.size ** 2);
const binary = (values) => Uint8Array.from(values, (value) => (value >= 0.5 ? 1 : 0));
const counted = (count, what) => `${count} ${what}`;

/**
 * What became of cells and of pixels: { cells, changed, before: { merged, split, score, wrong }, now: the same }. Without a
 * truth the prediction with everything on stands for it; then `wrong` is null.
 */
export function costs(whole, now, truth, width, height) {
  const share = compare(whole, now, truth);
  const reference = truth ?? binary(whole);
  const [before, after] = [whole, now].map((one) => scoreCells(reference, binary(one), width, height));
  return { cells: after.cells, changed: share.changed, before: { ...before, wrong: share.whole }, now: { ...after, wrong: share.now } };
}

/** The same in sentences, a list of strings and of elements with the numbers that matter. */
function inWords({ cells, changed, before, now }, where) {
  const strong = (words) => element("strong", {}, words);
  const known = now.wrong !== null;
  const worse = now.merged + now.split - before.merged - before.split;
  const cellsLine = [strong(counted(now.merged, "merged")), ", ", strong(counted(now.split, "split")),
    ` of ${cells} cells ${where}`, known ? `; before ${before.merged} and ${before.split}. V_Rand ${now.score.toFixed(2)}, before ${before.score.toFixed(2)}.` : ", against the prediction with everything on."];
  if (worse <= 0) cellsLine.push(" Not one cell is lost by it here.");
  const pixelsLine = [strong(percent(changed)), " of the labels changed.",
    ...(known ? [" Wrong: ", strong(percent(before.wrong)), " before, ", strong(percent(now.wrong)), " now."] : [])];
  if (known && now.wrong < before.wrong) pixelsLine.push(" Fewer are wrong: counted in pixels, cutting it would be no loss.");
  return { cellsLine, pixelsLine, worse };
}

/**
 * Compute when the window, the cover or what is off changes, and tell what it costs; then call drawn().
 * { verdict, where, bar, table, start, compute, trial, other, forget, layers }: start() fetches the weights, once; forget() makes the next compute()
 * run anew; trial(off) resolves to the costs of an intervention at this place, or to null where something else came in between.
 */
function networkRun(shared, drawn) {
  const { model, get, say, alarm } = shared;
  let ran = ""; // the window, the cover and what was off in the last run
  let wholeOf = { key: "", output: null }; // the prediction with everything on, nothing covered
  let asked = null; // the promise of the network, once it was fetched
  let layers = null; // of the window: before and after

  const cellsLine = element("p", { class: "lf-fm-cells" });
  const pixelsLine = element("p", { class: "lf-fm-pixels" });
  const verdict = element("div", { class: "lf-fm-verdict" }, cellsLine, pixelsLine);
  const where = element("p", { class: "lf-fm-where lf-muted" });
  const bar = element("progress", { max: 1, value: 0, "aria-label": "the network computes" });
  const table = foldedTable("The values as a table");
  bar.hidden = true;
  where.textContent = get("network");

  const elsewhere = element("button", { type: "button", onclick: lookElsewhere }, "where does it hurt?");

  /** Move the window to where what is off costs most cells, or say that there is no such place. */
  async function lookElsewhere() {
    elsewhere.disabled = true;
    try {
      const found = await shared.find();
      if (found) change(model, { x: found.x, y: found.y });
      else if (found === null) cellsLine.append(" Nowhere in this picture, with these weights.");
    } catch (error) {
      alarm.textContent = error.message;
    }
    elsewhere.disabled = false;
  }

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

  /** Other weights were chosen: forget the network and what it computed. */
  function other() {
    if (!shared.kernel) {
      shared.source?.dispose();
      [shared.source, asked] = [null, null];
    }
    [ran, wholeOf] = ["", { key: "", output: null }];
    if (shared.kernel) compute();
  }

  async function run(image, off, outline = null) {
    const result = await shared.source.run({ image, size: get("size"), off, outline }, (sign) => {
      if (sign.outline) showOutline(sign.outline);
      else bar.value = sign.share;
    });
    for (const name of result?.changed ?? result?.stages.map((stage) => stage.name) ?? []) shared.stale.add(name);
    return result;
  }

  const place = () => {
    const [x, y] = cornerOf(model);
    return { x, y, here: [shared.picture, get("weights"), x, y, get("size")].join() };
  };
  const cut = ({ x, y }, cover = []) => windowOf(shared.greys, get("width"), x, y, get("size"), cover);

  async function compute() {
    if (!shared.source || !shared.greys) return;
    const at = place();
    const [off, cover] = [get("off"), get("cover")];
    const wanted = [at.here, off, cover].join("|");
    if (wanted === ran) return;
    ran = wanted;
    bar.hidden = false;
    const image = cut(at, cover);
    const moved = at.here !== wholeOf.key;
    let outline = shared.now && (moved || cover.join() !== shared.now.cover) ? { image, off } : null; // comes before all else
    try {
      const plain = off.length === 0 && cover.length === 0;
      if (!plain && moved) {
        const whole = await run(cut(at), [], outline);
        if (!whole || shared.gone) return;
        wholeOf = { key: at.here, output: whole.output };
        outline = null;
      }
      const result = await run(image, off, outline);
      if (!result || shared.gone) return; // a later one is under way
      if (plain) wholeOf = { key: at.here, output: result.output };
      shared.now = { ...result, whole: wholeOf.output, ...at, cover: cover.join() };
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

  /** The costs of an intervention where the window stands, nothing covered. */
  async function trial(off) {
    const at = place();
    ran = ""; // the maps will be those of the trial
    const result = await run(cut(at), off);
    if (!result || shared.gone || at.here !== wholeOf.key) return null;
    const side = result.output.size;
    return costs(lastOf(wholeOf.output), lastOf(result.output), truthAt(at, side), side, side);
  }

  function layerOf(output, { x, y }) {
    const edge = (get("size") - output.size) / 2;
    return { left: x + edge, top: y + edge, width: output.size, height: output.size, bytes: layerBytes(lastOf(output)) };
  }

  /** While the whole answer is computed: what the network makes of the middle of the window alone. */
  function showOutline(output) {
    if (shared.gone) return;
    const after = layerOf(output, place());
    layers = { rectangle: after, before: after, after, altered: false };
    shared.drawAnswer();
    shared.root.dataset.answer = "outline";
    where.textContent = `${get("network")} · an outline, computed from the middle of the window`;
  }

  /** The labels of the pixels that the network predicts; null where they are not known. */
  function truthAt({ x, y }, side) {
    const { truth } = shared;
    if (!truth) return null;
    const edge = (get("size") - side) / 2;
    const out = new Uint8Array(side * side);
    for (let row = 0; row < side; row += 1) {
      const from = (y + edge + row) * get("width") + x + edge;
      out.set(truth.subarray(from, from + side), row * side);
    }
    return out;
  }

  /** The prediction before and after, and in words what they differ in. */
  function show() {
    const { now } = shared;
    const side = now.output.size;
    const altered = get("off").length > 0 || get("cover").length > 0;
    const [before, after] = [layerOf(now.whole, now), layerOf(now.output, now)];
    layers = { rectangle: after, before, after, altered };
    shared.drawAnswer();
    const found = costs(lastOf(now.whole), lastOf(now.output), truthAt(now, side), side, side);
    const words = inWords(found, "in the window");
    shared.worse = altered ? words.worse : null;
    const first = found.now.wrong === null ? [] : [`${found.cells} cells: `, element("strong", {}, counted(found.now.merged, "merged")), ", ", element("strong", {}, counted(found.now.split, "split")), `. V_Rand ${found.now.score.toFixed(2)}.`];
    cellsLine.replaceChildren(...(altered ? [...words.cellsLine, ...(words.worse <= 0 && get("cover").length === 0 ? [" ", elsewhere] : [])] : first));
    pixelsLine.replaceChildren(...(altered ? words.pixelsLine
      : [...(found.now.wrong === null ? [] : [element("strong", {}, percent(found.now.wrong)), " of the labels are wrong, cut at ½. "]), "Switch a part off, or cover a part of the image, and see what is lost."]));
    where.textContent = `${get("network")} · ${get("size")} px in, ${side} px out · computed in ${now.where === "this page" ? "this page" : `the kernel, ${now.where}`}, ${Math.round(now.ms)} ms`;
    say(altered ? `${found.now.merged} cells merged, ${found.now.split} split; ${percent(found.changed)} of the labels changed.` : `Computed: ${side} pixels out.`);
    table.update(["stage", "channels", "pixels", "state"], now.stages.map(({ name, channels, size }) => {
      const parts = get("off").filter((one) => one.split(":")[0] === partOf(name));
      return [name, channels, `${size} × ${size}`, parts.length === 0 ? "on" : parts.includes(partOf(name)) ? "off" : `channels ${parts.map((one) => one.split(":")[1]).join(", ")} off`];
    }));
  }

  return { verdict, where, bar, table, start, compute, trial, other, forget: () => (ran = ""), layers: () => layers };
}
