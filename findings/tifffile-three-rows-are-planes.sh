#!/bin/sh
# tifffile 2026.3.3: imwrite takes a uint8 stack of three images, (3, H, W), for one RGB image in three planes; of four
# images it makes RGB and one more. The same stack of two or five images is two or five pages.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check tifffile==2026.3.3 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
import numpy as np
import tifffile

found = {}
for number in (2, 3, 4, 5):
    tifffile.imwrite("stack.tif", np.zeros((number, 8, 9), np.uint8))
    with tifffile.TiffFile("stack.tif") as file:
        found[number] = len(file.pages), file.pages[0].photometric.name
    print(f"tifffile {tifffile.__version__}: {number} images of 8 x 9: {found[number][0]} pages, {found[number][1]}")
assert [pages for pages, _ in found.values()] == [2, 1, 1, 5]
assert found[3][1] == found[4][1] == "RGB"
END
