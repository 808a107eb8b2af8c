// FeatureMaps: one pixel of a map, written out: the kernel's window in the map before, its weights, their products and the sum;
// and its receptive field in the image. It is the pixel under the mouse, on a box of the U or on the large map; else the one
// that was chosen.

const SHOWN_INPUTS = 3; // whose sums are written one by one

/**
 * A convolution at one pixel: { sum, value, terms: [{ input, values, products, sum }] }, the largest |sum| first. patches: the
 * window of every input, area numbers each; filters: [{ input, weights }]; relu: whether what is below 0 becomes 0.
 */
export function writtenOut(patches, filters, bias, relu) {
  const terms = filters.map(({ input, weights }) => {
    const values = patches.subarray(input * weights.length, (input + 1) * weights.length);
    const products = Float64Array.from(weights, (weight, at) => weight * values[at]);
    return { input, values, weights, products, sum: products.reduce((sum, value) => sum + value, 0) };
  }).sort((one, other) => Math.abs(other.sum) - Math.abs(one.sum));
  const sum = terms.reduce((total, term) => total + term.sum, bias);
  return { sum, value: relu ? Math.max(sum, 0) : sum, terms };
}

/** Where the window of a pixel lies in the stages that feed its own: { side, x, y, corner }; corner: of an up-convolution. */
export function windowBefore(name, x, y, crop = 0) {
  if (name.startsWith("up")) return { side: 1, x: x >> 1, y: y >> 1, corner: 2 * (y & 1) + (x & 1) };
  if (name.startsWith("pool")) return { side: 2, x: 2 * x, y: 2 * y };
  if (name.startsWith("skip")) return { side: 1, x: x + crop, y: y + crop };
  return { side: /relu/.test(name) ? 3 : 1, x, y };
}

