#!/bin/sh
# opencv 5.0.0.93 and pycocotools 2.0.11: a mask made a polygon by one, and a mask again by the other, is smaller.
# findContours returns the middles of border pixels; decode takes vertices as corners of pixels. Cells that touch part.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 \
    pycocotools==2.0.11 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
import cv2
import numpy as np
from pycocotools import mask as coco


def polygon(cell):
    (border,), _ = cv2.findContours(cell.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return border


def decoded(border, shape):
    return coco.decode(coco.frPyObjects([border.ravel().astype(float).tolist()], *shape))[..., 0]


y, x = np.mgrid[:64, :64]
disc = (x - 30) ** 2 + (y - 30) ** 2 <= 10**2
border = polygon(disc)
filled = cv2.fillPoly(np.zeros(disc.shape, np.uint8), [border], 1)
print(f"a disc of {disc.sum()} pixels: {filled.sum()} by fillPoly, {decoded(border, disc.shape).sum()} by pycocotools")
label = np.zeros((20, 30), int)
label[5:15, 5:15], label[5:15, 15:25] = 1, 2
again = sum(number * decoded(polygon(label == number), label.shape).astype(int) for number in (1, 2))
print("a row of two cells that touch:", *label[9, 12:18], "comes back as", *again[9, 12:18])
assert (disc.sum(), filled.sum(), decoded(border, disc.shape).sum()) == (317, 317, 288)
assert again[9, 12:18].tolist() == [1, 1, 0, 2, 2, 2]
END
