// The window of Cireşan's network N4 slides over an image, and every value that it computes is counted: by how many
// windows, and how many multiply-adds that is, against computing each value once.

const WINDOW = 95;
const MOST = 128; // pixels of the image, at most; with the margin it is drawn from
const MAPS = 48, HIDDEN = 200;
const LAST = MAPS * 9 * HIDDEN + HIDDEN * 2;

/** [{ name, size, step, macs }]: values along one axis of a window, pixels between them, multiply-adds of one. */
export function layers() {
  const found = [];
  let size = WINDOW, channels = 1;
  [4, 5, 4, 4].forEach((kernel, level) => {
    size = size - kernel + 1;
    found.push({ name: `conv${level + 1}`, size, step: 2 ** level, macs: MAPS * channels * kernel ** 2 });
    [size, channels] = [size / 2, MAPS];
  });
  return found;
}

/** How many of the windows first … last - 1 of a row compute each place of a layer. */
function along(side, { size, step }, first, last) {
  const found = new Int32Array(side + step * (size - 1));
  for (let start = first; start < last; start += 1) {
    for (let value = 0; value < size; value += 1) found[start + value * step] += 1;
  }
  return found;
}

const split = (side, windows) => [Math.floor(windows / side), windows % side];

/** How many of the first `windows` windows computed each value of a layer, row after row. */
export function visits(side, windows, layer) {
  const [full, part] = split(side, windows);
  const [down, across] = [along(side, layer, 0, full), along(side, layer, 0, side)];
  const [here, partly] = [along(side, layer, full, Math.min(full + 1, side)), along(side, layer, 0, part)];
  const places = down.length;
  const found = new Int32Array(places * places);
  for (let y = 0; y < places; y += 1) {
    for (let x = 0; x < places; x += 1) found[y * places + x] = down[y] * across[x] + here[y] * partly[x];
  }
  return found;
}

/** How many different values of a layer that is. */
export function different(side, windows, layer) {
  const [full, part] = split(side, windows);
  const hit = (counts) => counts.reduce((sum, count) => sum + (count > 0), 0);
  const [down, here] = [along(side, layer, 0, full), along(side, layer, full, Math.min(full + 1, side))];
  const [across, partly] = [hit(along(side, layer, 0, side)), hit(along(side, layer, 0, part))];
  let sum = 0;
  for (let y = 0; y < down.length; y += 1) sum += down[y] ? across : here[y] ? partly : 0;
  return sum;
}

