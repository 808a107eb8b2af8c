// Cells and what became of them: regions of a map, the thinning and the V_Rand of the ISBI 2012 challenge, cells merged
// and broken. The same as unet_edu.metrics, unet_edu.thinning and fates of training_replay.py, against which tests hold it.

/** The 4-connected regions of the places where inside(at) is true: { numbers: 0 for none, else 1…n; count: n }. */
export function regions(inside, width, height) {
  const numbers = new Int32Array(width * height);
  const waiting = new Int32Array(width * height);
  let count = 0;
  for (let start = 0; start < numbers.length; start += 1) {
    if (numbers[start] || !inside(start)) continue;
    count += 1;
    numbers[start] = count;
    waiting[0] = start;
    for (let left = 1; left > 0;) {
      const at = waiting[(left -= 1)];
      const visit = (next) => {
        if (numbers[next] || !inside(next)) return;
        numbers[next] = count;
        waiting[left++] = next;
      };
      if (at % width > 0) visit(at - 1);
      if (at % width < width - 1) visit(at + 1);
      if (at >= width) visit(at - width);
      if (at < numbers.length - width) visit(at + width);
    }
  }
  return { numbers, count };
}

/** What became of true cells among segments, as `fates` of training_replay.py; `most`: each segment's commonest cell. */
export function fates(truth, segments, count) {
  const cells = truth.reduce((a, b) => Math.max(a, b), 0);
  const both = new Int32Array((cells + 1) * (count + 1));
  for (let at = 0; at < truth.length; at += 1) both[truth[at] * (count + 1) + segments[at]] += 1;
  const crowd = new Int32Array(count + 1), holder = new Int32Array(cells + 1), most = new Int32Array(count + 1);
  for (let cell = 1; cell <= cells; cell += 1) {
    const row = both.subarray(cell * (count + 1), (cell + 1) * (count + 1));
    const size = row.reduce((a, b) => a + b, 0);
    for (let segment = 1; segment <= count; segment += 1) {
      if (2 * row[segment] > size) crowd[(holder[cell] = segment)] += 1;
      if (row[segment] > both[most[segment] * (count + 1) + segment] || (!most[segment] && row[segment])) most[segment] = cell;
    }
  }
  const held = [...holder].filter(Boolean);
  const alone = held.filter((segment) => crowd[segment] === 1).length;
  return { alone, together: held.length - alone, broken: cells - held.length, most };
}

/**
 * The segments of a map after the challenge's thinning, as `thin` of unet_edu.thinning: regions grow at one speed until
 * they meet, and a dam of one pixel, 0, stands between them. A queue, first in first out, column by column at first.
 */
export function thinned(inside, width, height) {
  const { numbers, count } = regions(inside, width, height);
  if (!count) return { numbers: numbers.fill(1), count: 1 };
  const waiting = new Int32Array(width * height), queued = new Uint8Array(width * height);
  let end = 0;
  const looks = (at) => { // left, up, right, down; -1 is outside
    const x = at % width;
    return [x > 0 ? at - 1 : -1, at - width, x < width - 1 ? at + 1 : -1, at + width < width * height ? at + width : -1];
  };
  const queue = (at) => {
    queued[at] = 1;
    waiting[end++] = at;
  };
  for (let x = 0; x < width; x += 1) {
    for (let at = x; at < width * height; at += width) {
      if (!numbers[at] && looks(at).some((next) => next >= 0 && numbers[next] > 0)) queue(at);
    }
  }
  const border = (at) => !inside(at);
  for (let turn = 0; turn < end; turn += 1) {
    const at = waiting[turn];
    let seen = 0, two = false;
    for (const next of looks(at)) {
      if (next < 0) continue;
      if (numbers[next] > 0) {
        two ||= seen > 0 && seen !== numbers[next];
        seen = numbers[next];
      }
      if (!queued[next] && border(next)) queue(next);
    }
    numbers[at] = two ? 0 : seen;
  }
  return { numbers, count };
}

const THRESHOLDS = Array.from({ length: 11 }).reduce((list) => [...list, list.length ? list.at(-1) + 0.1 : 0], []); // added up, as the challenge does

/** V_Rand of segments: truth, segments: numbers of one length, 0 for none. As `rand_parts` of unet_edu.metrics. */
export function randScore(truth, segments) {
  const pairs = new Map(), cells = new Map(), parts = new Map();
  let singles = 0;
  const count = (sizes, key) => sizes.set(key, (sizes.get(key) ?? 0) + 1);
  for (let at = 0; at < truth.length; at += 1) {
    if (!truth[at]) continue;
    count(cells, truth[at]);
    if (!segments[at]) singles += 1;
    else {
      count(parts, segments[at]);
      count(pairs, truth[at] * 65536 + segments[at]);
    }
  }
  const squares = (sizes) => [...sizes.values()].reduce((sum, size) => sum + size * size, 0);
  return (2 * (squares(pairs) + singles)) / (squares(cells) + squares(parts) + singles);
}

/** The best V_Rand of a probability of cell over the challenge's thresholds: { score, threshold }. truth: its regions. */
export function bestRand(truth, probability, width, height) {
  let best = { score: -1, threshold: 0 };
  for (const threshold of THRESHOLDS) {
    const score = randScore(truth, thinned((at) => probability[at] > threshold, width, height).numbers);
    if (score > best.score) best = { score, threshold };
  }
  return best;
}
