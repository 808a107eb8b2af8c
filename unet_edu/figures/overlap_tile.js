// A large image in tiles: where they lie, what they cost, and how a trained network's prediction differs at their seams.
// A tile's prediction depends on where it begins modulo 16 only, so the maps of a few phases hold every plan's answer.

const [IMAGE, HALF, BLOCK, STEP, GRID, EDGE, STRIP] = [512, 256, 4, 4, 16, border(), 32]; // pixels
const BLOCKS = IMAGE / BLOCK;
const PHASES = GRID / STEP;
const PRESETS = [380, 444, 572, 700];

/** Multiply-adds of one pass of the paper's network (base width 64) over a legal size. */
export function macsOf(size) {
  const [depth, base] = [4, 64];
  let side = size, channels = 1, sum = 0;
  const conv = (into) => {
    side -= 2;
    sum += side ** 2 * channels * into * 9;
    channels = into;
  };
  for (let level = 0; level <= depth; level += 1) {
    if (level > 0) side /= 2;
    conv(base * 2 ** level);
    conv(base * 2 ** level);
  }
  for (let level = depth - 1; level >= 0; level -= 1) {
    const width = base * 2 ** level;
    side *= 2;
    sum += side ** 2 * channels * width; // each fine pixel is made of one coarse one
    channels = 2 * width; // with those of the skip connection
    conv(width);
    conv(width);
  }
  return sum + side ** 2 * base * 2;
}

/** The tiles that cover the image, or null for an illegal tile. stride: "edge", "grid" or pixels. */
export function tiling(tile, stride) {
  if (!isValid(tile)) return null;
  const output = tile - 2 * EDGE;
  const wanted = { edge: output, grid: Math.floor(output / GRID) * GRID || output }[stride] ?? stride;
  const apart = Math.min(wanted, output);
  const count = IMAGE <= output ? 1 : 1 + Math.ceil((IMAGE - output) / apart);
  return { tile, output, apart, count, padded: (count - 1) * apart + tile, macs: count ** 2 * macsOf(tile) };
}

/** Which phase predicts each block of 4 pixels, along one axis. */
export const phases = ({ apart, count }) =>
  Uint8Array.from({ length: BLOCKS }, (_, block) => ((Math.min(Math.floor((block * BLOCK) / apart), count - 1) * apart) % GRID) / STEP);

/** How the prediction differs from that of one pass: the largest difference of each block, of all, pixels relabelled. */
export function difference(plan, differences, changes) {
  const phase = phases(plan);
  const blocks = new Uint8Array(BLOCKS * BLOCKS);
  let largest = 0, changed = 0;
  for (let row = 0; row < BLOCKS; row += 1) {
    for (let column = 0; column < BLOCKS; column += 1) {
      const from = (phase[row] * PHASES + phase[column]) * BLOCKS ** 2 + row * BLOCKS + column;
      blocks[row * BLOCKS + column] = differences[from];
      largest = Math.max(largest, differences[from]);
      changed += changes[from];
    }
  }
  return { blocks, largest, changed: changed / IMAGE ** 2 };
}

/** How many tiles predict each block. */
export function counts({ apart, count, output }) {
  const along = Array.from({ length: BLOCKS }, (_, block) => {
    let sum = 0;
    for (let number = 0; number < count; number += 1) sum += block * BLOCK >= number * apart && block * BLOCK < number * apart + output;
    return sum;
  });
  return Uint16Array.from({ length: BLOCKS ** 2 }, (_, at) => along[Math.floor(at / BLOCKS)] * along[at % BLOCKS]);
}

