#!/bin/sh
# UTIF.js 3.1.0: samples of 16 bits in a big-endian TIFF are returned little-endian, while the image's isLE stays false;
# whoever reads them as isLE says gets 513 for 258.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund utif@3.1.0
cat > show.js <<'END'
const UTIF = require("utif");
const bytes = [];
const short = (value) => bytes.push(value >> 8, value & 255);
const long = (value) => { short(value >>> 16); short(value & 65535); };
// width 2, height 1, 16 bits, uncompressed, black is zero, data at 122, one sample, one strip of 4 bytes
const tags = [[256, 3, 2], [257, 3, 1], [258, 3, 16], [259, 3, 1], [262, 3, 1], [273, 4, 122], [277, 3, 1], [278, 3, 1], [279, 4, 4]];
short(0x4d4d); short(42); long(8); short(tags.length);
for (const [tag, kind, value] of tags) {
  short(tag); short(kind); long(1);
  if (kind === 3) { short(value); short(0); } else long(value);
}
long(0); short(258); short(772);
const file = Uint8Array.from(bytes).buffer;
const [image] = UTIF.decode(file);
UTIF.decodeImage(file, image);
const samples = new DataView(image.data.buffer, image.data.byteOffset);
const read = samples.getUint16(0, image.isLE);
console.log(`utif ${require("utif/package.json").version}: 258 in a big-endian file, isLE ${image.isLE}: read as ${read}`);
process.exit(image.isLE === false && read === 513 ? 0 : 1);
END
node show.js
