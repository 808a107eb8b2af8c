// From pixels that are inside a nucleus to nuclei with numbers: unet_edu.separation in JavaScript.
//
//     inside ──► components     pieces that hang together
//            └─► byDistance     distance to the background ──► smoothed ──► peaks: seeds ──► watershed
//
// A map is an array of width × height, row after row. Each step is the one of SciPy or scikit-image that Python takes, down to
// who comes first among equals; the tests hold the numbers of every pixel against Python's.

const SMALLEST = 20; // pixels; smaller pieces are specks
const SMOOTHING = 1; // pixels, standard deviation of the Gaussian

/** 4-connected pieces: { numbers, count }, 1…n; those below `smallest` pixels are left out. */
export function components(inside, width, height, smallest = SMALLEST) {
  return withoutSpecks(regions(inside, width, height).numbers, smallest);
}

/** Pieces cut at their waists: { numbers, count, seeds }, seeds: where the floods begin, as places in the map. */
export function byDistance(inside, width, height, apart, smallest = SMALLEST) {
  const pieces = regions(inside, width, height);
  const depth = smoothed(squaredDistances(pieces.numbers, 0, width, height).map(Math.sqrt), width, height, SMOOTHING);
  const seeds = peaks(depth, pieces, width, height, apart);
  const flooded = watershed(depth.map((value) => -value), seeds, pieces.numbers, width, height);
  return { ...withoutSpecks(flooded, smallest), seeds };
}

/** A map smoothed by a Gaussian, mirrored at its border with the border pixel repeated, down to four standard deviations. */
function smoothed(values, width, height, sigma) {
  const reach = Math.floor(4 * sigma + 0.5);
  const bell = Array.from({ length: 2 * reach + 1 }, (_, at) => Math.exp((-0.5 / sigma ** 2) * (at - reach) ** 2));
  const total = bell.reduce((sum, value) => sum + value, 0);
  const weights = bell.map((value) => value / total);
  const mirror = (at, size) => {
    const turn = ((at % (2 * size)) + 2 * size) % (2 * size);
    return turn < size ? turn : 2 * size - 1 - turn;
  };
  const along = (from, size, step, lines, apart) => {
    const to = new Float64Array(from.length);
    for (let line = 0; line < lines; line += 1) {
      for (let at = 0; at < size; at += 1) {
        const value = (offset) => from[line * apart + mirror(at + offset, size) * step];
        let sum = value(0) * weights[reach];
        for (let offset = -reach; offset < 0; offset += 1) sum += (value(offset) + value(-offset)) * weights[reach + offset];
        to[line * apart + at * step] = sum;
      }
    }
    return to;
  };
  return along(along(values, height, width, width, 1), width, 1, height, width);
}

/**
 * The peaks of each piece: pixels that none within `apart` rows and columns of the same piece exceeds; of two that lie nearer
 * than that the higher one stays, of equals the first.
 */
function peaks(depth, { numbers, count }, width, height, apart) {
  const least = depth.reduce((low, value) => Math.min(low, value), Infinity);
  const members = Array.from({ length: count + 1 }, () => []);
  numbers.forEach((number, at) => members[number].push(at));
  const found = [];
  for (const [number, places] of members.entries()) {
    if (!number) continue;
    const same = (x, y) => x >= 0 && x < width && y >= 0 && y < height && numbers[y * width + x] === number;
    const highest = (at) => {
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let row = Math.max(y - apart, 0); row <= Math.min(y + apart, height - 1); row += 1) {
        for (let column = Math.max(x - apart, 0); column <= Math.min(x + apart, width - 1); column += 1) {
          if (numbers[row * width + column] === number && depth[row * width + column] > depth[at]) return false;
        }
      }
      return true;
    };
    let tops = places.filter(highest);
    if (tops.length === places.length) tops = thinParts(places, same, width); // a flat piece has no peak but where it is thin
    tops = tops.filter((at) => depth[at] > least).sort((one, other) => depth[other] - depth[one] || one - other);
    const kept = [];
    const near = (one, other) => Math.max(Math.abs((one % width) - (other % width)), Math.abs(Math.floor(one / width) - Math.floor(other / width))) < apart;
    for (const at of tops) if (apart < 2 || !kept.some((other) => near(at, other))) kept.push(at);
    found.push(...kept);
  }
  return found;
}