/** { node, draw, hover }: draw() when the chosen pixel may have changed; hover(null or { name, channel, x, y }). */
function pixelPanel(shared, marks) {
  const { model, get } = shared;
  const title = element("p", { class: "lf-fm-title" });
  const tables = element("div", { class: "lf-fm-products" });
  const words = element("p", { class: "lf-fm-sum" });
  const node = element("div", { class: "lf-fm-pixel" }, title, tables, words);
  let hovered = null, turn = 0;

  /** What is written out: { name, channel, x, y, stage }, or null where there is no run or no U. */
  function target() {
    const { now, skips } = shared;
    if (!now || !skips?.length) return null;
    const wanted = hovered ?? { name: get("stage"), channel: get("channel") };
    const stage = now.stages.find(({ name }) => name === wanted.name);
    if (!stage) return null;
    const middle = Math.floor(stage.size / 2);
    const [x, y] = (hovered ? [hovered.x, hovered.y] : get("pixel").length === 2 ? get("pixel") : [middle, middle]).map((at) => Math.min(at, stage.size - 1));
    return { ...wanted, channel: Math.min(wanted.channel, stage.channels - 1), x, y, stage };
  }

  let busy = false, again = false;
  /** Frame the pixel at once, and write it out; of many calls in between the last one counts. */
  async function draw() {
    const it = target();
    node.hidden = !it;
    if (!it) return;
    const { name, x, y, stage } = it;
    const before = feeds(name, shared.skips.length).map((one) => shared.now.stages.find((other) => other.name === one));
    marks({ it, before, where: windowBefore(name, x, y, name.startsWith("skip") ? (before[0].size - stage.size) / 2 : 0), field: fieldOf(name, x, y) });
    again = busy;
    if (busy) return;
    busy = true;
    await write();
    busy = false;
    if (again) await draw();
  }

  async function write() {
    const mine = (turn += 1);
    const it = target();
    const { name, channel, x, y, stage } = it;
    const { stages } = shared.now;
    const before = feeds(name, shared.skips.length).map((one) => stages.find((other) => other.name === one));
    const where = windowBefore(name, x, y, name.startsWith("skip") ? (before[0].size - stage.size) / 2 : 0);
    const field = fieldOf(name, x, y);
    const [patches, found, value] = await Promise.all([
      Promise.all(before.map((one) => shared.source.patch(one.name, where.x, where.y, where.side))),
      shared.source.filters(name, channel, Infinity),
      shared.source.patch(name, x, y, 1).then((all) => all[channel]),
    ]).catch(() => []); // a run came in between; it draws anew
    if (mine !== turn || shared.gone || !patches) return;
    title.textContent = `One pixel, written out: ${partOf(name)}, channel ${channel}, column ${x}, row ${y}`;
    node.dataset.value = value;
    tables.replaceChildren();
    words.textContent = `${sentence(it, before, where, patches, found, value)} It sees ${field[1] - field[0]} × ${field[3] - field[2]} pixels of the image: the dotted frame there.`;
  }

  /** The receptive field in the window: [left, right, top, bottom], right and bottom not part of it. */
  function fieldOf(name, x, y) {
    const [stage, size] = [partOf(name), get("size")];
    const [[left, right], [top, bottom]] = [x, y].map((at) => (stage === "input" ? [at, at + 1] : footprints(at, shared.skips.length, stage).input));
    return [Math.max(left, 0), Math.min(right, size), Math.max(top, 0), Math.min(bottom, size)];
  }

  function sentence({ name, channel, x, y }, before, where, patches, found, value) {
    const off = get("off");
    const silent = off.includes(partOf(name)) || off.includes(`${partOf(name)}:${channel}`) ? " It is switched off: 0." : "";
    if (name === "input") return `The grey value of the window at this place, less the mean of the training images, over their scatter: ${number(value)}.`;
    if (name === "output") {
      const powers = [...patches[0]].map(Math.exp);
      return `Softmax of the scores ${[...patches[0]].map(number).join(" and ")}: e^${number(patches[0][channel])} / (${powers.map((power) => power.toFixed(2)).join(" + ")}) = ${number(value)}.`;
    }
    if (name.startsWith("skip")) return `Column ${where.x}, row ${where.y} of ${before[0].name}, handed across: ${number(value)}.${silent}`;
    if (name.startsWith("pool")) {
      const four = patches[0].subarray(4 * channel, 4 * channel + 4);
      tables.append(grid(`channel ${channel} of ${before[0].name}`, four, 2));
      return `Of the four the largest stays: max(${[...four].map(number).join(", ")}) = ${number(value)}.${silent}`;
    }
    const all = new Float32Array(patches.reduce((length, patch) => length + patch.length, 0));
    patches.reduce((from, patch) => (all.set(patch, from), from + patch.length), 0);
    const filters = where.corner === undefined ? found.strongest : found.strongest.map(({ input, weights }) => ({ input, weights: weights.slice(where.corner, where.corner + 1) }));
    const relu = /relu/.test(name);
    const { sum, terms } = writtenOut(all, filters, found.bias, relu);
    const named = ({ input }) => (input < before[0].channels ? `${partOf(before[0].name)}:${input}` : `${partOf(before[1].name)}:${input - before[0].channels}`);
    const [largest] = terms;
    const sign = (words) => element("span", { class: "lf-fm-sign", "aria-hidden": "true" }, words);
    tables.append(grid(named(largest), largest.values, where.side), sign("×"), grid("weights", largest.weights, where.side), sign("="), grid(`sum ${number(largest.sum)}`, largest.products, where.side));
    const shown = terms.slice(0, SHOWN_INPUTS), others = terms.slice(SHOWN_INPUTS);
    const rest = others.length ? ` + ${number(others.reduce((total, term) => total + term.sum, 0))} of ${others.length} other inputs` : "";
    return `${shown.map((term) => `${number(term.sum)} of ${named(term)}`).join(" + ")}${rest} + bias ${number(found.bias)} = ${number(sum)}${relu ? `; ReLU makes it ${number(Math.max(sum, 0))}` : ""}.${silent}`;
  }

  /** Numbers in rows of `side`, under a title. */
  function grid(words, values, side) {
    const cells = [...values].map((value) => element("span", {}, number(value)));
    return element("figure", {}, element("div", { style: `grid-template-columns: repeat(${side}, 1fr)` }, ...cells), element("figcaption", {}, words));
  }

  return { node, draw, hover: (place) => { hovered = place; return draw(); } };
}
