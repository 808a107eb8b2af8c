// FeatureMaps: the whole picture, tile by tile, as unet_edu.predict does it: the picture is mirrored beyond its border, outputs
// stand a multiple of 2^depth pixels apart, so that all poolings lie on one grid and the tiles give what one pass would give.
//
//     tilesOf ─▶ for each tile: mirroredTile ─▶ the network, all on; then as it is now ─▶ its place in two layers ─▶ shown
//     all there ─▶ a worker counts the cells, writes the files to save, finds the window where an intervention costs most

const TILES = [268, 332, 396, 460, 524, 572, 604]; // pixels of a tile's input: the cheapest for a picture is taken
const BETWEEN_PICTURES = 150; // milliseconds
const STRIDE_OF_SEARCH = 32; // pixels from one window to the next, a multiple of 2^depth

/** The number of the pixel that stands at `at` of a row of `count`, mirrored beyond both ends, the last not repeated. */
export function mirrored(at, count) {
  if (count === 1) return 0;
  const period = 2 * (count - 1), place = ((at % period) + period) % period;
  return place < count ? place : period - place;
}

/** How far apart outputs stand along a side of `count` pixels; side: of an output, step: 2^depth. */
const strideOf = (count, side, step) => (count <= side ? count : Math.floor(side / step) * step);

/** Where the outputs of tiles stand: [{ left, top, width, height }]; side: of an output, step: 2^depth. */
export function tilesOf(width, height, side, step) {
  const along = (count) => {
    const stride = strideOf(count, side, step);
    return Array.from({ length: Math.ceil(count / stride) }, (_, at) => [at * stride, Math.min(stride, count - at * stride)]);
  };
  return along(height).flatMap(([top, high]) => along(width).map(([left, wide]) => ({ left, top, width: wide, height: high })));
}

/** The input size that takes least work for a picture; lost: pixels that an output is smaller. */
export function cheapestTile(width, height, lost, step, sizes = TILES) {
  const along = (count, size) => Math.ceil(count / strideOf(count, size - lost, step));
  const work = (size) => along(width, size) * along(height, size) * size * size;
  return sizes.reduce((best, size) => (work(size) < work(best) ? size : best));
}

/** What the network sees of a tile: grey values 0 … 1, size × size, from (left − edge, top − edge) on. */
export function mirroredTile(greys, width, height, left, top, size, edge) {
  const out = new Float32Array(size * size);
  const columns = Int32Array.from({ length: size }, (_, at) => mirrored(left - edge + at, width));
  for (let row = 0; row < size; row += 1) {
    const from = mirrored(top - edge + row, height) * width;
    for (let column = 0; column < size; column += 1) out[row * size + column] = greys[from + columns[column]] / 255;
  }
  return out;
}

// What a worker does with a whole picture. before, after: bytes of width × height pixels, with everything on and as it is; they
// become labels there, since of 4096 × 4096 pixels that takes longer than a frame.

/** The errors of both, against the true labels, or those with everything on where there are none. */
function countCells({ truth, width, height, ...layers }) {
  const [before, after] = [layers.before, layers.after].map(labelsOf);
  return [before, after].map((one) => scoreCells(truth ?? before, one, width, height));
}

/** A PNG of 16 bits: each cell a number. Throws where there are too many. */
function labelImage({ after, width, height }) {
  const { numbers, count } = regions(labelsOf(after), width, height);
  if (count > 65535) throw new Error(`There are ${count} cells in it; a label image of 16 bits holds 65535.`);
  return writePng({ width, height, channels: 1, data: Uint16Array.from(numbers) });
}

/** A PNG of the greys, tinted where there is no cell. */
function overlayImage({ greys, after, width, height, colour, tint }) {
  const data = new Uint8Array(3 * width * height);
  for (let at = 0; at < greys.length; at += 1) {
    for (let part = 0; part < 3; part += 1) data[3 * at + part] = after[at] >= 128 ? greys[at] : Math.round(greys[at] + (colour[part] - greys[at]) * tint);
  }
  return writePng({ width, height, channels: 3, data });
}

/** The window where what is off costs most cells: { x, y, lost }, or null. places: [x, y of a window, left, top of its output]. */
function worstWindow({ truth, width, height, side, places, ...layers }) {
  const [before, after] = [layers.before, layers.after].map(labelsOf);
  let best = null;
  for (const [x, y, left, top] of places) {
    const [was, now, known] = [before, after, truth ?? before].map((one) => cutSquare(one, width, left, top, side));
    const [old, found] = [was, now].map((one) => scoreCells(known, one, side, side));
    const lost = found.merged + found.split - old.merged - old.split;
    if (lost > 0 && lost > (best?.lost ?? 0)) best = { x, y, lost };
  }
  return best;
}

