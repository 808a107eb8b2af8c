// The sizes in a U-Net, as in unet_edu/arithmetic.py: a test holds the two against each other over the whole range.

/** How many pixels each side loses by all convolutions: 92 for the paper's network. */
export const border = (depth = 4, kernel = 3, padding = 0) => (kernel - 1 - 2 * padding) * (3 * 2 ** depth - 2);

/** The nearest legal sizes, [at most size or null, at least size]; null where no size is legal. */
export function nearestValid(size, depth = 4, kernel = 3, padding = 0) {
  const lost = kernel - 1 - 2 * padding;
  if (lost < 0) return null;
  const step = 2 ** depth;
  const smallest = step * (4 * lost - Math.floor((2 * lost - 1) / step)) + 2 * lost * (step - 1);
  if (size < smallest) return [null, smallest];
  const below = size - ((size - smallest) % step);
  return [below, below === size ? below : below + step];
}

/** Whether a network of this depth takes the size. */
export const isValid = (size, depth = 4, kernel = 3, padding = 0) => nearestValid(size, depth, kernel, padding)?.[0] === size;

/** Every size as far as the network gets: { levels, output, fault }. A level has down and, once reached, crop and up. */
export function plan(size, depth, kernel, padding) {
  const lost = 2 * (kernel - 1 - 2 * padding); // by the two convolutions of a level
  const levels = [];
  const stop = (stage, at, words) => ({ levels, output: null, fault: { stage, size: at, words } });
  if (lost < 0) {
    const most = Math.floor((kernel - 1) / 2);
    const words = `padding ${padding} makes maps grow: a ${kernel}×${kernel} convolution of a U-Net takes at most ${most}`;
    return stop("padding", size, words);
  }
  let reached = size;
  for (let level = 0; level <= depth; level += 1) {
    if (reached < lost + 1) {
      const needed = `two ${kernel}×${kernel} convolutions need ${lost + 1}`;
      levels.push({ down: [reached] });
      return stop(`d${level}`, reached, `level ${level} would get ${reached} pixels, and ${needed}`);
    }
    levels.push({ down: [reached, reached - lost / 2, reached - lost] });
    reached -= lost;
    if (level === depth) break;
    if (reached % 2) return stop(`pool${level + 1}`, reached, `pool${level + 1} would meet the odd size ${reached}`);
    reached /= 2;
  }
  for (let level = depth - 1; level >= 0; level -= 1) {
    const [joined, skip] = [2 * reached, levels[level].down[2]];
    levels[level].crop = (skip - joined) / 2;
    if (joined < lost + 1) {
      levels[level].up = [joined];
      return stop(`u${level}`, joined, `the expansive path would run out of pixels on level ${level}, which gets ${joined}`);
    }
    reached = joined - lost;
    levels[level].up = [joined, joined - lost / 2, reached];
  }
  return { levels, output: reached, fault: null };
}
