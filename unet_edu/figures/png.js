// Pictures as PNG files: read where a browser would lose bits, and write what a canvas cannot. Source: W3C, Portable Network
// Graphics (second edition); only what is needed: no interlacing, 8 or 16 bits, no palette.

const PNG_SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const CHANNELS = { 0: 1, 2: 3, 4: 2, 6: 4 }; // of a colour type: grey, RGB, grey and alpha, RGB and alpha

async function piped(bytes, stream) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** The header of a PNG file: { width, height, bits, type, interlaced }, or null for a file of another kind. */
export function pngHeader(bytes) {
  if (bytes.length < 33 || PNG_SIGNATURE.some((value, at) => bytes[at] !== value)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20), bits: bytes[24], type: bytes[25], interlaced: bytes[28] !== 0 };
}

/** The grey values of a PNG file of 16 bits: { width, height, values: Uint16Array }; of colours the brightness. */
export async function readPng16(bytes) {
  const { width, height, type } = pngHeader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [];
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (String.fromCharCode(...bytes.subarray(at + 4, at + 8)) === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const raw = await piped(new Blob(parts), new DecompressionStream("deflate"));
  const channels = CHANNELS[type], pixel = 2 * channels, line = pixel * width;
  if (raw.length < height * (line + 1)) throw new Error("the file ends too early");
  const values = new Uint16Array(width * height);
  let above = new Uint8Array(line);
  for (let y = 0; y < height; y += 1) {
    const kind = raw[y * (line + 1)];
    const row = raw.subarray(y * (line + 1) + 1, (y + 1) * (line + 1));
    unfilter(kind, row, above, pixel);
    for (let x = 0; x < width; x += 1) {
      const part = (channel) => (row[x * pixel + 2 * channel] << 8) | row[x * pixel + 2 * channel + 1];
      values[y * width + x] = channels < 3 ? part(0) : Math.round(0.299 * part(0) + 0.587 * part(1) + 0.114 * part(2));
    }
    above = row;
  }
  return { width, height, values };
}

/** Undo the filter of a line in place; above: the line before, pixel: bytes of one. */
function unfilter(kind, row, above, pixel) {
  for (let at = 0; at < row.length; at += 1) {
    const left = at < pixel ? 0 : row[at - pixel], up = above[at], corner = at < pixel ? 0 : above[at - pixel];
    if (kind === 1) row[at] += left;
    else if (kind === 2) row[at] += up;
    else if (kind === 3) row[at] += (left + up) >> 1;
    else if (kind === 4) {
      const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
      row[at] += a <= b && a <= c ? left : b <= c ? up : corner;
    }
  }
}

/** A PNG file: { width, height, channels: 1 grey or 3 RGB, data }, a Uint8Array or, with 16 bits, a Uint16Array → Blob. */
export async function writePng({ width, height, channels, data }) {
  const wide = data instanceof Uint16Array ? 2 : 1;
  const line = width * channels * wide;
  const raw = new Uint8Array(height * (line + 1)); // each line begins with 0: no filter
  for (let y = 0; y < height; y += 1) {
    if (wide === 1) raw.set(data.subarray(y * line, (y + 1) * line), y * (line + 1) + 1);
    else for (let x = 0; x < width * channels; x += 1) {
      const value = data[y * width * channels + x];
      raw[y * (line + 1) + 1 + 2 * x] = value >> 8;
      raw[y * (line + 1) + 2 + 2 * x] = value & 255;
    }
  }
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    return value;
  });
  const chunk = (name, body) => {
    const bytes = new Uint8Array(12 + body.length), view = new DataView(bytes.buffer);
    view.setUint32(0, body.length);
    bytes.set([...name].map((letter) => letter.charCodeAt(0)), 4);
    bytes.set(body, 8);
    let sum = 0xffffffff;
    for (let at = 4; at < 8 + body.length; at += 1) sum = table[(sum ^ bytes[at]) & 255] ^ (sum >>> 8);
    view.setUint32(8 + body.length, ~sum);
    return bytes;
  };
  const head = new Uint8Array(13), view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head.set([8 * wide, channels === 3 ? 2 : 0], 8);
  const packed = await piped(raw, new CompressionStream("deflate"));
  return new Blob([Uint8Array.from(PNG_SIGNATURE), chunk("IHDR", head), chunk("IDAT", packed), chunk("IEND", new Uint8Array(0))], { type: "image/png" });
}
