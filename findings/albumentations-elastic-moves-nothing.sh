#!/bin/sh
# albumentations 2.0.8: ElasticTransform with its defaults moves pixels by less than a thousandth
# of a pixel (root mean square).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check albumentations==2.0.8 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
import albumentations
import numpy as np

ramp = np.stack(np.meshgrid(np.arange(572), np.arange(572), indexing="ij"), 2).astype(np.float32)
transform = albumentations.ElasticTransform(p=1)
transform.set_random_seed(0)
moved = np.abs(transform(image=ramp)["image"] - ramp)[60:-60, 60:-60]
size = np.sqrt(np.square(moved).mean())
print(f"albumentations {albumentations.__version__}: pixels move by {size:.5f} pixels, root mean square")
assert size < 0.001
END