/** The index that mirrors an axis beyond its ends: 2 1 0 1 2 3 2 1 for 4 pixels. */
export function mirrored(at, length) {
  const period = 2 * (length - 1);
  const inside = ((at % period) + period) % period;
  return Math.min(inside, period - inside);
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  let data = null, gone = false, plan = null, found = null;

  const tiles = slider(model, "tile", "tile, px", { min: 1, max: 1100, typed: true });
  const presets = element("div", { class: "lf-buttons" }, ...PRESETS.map((size) =>
    element("button", { type: "button", onclick: () => change(model, { tile: size }) }, String(size))));
  const grid = element("input", { type: "checkbox", onchange: () => change(model, { stride: grid.checked ? "grid" : "edge" }) });
  const gridded = element("label", { class: "lf-toggle lf-ot-grid" }, grid, "grid of 16");
  const apart = element("input", { type: "range", min: STEP, step: STEP, "aria-label": "stride, px", oninput: () => change(model, { stride: Number(apart.value) }) });
  const apartValue = element("span", { class: "lf-value", "aria-hidden": "true" });
  const shows = choice(model, "show", "show", [["difference", "where it contradicts itself"], ["count", "how often predicted"], ["image", "the image"]]);
  const result = element("p", { class: "lf-result", style: "display: block" });
  const repair = element("div", { class: "lf-buttons" });
  const canvas = element("canvas");
  const marks = svg("svg", { "aria-hidden": "true" });
  const layer = element("canvas"); // never shown itself
  layer.getContext("2d", { willReadFrequently: true });
  const rooted = (value) => Math.sqrt(value * 255); // so that small differences are seen
  const scale = colourScale("difference");
  const scene = element("div", { class: "lf-ot-scene lf-picks" }, canvas, marks);
  const words = element("p", { class: "lf-ot-words" });
  const seams = ["one pass", "in tiles", "difference"].map((title) => {
    const picture = element("canvas", { role: "img", "aria-label": `${title}, at the seam` });
    return { picture, node: element("figure", {}, picture, element("figcaption", {}, title)) };
  });
  const seamTitle = element("p", { class: "lf-ot-at lf-muted" });
  const costs = svg("svg", { role: "img" });
  const table = foldedTable("The plans as a table");
  root.append(
    element("div", { class: "lf-controls" }, tiles.node), presets,
    element("div", { class: "lf-controls lf-ot-tools" }, gridded, element("label", { class: "lf-control" }, "stride", element("div", {}, apart, apartValue))),
    result, repair,
    element("div", { class: "lf-ot-seams" }, ...seams.map(({ node }) => node)), seamTitle, scale.node, shows.node,
    element("div", { class: "lf-ot-body" }, scene,
      element("div", { class: "lf-ot-side" }, words, costs)),
    table.node);

  const gmac = (macs) => `${(macs / 1e9).toLocaleString("en-GB", { maximumFractionDigits: 1, minimumFractionDigits: 1 })} GMAC`;
  const percent = (share) => `${(100 * share).toFixed(2)} %`;
  const selected = () => [Math.min(get("column"), plan.count - 1), Math.min(get("row"), plan.count - 1)];

  function drawScene() {
    const size = plan.padded;
    const side = Math.ceil(size / 2);
    const pixels = new Float32Array(side * side);
    const show = get("show");
    const index = Array.from({ length: side }, (_, at) => mirrored(at - EDGE / 2, HALF));
    const inside = (at) => at >= EDGE / 2 && at < EDGE / 2 + HALF;
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        const grey = data.image[index[y] * HALF + index[x]];
        pixels[y * side + x] = inside(y) && inside(x) ? grey : 90 + 0.45 * grey; // what is mirrored is pale
      }
    }
    paint(canvas, pixels, side, side, [0, 255]);
    if (show !== "image") {
      const values = show === "count" ? counts(plan) : Float32Array.from(found.blocks, rooted);
      paint(layer, values, BLOCKS, BLOCKS, [0, show === "count" ? Math.max(...values) : 255], show === "count" ? GRAY : MAGMA);
      if (show === "difference") seeThrough(values);
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = false;
      context.drawImage(layer, EDGE / 2, EDGE / 2, HALF, HALF);
    }
    marks.setAttribute("viewBox", `${-EDGE} ${-EDGE} ${size} ${size}`);
    const rect = (x, y, wide, name) => svg("rect", { x, y, width: wide, height: wide, class: name });
    const nodes = [rect(0, 0, IMAGE, "lf-ot-image")];
    for (let number = 1; number < plan.count; number += 1) {
      const at = number * plan.apart;
      nodes.push(svg("path", { d: `M${at} 0V${IMAGE}M0 ${at}H${IMAGE}`, class: "lf-ot-seam" }));
    }
    const [column, row] = selected();
    const [x, y] = [column * plan.apart, row * plan.apart];
    nodes.push(rect(x - EDGE, y - EDGE, plan.tile, "lf-ot-input"), rect(x, y, plan.output, "lf-ot-output"));
    marks.replaceChildren(...nodes);
    const mirroredPart = [x, y].map((at) => Math.max(EDGE - at, 0) + Math.max(at + plan.tile - EDGE - IMAGE, 0));
    words.textContent = `Tile in column ${column + 1}, row ${row + 1}: reads ${plan.tile} × ${plan.tile} pixels`
      + `${mirroredPart.some(Boolean) ? ", partly mirrored beyond the image" : ""}, predicts ${plan.output} × ${plan.output}.`
      + ` It begins ${x % GRID} pixels beside the grid of 16 across, ${y % GRID} down.`;
    scene.setAttribute("aria-label", `The image and its tiles. Arrow keys choose a tile. ${words.textContent}`);
  }

  /** Where nothing differs the image is seen. */
  function seeThrough(values) {
    const context = layer.getContext("2d"), picture = context.getImageData(0, 0, BLOCKS, BLOCKS);
    values.forEach((value, at) => (picture.data[4 * at + 3] = Math.min(3 * value, 255)));
    context.putImageData(picture, 0, 0);
  }

  /** 32 rows at the chosen tile's left seam, magnified: the prediction of one pass, and that of the tiles. */
  function drawSeam() {
    const column = Math.max(selected()[0], Math.min(1, plan.count - 1));
    const seam = column * plan.apart;
    const start = Math.min(Math.max(seam - STRIP, 0), IMAGE - 2 * STRIP);
    const phase = phases(plan);
    const top = get("strip_top");
    const area = STRIP * IMAGE;
    const [whole, tiled] = [new Uint8Array(2 * STRIP * STRIP), new Uint8Array(2 * STRIP * STRIP)];
    for (let y = 0; y < STRIP; y += 1) {
      for (let x = 0; x < 2 * STRIP; x += 1) {
        const from = y * IMAGE + start + x;
        const number = phase[Math.floor((top + y) / BLOCK)] * PHASES + phase[Math.floor((start + x) / BLOCK)];
        whole[y * 2 * STRIP + x] = data.strip[from];
        tiled[y * 2 * STRIP + x] = number ? (data.strip[from] + data.strip[number * area + from]) & 255 : data.strip[from];
      }
    }
    const gap = whole.map((value, at) => Math.abs(value - tiled[at]));
    paint(seams[0].picture, whole, 2 * STRIP, STRIP, [0, 255]);
    paint(seams[1].picture, tiled, 2 * STRIP, STRIP, [0, 255]);
    paint(seams[2].picture, Float32Array.from(gap, (value) => rooted(value / get("peak"))), 2 * STRIP, STRIP, [0, 255], MAGMA);
    seamTitle.textContent = plan.count === 1
      ? "One tile has no seam; here a piece of its answer."
      : `Probability of a cell around the seam at column ${seam}, ${2 * STRIP} × ${STRIP} pixels:`;
  }

  function drawCosts() {
    const rows = [...new Set([...PRESETS, plan.tile])].sort((a, b) => a - b).map((tile) => tiling(tile, get("stride"))).filter((one) => one.macs < 1e13);
    const most = Math.max(...rows.map(({ macs }) => macs));
    costs.setAttribute("viewBox", `0 0 300 ${rows.length * 20 + 4}`);
    costs.setAttribute("aria-label", `Cost of plans: ${rows.map((one) => `${one.count ** 2} tiles of ${one.tile}: ${gmac(one.macs)}`).join("; ")}.`);
    costs.replaceChildren(...rows.flatMap((one, at) => [
      svg("rect", { x: 76, y: at * 20 + 3, width: Math.max((one.macs / most) * 130, 1), height: 13, class: one.tile === plan.tile ? "lf-ot-mine" : "lf-ot-bar" }),
      svg("text", { x: 72, y: at * 20 + 14, "text-anchor": "end", class: one.tile === plan.tile ? "lf-strong" : "" }, `${one.count ** 2} × ${one.tile}`),
      svg("text", { x: 80 + (one.macs / most) * 130, y: at * 20 + 14, class: "lf-muted" }, gmac(one.macs))]));
    table.update(["tiles", "output", "stride", "multiply-adds", "largest difference", "labels changed"], rows.map((one) => {
      const effect = difference(one, data.differences, data.changes);
      return [`${one.count ** 2} × ${one.tile}`, one.output, one.apart, gmac(one.macs), ((effect.largest / 255) * get("peak")).toFixed(2), percent(effect.changed)];
    }));
  }

  function draw() {
    if (!data || gone) return;
    [tiles, shows].forEach(({ update }) => update());
    plan = tiling(get("tile"), get("stride"));
    result.classList.toggle("lf-is-wrong", !plan);
    repair.replaceChildren();
    if (!plan) {
      const tile = get("tile");
      const around = nearestValid(tile).filter(Boolean);
      result.replaceChildren(element("strong", {}, `${tile} pixels`), " are no legal tile: a pooling would meet an odd number, or nothing would be left. ");
      repair.append(...around.map((size) =>
        element("button", { type: "button", onclick: () => change(model, { tile: size }) }, `make it ${size}`)));
      plan = tiling(around.at(-1), get("stride"));
    }
    found = difference(plan, data.differences, data.changes);
    apart.max = Math.min(plan.output, IMAGE);
    apart.value = plan.apart;
    grid.checked = plan.apart % GRID === 0;
    apartValue.textContent = `${plan.apart} px`;
    if (!result.classList.contains("lf-is-wrong")) {
      const largest = (found.largest / 255) * get("peak");
      const ratio = plan.macs / macsOf(700);
      const seamless = largest === 0;
      result.replaceChildren(
        element("strong", {}, `${plan.count ** 2} × ${plan.tile} → ${plan.output}`), ` every ${plan.apart} pixels: ${gmac(plan.macs)}, ${ratio.toFixed(1)} times one pass over 700. `,
        seamless ? "The network predicts what it predicts in one pass." : `The probabilities differ from those of one pass by up to ${largest.toFixed(2)}; ${percent(found.changed)} of the labels change.`);
      say(result.textContent);
    }
    scale.update(MAGMA, ["0", (get("peak") / 4).toFixed(2), get("peak").toFixed(2)]); // the colours show its root
    drawScene();
    drawSeam();
    drawCosts();
  }

  const onScene = placeOn(scene, () => [plan.padded, plan.padded]);
  pointing(scene, {
    label: "The image and its tiles. Arrow keys choose a tile.",
    at: () => selected(),
    range: () => [plan.count - 1, plan.count - 1],
    place: (event) => onScene(event).map((value) => Math.floor((value - EDGE) / plan.apart)),
    go: ([column, row]) => change(model, { column, row }),
  });
  const end = drawOnChange(model, ["tile", "stride", "row", "column", "show"], draw);
  loadBytes(model, { image: Uint8Array, differences: Uint8Array, changes: Uint8Array, strip: Uint8Array }).then((loaded) => {
    data = loaded;
    draw();
  });
  return () => {
    gone = true;
    end();
  };
}

export default liveFigure("OverlapTile", build);