/** The pixels of a piece that an opening with a cross of five pixels takes away. */
function thinParts(places, same, width) {
  const CROSS = [[0, 0], [0, -1], [-1, 0], [1, 0], [0, 1]];
  const eroded = new Set(places.filter((at) => CROSS.every(([x, y]) => same((at % width) + x, Math.floor(at / width) + y))));
  return places.filter((at) => !CROSS.some(([x, y]) => same((at % width) + x, Math.floor(at / width) + y) && eroded.has(at + y * width + x)));
}

/**
 * Flood the pieces from the seeds, deepest pixel first, of equals the one that was reached first: numbers, 0 outside. As in
 * scikit-image, a pixel gets its number when it is reached, and its place in the queue by its own height.
 */
function watershed(heights, seeds, inside, width, height) {
  const numbers = new Int32Array(heights.length);
  const queue = new Queue((one, other) => heights[one.at] - heights[other.at] || one.age - other.age);
  seeds.forEach((at, index) => (numbers[at] = index + 1));
  for (let at = 0; at < numbers.length; at += 1) if (numbers[at]) queue.push({ at, age: 0 });
  for (let age = 0; queue.size; ) {
    const { at } = queue.pop();
    const x = at % width;
    for (const next of [at - width, x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at + width]) {
      if (next < 0 || next >= numbers.length || !inside[next] || numbers[next]) continue;
      numbers[next] = numbers[at];
      age += 1;
      queue.push({ at: next, age });
    }
  }
  return numbers;
}

/** A binary heap: the smallest comes out first. */
class Queue {
  constructor(compare) {
    this.compare = compare;
    this.items = [];
  }
  get size() {
    return this.items.length;
  }
  push(item) {
    const { items, compare } = this;
    let at = items.push(item) - 1;
    for (let above = (at - 1) >> 1; at > 0 && compare(items[at], items[above]) < 0; above = (at - 1) >> 1) {
      [items[at], items[above]] = [items[above], items[at]];
      at = above;
    }
  }
  pop() {
    const { items, compare } = this;
    const first = items[0], last = items.pop();
    if (!items.length) return first;
    items[0] = last;
    for (let at = 0; ; ) {
      const below = [2 * at + 1, 2 * at + 2].filter((one) => one < items.length).sort((one, other) => compare(items[one], items[other]))[0];
      if (below === undefined || compare(items[at], items[below]) <= 0) return first;
      [items[at], items[below]] = [items[below], items[at]];
      at = below;
    }
  }
}

/** Numbered pieces without the small ones, numbered anew in their order. */
function withoutSpecks(numbers, smallest) {
  const most = numbers.reduce((high, value) => Math.max(high, value), 0);
  const sizes = new Int32Array(most + 1);
  for (const number of numbers) sizes[number] += 1;
  let count = 0;
  const anew = Array.from(sizes, (size, number) => (number && size >= smallest ? (count += 1) : 0));
  return { numbers: numbers.map((number) => anew[number]), count };
}

/**
 * Segments against true nuclei: { found, missed, invented, f1, merged, split, verdicts }. Found: a pair whose IoU is above one
 * half. verdicts: of each segment by its number, "found", "merged" (it holds most of several nuclei) or "other".
 */
export function judge(truth, segments) {
  const { both, cells, segments: sizes } = sharedPixels(truth, segments);
  const pairs = both.filter(([cell, segment, pixels]) => 2 * pixels > cells.get(cell) + sizes.get(segment) - pixels);
  const held = new Map();
  for (const [cell, segment, pixels] of both) if (2 * pixels > cells.get(cell)) held.set(segment, (held.get(segment) ?? 0) + 1);
  const good = new Set(pairs.map(([, segment]) => segment));
  const verdict = (segment) => (held.get(segment) > 1 ? "merged" : good.has(segment) ? "found" : "other");
  const [found, missed, invented] = [pairs.length, cells.size - pairs.length, sizes.size - pairs.length];
  const all = 2 * found + missed + invented;
  return {
    found, missed, invented, f1: all ? (2 * found) / all : 1, ...mergedAndSplit(truth, segments),
    verdicts: Object.fromEntries([...sizes.keys()].map((segment) => [segment, verdict(segment)])),
  };
}