function cutSquare(from, width, left, top, side) {
  const out = new Uint8Array(side * side);
  for (let row = 0; row < side; row += 1) out.set(from.subarray((top + row) * width + left, (top + row) * width + left + side), row * side);
  return out;
}

const wholeWorker = () => workerOf(
  [regions, thin, sharedPixels, mergedAndSplit, randScore, scoreCells, piped, writePng, cutSquare, labelsOf, countCells, labelImage, overlayImage, worstWindow],
  { PNG_SIGNATURE },
);

/**
 * { node, compute, layers, find }: compute() begins where the whole picture is to be seen and something changed; layers() are
 * what the answer shows of it; find() moves the window to where what is off costs most cells.
 */
function wholePicture(shared, run) {
  const { model, get, say, alarm } = shared;
  let known = { picture: -1, weights: "", before: null, done: null }; // bytes of the prediction with everything on
  let now = null; // { key, bytes, width, height, left, top, altered, finished } of the prediction as it is
  let token = 0; // of the run under way
  let helper = null, finding = false;
  const line = element("p", { class: "lf-fm-whole-line" });
  const save = (words, ask, file) => element("button", { type: "button", disabled: true, onclick: () => saveAs(ask, file) }, words);
  const saves = [save("save this picture", "overlayImage", "unet-membranes.png"), save("save the label image", "labelImage", "unet-labels.png")];
  const node = element("div", { class: "lf-fm-whole" }, line, element("div", { class: "lf-buttons" }, ...saves));
  const idle = "Of the whole picture: it is segmented tile by tile. Nothing leaves this browser.";
  line.textContent = idle;

  /** The picture itself, without what was mirrored to it: { left, top, width, height, greys, truth }. */
  function picture() {
    const { left, top, width, height } = shared.inner ?? { left: 0, top: 0, width: get("width"), height: get("height") };
    const cutOut = (from) => {
      if (!from || (width === get("width") && height === get("height"))) return from;
      const out = new Uint8Array(width * height);
      for (let row = 0; row < height; row += 1) out.set(from.subarray((top + row) * get("width") + left, (top + row) * get("width") + left + width), row * width);
      return out;
    };
    return { left, top, width, height, greys: cutOut(shared.greys), truth: cutOut(shared.truth) };
  }

  const keyOf = () => [shared.picture, get("weights"), get("off"), get("cover"), get("cover").length ? cornerOf(model) : ""].join("|");

  async function compute() {
    const wanted = get("view") === "whole";
    if (!wanted && finding) return;
    if (!wanted) {
      token += 1; // what is under way ends
      if (now && !now.finished) [now, line.textContent] = [null, idle];
      return;
    }
    if (!shared.source || !shared.greys || !shared.now || now?.key === keyOf()) return;
    try {
      await segment(get("off"), get("cover"));
    } catch (error) {
      alarm.textContent = error.message;
    }
  }

  /** Segment the picture; resolves to whether it came to its end. */
  async function segment(off, cover) {
    const mine = (token += 1);
    const stopped = () => shared.gone || mine !== token;
    const { width, height, greys, ...rest } = picture();
    const altered = off.length > 0 || cover.length > 0;
    const covered = cover.length ? coveredPicture({ width, height, greys, ...rest }, cover) : greys;
    if (known.picture !== shared.picture || known.weights !== get("weights")) known = { picture: shared.picture, weights: get("weights"), before: new Uint8Array(width * height), done: new Set() };
    const { before, done } = known;
    now = { key: keyOf(), bytes: altered ? new Uint8Array(width * height) : before, width, height, left: rest.left, top: rest.top, altered, finished: false };
    const mineNow = now;
    for (const button of saves) button.disabled = true;
    const lost = get("size") - shared.now.output.size;
    const step = 2 ** (shared.skips.length || 4);
    const size = shared.kernel ? get("size") : cheapestTile(width, height, lost, step);
    const tiles = tilesOf(width, height, size - lost, step);
    const source = shared.kernel ? shared.source : await pageSource(() => globalThis.unetEduWeights.load(get("weights")));
    shared.root.dataset.whole = "computing";
    let drawn = 0;
    const tileKey = ({ left, top }) => `${size} ${left} ${top}`;
    try {
      for (let at = 0; at < tiles.length; at += 1) {
        const tile = tiles[at];
        line.textContent = `Tile ${at + 1} of ${tiles.length}, ${size} pixels each, of which ${size - lost} come out; the picture is mirrored beyond its border.`;
        run.bar.hidden = false;
        run.bar.value = at / tiles.length;
        for (const [bytes, from, parts, needed] of [[before, greys, [], !done.has(tileKey(tile))], [mineNow.bytes, covered, off, altered]]) {
          if (!needed) continue;
          const image = mirroredTile(from, width, height, tile.left, tile.top, size, lost / 2);
          let result = null;
          while (!result && !stopped()) result = await source.run({ image, size, off: parts }); // null where a kernel was asked for something else
          if (stopped()) return false;
          place(bytes, width, tile, result.output);
          if (parts === off && bytes !== before) continue;
          done.add(tileKey(tile));
        }
        if (get("view") === "whole" && (at + 1 === tiles.length || performance.now() - drawn > BETWEEN_PICTURES)) {
          shared.drawAnswer();
          drawn = performance.now();
        }
        await new Promise((resolve) => setTimeout(resolve)); // the page first
      }
    } finally {
      if (shared.kernel) {
        run.forget();
        if (!stopped()) run.compute();
      } else source.dispose();
      if (mine === token) run.bar.hidden = true;
    }
    mineNow.finished = true;
    for (const button of saves) button.disabled = false;
    await tell(mineNow, tiles.length, size);
    if (!stopped()) shared.root.dataset.whole = "done";
    return true;
  }

  function place(bytes, width, tile, output) {
    const found = layerBytes(lastOf(output));
    for (let row = 0; row < tile.height; row += 1) {
      bytes.set(found.subarray(row * output.size, row * output.size + tile.width), (tile.top + row) * width + tile.left);
    }
  }

  /** The picture with the covered square of the window, at the window's mean. */
  function coveredPicture({ width, height, greys, left, top }, [dx, dy, side]) {
    const out = greys.slice();
    const [x, y] = cornerOf(model), size = get("size");
    const mean = windowOf(shared.greys, get("width"), x, y, size).reduce((sum, value) => sum + value, 0) / size ** 2;
    for (let row = Math.max(y + dy - top, 0); row < Math.min(y + dy + side - top, height); row += 1) {
      out.fill(Math.round(255 * mean), row * width + Math.max(x + dx - left, 0), row * width + Math.min(x + dx + side - left, width));
    }
    return out;
  }

  const help = (name, what) => (helper ??= wholeWorker()).ask(name, what);

  async function tell(mine, count, size) {
    const { truth } = picture();
    const { width, height } = mine;
    const [was, is] = await help("countCells", { truth, before: known.before, after: mine.bytes, width, height });
    if (mine !== now) return;
    const tiles = `${width} × ${height} pixels in ${count} tile${count > 1 ? "s" : ""} of ${size}.`;
    const cells = `${is.merged} merged, ${is.split} split of ${is.cells} cells`;
    line.textContent = truth ? `${tiles} ${cells}${mine.altered ? `; before ${was.merged} and ${was.split}` : ""}; V_Rand ${is.score.toFixed(3)}.`
      : mine.altered ? `${tiles} Against the prediction with everything on: ${cells}.` : `${tiles} ${is.cells} cells found.`;
    say(line.textContent);
  }

  async function saveAs(ask, file) {
    const { greys } = picture();
    try {
      const blob = await help(ask, { greys, after: now.bytes, width: now.width, height: now.height, colour: MEMBRANE, tint: TINT });
      const link = element("a", { href: URL.createObjectURL(blob), download: file });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (error) {
      alarm.textContent = error.message;
    }
  }

  /** Move the window to where what is off costs most cells; resolves to what was found: { x, y, lost }, or null for none. */
  async function find() {
    finding = true;
    const there = (now?.key === keyOf() && now.finished) || (await segment(get("off"), []));
    finding = false;
    if (!there) return undefined;
    const size = get("size"), side = shared.now.output.size, edge = (size - side) / 2;
    const { width, height, truth } = picture();
    const offset = STRIDE_OF_SEARCH - (edge % 16); // windows whose poolings lie on the grid of the tiles
    const along = (whole) => Array.from({ length: Math.max(Math.floor((whole - size - offset) / STRIDE_OF_SEARCH) + 1, 1) }, (_, at) => Math.min(offset % 16 + at * STRIDE_OF_SEARCH, Math.max(whole - size, 0)));
    const places = along(height).flatMap((y) => along(width).map((x) => [x, y, x + edge, y + edge]));
    return help("worstWindow", { truth, before: known.before, after: now.bytes, width, height, side, places });
  }

  function layers() {
    if (!now) return null;
    const [x, y] = cornerOf(model).map((value) => value + get("size") / 2);
    const part = partShown(now.width, now.height, get("zoom"), [x - now.left, y - now.top]);
    const layer = (bytes) => ({ left: now.left, top: now.top, width: now.width, height: now.height, bytes });
    return { rectangle: { ...part, left: part.left + now.left, top: part.top + now.top }, before: layer(known.before), after: layer(now.bytes), altered: now.altered };
  }

  return { node, compute, layers, find, end: () => helper?.dispose() };
}
