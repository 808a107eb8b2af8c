// Exact distances on a map of numbers, row after row. SciPy's distance_transform_edt is what the tests hold them against.

/**
 * The squared distance of each pixel to one cell. First within each column. Then, along each row, each column offers a
 * parabola, its own square + (x − column)²; what counts is the lower envelope of all of them (Felzenszwalb and
 * Huttenlocher, Distance transforms of sampled functions, 2012).
 */
function squaredDistances(instances, cell, width, height) {
  const within = new Float64Array(width * height);
  for (let x = 0; x < width; x += 1) {
    let far = Infinity;
    for (let at = x; at < within.length; at += width) {
      far = instances[at] === cell ? 0 : far + 1;
      within[at] = far;
    }
    far = Infinity;
    for (let at = x + within.length - width; at >= 0; at -= width) {
      far = instances[at] === cell ? 0 : far + 1;
      if (far < within[at]) within[at] = far;
    }
  }
  const squares = new Float64Array(width * height).fill(Infinity);
  const columns = new Int32Array(width); // whose parabolas make the envelope
  const starts = new Float64Array(width); // from where on each of them is the lowest
  for (let row = 0; row < within.length; row += width) {
    let count = 0;
    for (let x = 0; x < width; x += 1) {
      const own = within[row + x];
      if (own === Infinity) continue;
      let start = -Infinity;
      while (count > 0) {
        const other = columns[count - 1];
        start = (own * own + x * x - within[row + other] ** 2 - other * other) / (2 * (x - other));
        if (start > starts[count - 1]) break;
        count -= 1;
        start = -Infinity;
      }
      columns[count] = x;
      starts[count] = start;
      count += 1;
    }
    for (let x = 0, part = 0; count > 0 && x < width; x += 1) {
      while (part + 1 < count && starts[part + 1] <= x) part += 1;
      squares[row + x] = within[row + columns[part]] ** 2 + (x - columns[part]) ** 2;
    }
  }
  return squares;
}
