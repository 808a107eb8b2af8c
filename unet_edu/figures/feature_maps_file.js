// FeatureMaps: a reader's file becomes grey values. PNG with 16 bits is read by png.js, since a browser would keep 8 of them;
// TIFF by UTIF.js, which is fetched when the first TIFF is opened; everything else by the browser. All of it in a worker, but for
// a TIFF on a page from disk, whose workers can load no library.

const LARGEST = 4096; // pixels a side; a larger picture is scaled down
const SMALLEST = 16; // one pixel of the deepest map
const PERCENTILES = [0.5, 99.5]; // of the grey values, that become black and white
const LOOKED_AT = 2 ** 18; // values at most for the percentiles
const TIFF_MARKS = ["II*\0", "MM\0*"];

function isTiff(start) {
  return TIFF_MARKS.includes(start.slice(0, 4));
}

/** What scale makes a picture fit: 1, or less for a large one; throws where it has too few pixels. */
export function fitting(width, height) {
  if (Math.min(width, height) < SMALLEST) throw new Error(`That picture has ${width} × ${height} pixels; the network needs at least ${SMALLEST} on each side, one pixel of its deepest map.`);
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  if (scale * Math.min(width, height) < SMALLEST) throw new Error(`That picture is too long and thin: ${width} × ${height} pixels. Cut a piece of at most 1 : ${LARGEST / SMALLEST} out of it.`);
  return scale;
}

/** The grey values of a file, read by the library where it is TIFF: { width, height, values, most, pages, page }; most: what is white at least; page counts from 0. */
async function readPicture(file, page, library) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const start = String.fromCharCode(...bytes.subarray(0, 512));
  if (file.type === "image/svg+xml" || /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/.test(start)) {
    throw new Error(`“${file.name}” is SVG: a drawing of lines and areas, without pixels, and a network reads pixels. Save it as PNG, at the size that you want.`);
  }
  if (isTiff(start)) return readTiff(file.name, bytes, page, library);
  if (file.type && !file.type.startsWith("image/")) throw new Error(`“${file.name}” is no picture (${file.type}).`);
  const damaged = () => new Error(`“${file.name}” cannot be read as a picture: it is damaged, or of a kind that this browser cannot read.`);
  const header = pngHeader(bytes);
  if (header?.bits === 16 && !header.interlaced) {
    fitting(header.width, header.height);
    const { width, height, values } = await readPng16(bytes).catch(() => { throw damaged(); });
    return { width, height, values, most: 65535, pages: 1, page: 0 };
  }
  const bitmap = await createImageBitmap(file).catch(() => { throw damaged(); });
  const scale = fitting(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.round(side * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, values: brightness(data, 4), most: 255, pages: 1, page: 0, was: [bitmap.width, bitmap.height] };
}

/** Grey values of pixels of three or more channels. */
function brightness(data, channels) {
  const values = new Uint16Array(data.length / channels);
  for (let at = 0; at < values.length; at += 1) {
    values[at] = Math.round(0.299 * data[channels * at] + 0.587 * data[channels * at + 1] + 0.114 * data[channels * at + 2]);
  }
  return values;
}

function readTiff(name, bytes, page, library) {
  if (!globalThis.UTIF) importScripts(...library);
  const wrong = (words) => new Error(`“${name}” is a TIFF that cannot be read here: ${words}.`);
  let pages, shown;
  try {
    pages = globalThis.UTIF.decode(bytes.buffer).filter((one) => one.t256 && one.t257);
    shown = pages[Math.min(page, pages.length - 1)];
    if (shown) fitting(shown.t256[0], shown.t257[0]);
    if (shown) globalThis.UTIF.decodeImage(bytes.buffer, shown, pages);
  } catch (error) {
    if (/pixels/.test(error.message)) throw error;
    throw wrong("it is damaged, or compressed in a way that UTIF.js does not know");
  }
  if (!shown?.data) throw wrong("it holds no picture");
  const { width, height } = shown;
  const bits = shown.t258?.[0] ?? 1, channels = shown.t277?.[0] ?? shown.t258?.length ?? 1, format = shown.t339?.[0] ?? 1;
  if (![8, 16].includes(bits) || format !== 1) throw wrong(`it has ${bits} bits a value${format === 1 ? "" : ", no whole numbers"}; 8 and 16 bits are read`);
  if (shown.data.length < (width * height * channels * bits) / 8) throw wrong("it ends too early");
  const view = new DataView(shown.data.buffer, shown.data.byteOffset); // UTIF.js turns 16 bits to little-endian
  const all = bits === 8 ? shown.data : Uint16Array.from({ length: width * height * channels }, (_, at) => view.getUint16(2 * at, true));
  const values = channels >= 3 ? brightness(all, channels) : Uint16Array.from({ length: width * height }, (_, at) => all[at * channels]);
  const most = 2 ** bits - 1;
  if (shown.t262?.[0] === 0) values.forEach((value, at) => (values[at] = most - value)); // white is zero
  return { width, height, values, most, pages: pages.length, page: pages.indexOf(shown) };
}

