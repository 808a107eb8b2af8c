// Cells of a prediction, counted as the ISBI 2012 challenge counts: unet_edu.thinning and unet_edu.metrics in JavaScript.
//
//     labels ─▶ regions: 4-connected ─▶ thin: borders one pixel wide ─▶ mergedAndSplit, randScore, fates against the truth
//     probability ─▶ bestRand: over the challenge's thresholds
//
// A map is an array of width × height, row after row. The tests hold every function against Python's.

/** The 4-connected regions of a map: { numbers, count }, 0 where it is 0, else 1 … count in the order of their first pixels. */
export function regions(cells, width, height) {
  const numbers = new Int32Array(width * height);
  const open = [];
  let count = 0;
  const reach = (at) => {
    if (!cells[at] || numbers[at]) return;
    numbers[at] = count;
    open.push(at);
  };
  for (let first = 0; first < cells.length; first += 1) {
    if (!cells[first] || numbers[first]) continue;
    count += 1;
    reach(first);
    while (open.length) {
      const at = open.pop(), x = at % width;
      if (x > 0) reach(at - 1);
      if (x < width - 1) reach(at + 1);
      if (at >= width) reach(at - width);
      if (at < width * (height - 1)) reach(at + width);
    }
  }
  return { numbers, count };
}

/**
 * The segments of a map after thinning: { numbers, count }, 0 on borders one pixel wide. All regions grow at one speed, by a
 * queue that begins with the membrane pixels beside a region, column by column; who comes first decides where a border stands.
 */
export function thin(cells, width, height) {
  const { numbers, count } = regions(cells, width, height);
  if (!count) return { numbers: numbers.fill(1), count: 1 };
  const met = new Uint8Array(cells.length); // was in the queue
  const queue = new Int32Array(cells.length);
  let end = 0;
  const around = (at) => { // left, up, right, down
    const x = at % width;
    return [x > 0 ? at - 1 : -1, at >= width ? at - width : -1, x < width - 1 ? at + 1 : -1, at < width * (height - 1) ? at + width : -1];
  };
  for (let x = 0; x < width; x += 1) {
    for (let at = x; at < cells.length; at += width) {
      if (cells[at] || !around(at).some((beside) => beside >= 0 && cells[beside])) continue;
      met[at] = 1;
      queue[end++] = at;
    }
  }
  for (let next = 0; next < end; next += 1) {
    const at = queue[next];
    let seen = 0, two = false;
    for (const beside of around(at)) {
      if (beside < 0) continue;
      if (numbers[beside]) {
        two ||= seen > 0 && seen !== numbers[beside];
        seen = numbers[beside];
      } else if (!cells[beside] && !met[beside]) {
        met[beside] = 1;
        queue[end++] = beside;
      }
    }
    numbers[at] = two ? 0 : seen;
  }
  return { numbers, count };
}

/** How many pixels true cells and segments share: { both: [[cell, segment, pixels]], cells, segments }, sizes by number. */
function sharedPixels(truth, segments) {
  const both = new Map(), cells = new Map(), sizes = new Map();
  const add = (to, key) => to.set(key, (to.get(key) ?? 0) + 1);
  for (let at = 0; at < truth.length; at += 1) {
    if (truth[at]) add(cells, truth[at]);
    if (segments[at]) add(sizes, segments[at]);
    if (truth[at] && segments[at]) add(both, truth[at] * 2 ** 26 + segments[at]);
  }
  return { both: [...both].map(([key, pixels]) => [Math.floor(key / 2 ** 26), key % 2 ** 26, pixels]), cells, segments: sizes };
}

/** How many true cells were merged and how many were split: what one would have to cut apart or to join by hand. */
export function mergedAndSplit(truth, segments) {
  const { both, cells, segments: sizes } = sharedPixels(truth, segments);
  const beyondOne = (keys) => {
    const held = new Map();
    for (const key of keys) held.set(key, (held.get(key) ?? 0) + 1);
    return [...held.values()].reduce((sum, count) => sum + count - 1, 0);
  };
  return {
    merged: beyondOne(both.filter(([cell, , pixels]) => 2 * pixels > cells.get(cell)).map(([, segment]) => segment)),
    split: beyondOne(both.filter(([, segment, pixels]) => 2 * pixels > sizes.get(segment)).map(([cell]) => cell)),
  };
}

/** V_Rand of segments, 0 to 1 (perfect); pixels of true cells that are border in the proposal are segments of one pixel. */
export function randScore(truth, segments) {
  const inside = segments.map((segment, at) => (truth[at] ? segment : 0));
  const { both, cells, segments: sizes } = sharedPixels(truth, inside);
  const singles = truth.reduce((sum, cell, at) => sum + (cell && !segments[at] ? 1 : 0), 0);
  const squares = (numbers) => [...numbers].reduce((sum, count) => sum + count * count, 0);
  return (2 * (squares(both.map(([, , pixels]) => pixels)) + singles)) / (squares(cells.values()) + squares(sizes.values()) + singles);
}

/** What became of true cells, as `Fates` of training_replay.py: { alone, together, broken, most: Map(segment ─▶ its commonest cell) }. */
export function fates(truth, segments) {
  const { both, cells } = sharedPixels(truth, segments);
  const held = both.filter(([cell, , pixels]) => 2 * pixels > cells.get(cell)).map(([, segment]) => segment);
  const crowd = new Map(), most = new Map(), largest = new Map();
  for (const segment of held) crowd.set(segment, (crowd.get(segment) ?? 0) + 1);
  for (const [cell, segment, pixels] of both.sort(([a], [b]) => a - b)) {
    if (pixels <= (largest.get(segment) ?? 0)) continue;
    largest.set(segment, pixels);
    most.set(segment, cell);
  }
  const alone = held.filter((segment) => crowd.get(segment) === 1).length;
  return { alone, together: held.length - alone, broken: cells.size - held.length, most };
}

const THRESHOLDS = Array.from({ length: 11 }).reduce((list) => [...list, list.length ? list.at(-1) + 0.1 : 0], []); // added up, as the challenge does

/** The best V_Rand of a probability of cell over the challenge's thresholds: { score, threshold }. truth: its regions. */
export function bestRand(truth, probability, width, height) {
  let best = { score: -1, threshold: 0 };
  for (const threshold of THRESHOLDS) {
    const cells = Uint8Array.from(probability, (one) => (one > threshold ? 1 : 0));
    const score = randScore(truth, thin(cells, width, height).numbers);
    if (score > best.score) best = { score, threshold };
  }
  return best;
}

/** Errors and V_Rand of a prediction's labels against the true ones: { merged, split, score, cells }. */
export function scoreCells(truth, labels, width, height) {
  const { numbers, count } = regions(truth, width, height);
  const segments = thin(labels, width, height).numbers;
  return { ...mergedAndSplit(numbers, segments), score: count ? randScore(numbers, segments) : 1, cells: count };
}
