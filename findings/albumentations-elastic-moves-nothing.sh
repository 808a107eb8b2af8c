#!/bin/sh
# albumentations 2.0.8: ElasticTransform with its defaults moves no pixel by as much as a hundredth of a pixel.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check albumentations==2.0.8 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
import albumentations
import numpy as np

ramp = np.stack(np.meshgrid(np.arange(256), np.arange(256), indexing="ij"), 2).astype(np.float32)
transform = albumentations.ElasticTransform(p=1)
transform.set_random_seed(0)
moved = np.abs(transform(image=ramp)["image"] - ramp)[40:-40, 40:-40]
print(f"albumentations {albumentations.__version__}: the furthest of {moved[..., 0].size} pixels moves {moved.max():.5f} pixels")
assert moved.max() < 0.01
END