/** A picture that is no larger than it may be: each pixel the mean of those that it stands for. */
export function shrunk({ width, height, values, ...rest }) {
  const scale = fitting(width, height);
  const was = rest.was ?? [width, height];
  if (scale === 1) return { ...rest, width, height, values, was };
  const [wide, high] = [width, height].map((side) => Math.round(side * scale));
  const out = new Uint16Array(wide * high);
  for (let y = 0; y < high; y += 1) {
    const [top, bottom] = [Math.floor((y * height) / high), Math.ceil(((y + 1) * height) / high)];
    for (let x = 0; x < wide; x += 1) {
      const [left, right] = [Math.floor((x * width) / wide), Math.ceil(((x + 1) * width) / wide)];
      let sum = 0;
      for (let row = top; row < bottom; row += 1) for (let column = left; column < right; column += 1) sum += values[row * width + column];
      out[y * wide + x] = Math.round(sum / ((bottom - top) * (right - left)));
    }
  }
  return { ...rest, width: wide, height: high, values: out, was };
}

/** The values between which the greys are spread: percentiles, of at most LOOKED_AT values that lie evenly. */
export function contrastLimits(values, [low, high] = PERCENTILES) {
  const step = Math.ceil(values.length / LOOKED_AT);
  const some = Float64Array.from({ length: Math.ceil(values.length / step) }, (_, at) => values[at * step]).sort();
  const at = (share) => some[Math.round((share / 100) * (some.length - 1))];
  return [at(low), at(high)];
}

/** Values as bytes: low is black, high is white. */
export function asGreys(values, [low, high]) {
  const scale = high > low ? 255 / (high - low) : 0;
  return Uint8Array.from(values, (value) => Math.round(Math.min(Math.max((value - low) * scale, 0), 255)));
}

let opened = null; // the picture that was read last

/** Read a file and keep it: { pages, page, width, height, was }, its size as it is shown and as it was. */
async function openPicture(file, page, library) {
  opened = shrunk(await readPicture(file, page, library));
  const { pages, width, height, was } = opened;
  return { pages, page: opened.page, width, height, was };
}

/** The greys of that picture, at least `least` pixels a side, and packed: { greys, image, width, height, inner }. contrast: spread them. */
async function openedGreys(contrast, least) {
  const limits = contrast ? contrastLimits(opened.values) : [0, opened.most];
  const found = mirroredTo(asGreys(opened.values, limits), opened.width, opened.height, least);
  return { image: await piped(found.greys, new CompressionStream("deflate")), ...found };
}

const READING = [
  isTiff, mirrored, pngHeader, unfilter, readPng16, piped, fitting, brightness, readTiff, readPicture, shrunk, contrastLimits, asGreys,
  mirroredTo, openPicture, openedGreys,
];
const GIVEN = { LARGEST, SMALLEST, PERCENTILES, LOOKED_AT, TIFF_MARKS, PNG_SIGNATURE, CHANNELS, opened };
const LIBRARY = ["pako/pako_inflate.umd.min.js", "utif/UTIF.js"]; // of the pages' vendor/

/** Who reads files: { open(file, page) → as openPicture, greys(contrast, least) → as openedGreys, dispose }. */
function pictureReader() {
  const here = { ask: async (name, ...given) => ({ openPicture, openedGreys })[name](...given), dispose: () => {} };
  let reader = null, worker = null;
  return {
    async open(file, page) {
      const tiff = isTiff(await file.slice(0, 4).text());
      const vendor = globalThis.unetEduVendor;
      if (tiff && !vendor) throw new Error(`“${file.name}” is TIFF, which the pages of the book read. With a kernel, hand an array over: FeatureMaps(image=…).`);
      const alone = tiff && location.protocol === "file:";
      if (alone) await vendor.load(...LIBRARY);
      reader = alone ? here : (worker ??= workerOf(READING, GIVEN));
      return reader.ask("openPicture", file, page, tiff && !alone ? vendor.addresses(...LIBRARY) : []);
    },
    greys: (contrast, least) => reader.ask("openedGreys", contrast, least),
    dispose: () => worker?.dispose(),
  };
}

/** A picture mirrored at its borders until each side has `least` pixels: { greys, width, height, inner }. */
export function mirroredTo(greys, width, height, least) {
  const [wide, high] = [Math.max(width, least), Math.max(height, least)];
  const inner = { left: Math.floor((wide - width) / 2), top: Math.floor((high - height) / 2), width, height };
  if (wide === width && high === height) return { greys, width, height, inner };
  const out = new Uint8Array(wide * high);
  for (let y = 0; y < high; y += 1) {
    const from = mirrored(y - inner.top, height) * width;
    for (let x = 0; x < wide; x += 1) out[y * wide + x] = greys[from + mirrored(x - inner.left, width)];
  }
  return { greys: out, width: wide, height: high, inner };
}