/** Multiply-adds of that many windows: { patchwise: one by one, dense: every value once }. */
export function work(side, windows) {
  const one = layers().reduce((sum, { size, macs }) => sum + size ** 2 * macs, 0) + LAST;
  const once = layers().reduce((sum, layer) => sum + different(side, windows, layer) * layer.macs, 0) + windows * LAST;
  return { patchwise: windows * one, dense: once };
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  let image = null, gone = false, stop = () => {};

  const sides = slider(model, "side", "image, px a side", { min: 8, max: MOST });
  const scrub = element("input", { type: "range", min: 0, step: 1, "aria-label": "windows computed", oninput: () => change(model, { done: Number(scrub.value) }) });
  const play = element("button", { type: "button", onclick: toggle }, "▶ slide");
  const step = element("button", { type: "button", onclick: () => change(model, { done: Math.min(done() + 1, get("side") ** 2) }) }, "one window more");
  const names = choice(model, "layer", "values of", layers().map(({ name }) => [name, name]));
  const canvas = element("canvas", { role: "img" });
  const marks = svg("svg", { "aria-hidden": "true" });
  const scene = element("div", { class: "lf-sw-scene" }, canvas, marks);
  const legend = element("p", { class: "lf-muted lf-sw-legend" });
  const result = element("p", { class: "lf-result", style: "display: block" });
  const bars = svg("svg", { role: "img" });
  const whole = element("p", { class: "lf-sw-whole lf-muted" });
  const table = foldedTable("The values as a table");
  root.append(
    element("div", { class: "lf-controls" }, sides.node, element("div", { class: "lf-control lf-wide" }, element("span", { class: "lf-muted" }, "windows computed"), element("div", {}, scrub))),
    element("div", { class: "lf-buttons lf-sw-tools" }, play, step),
    names.node,
    element("div", { class: "lf-sw-body" }, element("div", { class: "lf-sw-left" }, scene, legend), element("div", { class: "lf-sw-right" }, result, bars, whole)),
    table.node);

  const done = () => Math.min(get("done"), get("side") ** 2);
  const gmac = (macs) => (macs < 1e9 ? `${(macs / 1e6).toFixed(1)} MMAC` : `${(macs / 1e9).toLocaleString("en-GB", { maximumFractionDigits: 1 })} GMAC`);
  let playing = false;
  function pause() {
    playing = false;
    stop();
    play.textContent = "▶ slide";
  }
  function toggle() {
    if (playing) return pause();
    const end = get("side") ** 2;
    if (stillness()) return change(model, { done: end });
    if (done() === end) change(model, { done: 0 });
    playing = true;
    play.textContent = "❚❚ pause";
    stop = frames(() => {
      const next = Math.min(done() + Math.max(1, Math.round(end / 500)), get("side") ** 2);
      change(model, { done: next });
      if (next === get("side") ** 2) pause();
      return playing;
    });
  }

  function draw() {
    if (!image || gone) return;
    [sides, names].forEach(({ update }) => update());
    const side = get("side");
    const windows = done();
    scrub.max = side ** 2;
    scrub.value = windows;
    const layer = layers().find(({ name }) => name === get("layer"));
    const counts = visits(side, windows, layer);
    const places = side + layer.step * (layer.size - 1);
    const extent = side + WINDOW - 1;
    const margin = Math.floor((extent - places) / 2); // a value stands in the middle of the pixels that it is made of
    const most = counts.reduce((one, other) => Math.max(one, other), 0);
    const picture = new ImageData(extent, extent);
    for (let y = 0; y < extent; y += 1) {
      for (let x = 0; x < extent; x += 1) {
        picture.data.fill(0.6 * image[y * (MOST + WINDOW - 1) + x], 4 * (y * extent + x), 4 * (y * extent + x) + 3);
        picture.data[4 * (y * extent + x) + 3] = 255;
      }
    }
    const top = Math.log(Math.max(most, 2) + 1);
    for (let y = 0; y < places; y += 1) {
      for (let x = 0; x < places; x += 1) {
        const count = counts[y * places + x];
        if (!count) continue;
        const colour = 3 * Math.min(40 + Math.round((Math.log(count + 1) / top) * 215), 255);
        const at = 4 * ((y + margin) * extent + x + margin);
        for (let part = 0; part < 3; part += 1) picture.data[at + part] = MAGMA[colour + part];
      }
    }
    if (canvas.width !== extent) Object.assign(canvas, { width: extent, height: extent });
    canvas.getContext("2d").putImageData(picture, 0, 0);
    const last = Math.max(windows - 1, 0);
    const [row, column] = [Math.floor(last / side), last % side];
    marks.setAttribute("viewBox", `0 0 ${extent} ${extent}`);
    const half = (WINDOW - 1) / 2;
    marks.replaceChildren(
      svg("rect", { x: half, y: half, width: side, height: side, class: "lf-sw-image" }),
      svg("rect", { x: column, y: row, width: WINDOW, height: WINDOW, class: "lf-sw-window" }),
      svg("rect", { x: column + half - 1, y: row + half - 1, width: 3, height: 3, class: "lf-sw-pixel" }));
    const values = different(side, windows, layer);
    legend.textContent = `${get("layer")}: ${values.toLocaleString("en-GB")} different values, computed ${(windows * layer.size ** 2).toLocaleString("en-GB")} times; the brightest ${most.toLocaleString("en-GB")} times.`;
    canvas.setAttribute("aria-label", legend.textContent);
    const { patchwise, dense } = work(side, windows);
    result.replaceChildren(element("strong", {}, `${windows.toLocaleString("en-GB")} of ${(side ** 2).toLocaleString("en-GB")}`), " windows. ",
      windows ? `Window by window ${gmac(patchwise)}; each value once, ${gmac(dense)}: ` : "Nothing is computed yet.",
      windows ? element("b", { class: "lf-sw-ratio" }, `${(patchwise / dense).toFixed(1)} times`) : "", windows ? " the work." : "");
    const all = work(side, side ** 2);
    const rows = [["window by window", patchwise, "lf-sw-bar-patch"], ["each value once", dense, "lf-sw-bar-dense"]];
    bars.setAttribute("viewBox", "0 0 300 62");
    bars.setAttribute("aria-label", rows.map(([words, macs]) => `${words}: ${gmac(macs)}`).join("; "));
    bars.replaceChildren(...rows.flatMap(([words, macs, name], at) => [
      svg("text", { x: 0, y: at * 31 + 11, class: "lf-muted" }, `${words}: ${gmac(macs)}`),
      svg("rect", { x: 0, y: at * 31 + 16, width: Math.max((300 * macs) / all.patchwise, macs ? 1 : 0), height: 10, class: name }),
      svg("rect", { x: 0, y: at * 31 + 16, width: 300, height: 10, class: "lf-sw-frame" })]));
    const big = work(512, 512 ** 2);
    whole.textContent = `In the end, for this image: ${(all.patchwise / all.dense).toFixed(0)} times. For the 512 × 512 pixels of a slice: ${gmac(big.patchwise)} against ${gmac(big.dense)}, ${(big.patchwise / big.dense).toFixed(0)} times. The answers are the same.`;
    table.update(["layer", "values a window", "computed", "different", "times each, on average"], layers().map((one) => {
      const [total, once] = [windows * one.size ** 2, different(side, windows, one)];
      return [one.name, one.size ** 2, total, once, once ? (total / once).toFixed(1) : "–"];
    }));
    if (!playing) say(result.textContent);
  }

  const end = drawOnChange(model, ["side", "done", "layer"], draw);
  loadBytes(model, { image: Uint8Array }).then((loaded) => {
    ({ image } = loaded);
    draw();
  });
  return () => {
    gone = true;
    pause();
    end();
  };
}

export default liveFigure("SlidingWindow", build);
