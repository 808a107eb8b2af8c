#!/bin/sh
# scikit-image 0.26.0: adapted_rand_error returns precision and recall under each other's names.
# Documented: recall divides by the pairs of the true image. Merging two true cells parts no true pair: recall 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check scikit-image==0.26.0
cd "$folder"
"$folder/env/bin/python" - <<'END'
import numpy as np
import skimage
from skimage.metrics import adapted_rand_error

true = np.repeat([[1, 2]], 8, axis=0).repeat(4, axis=1)
merged = np.ones_like(true)
_, precision, recall = adapted_rand_error(true, merged, ignore_labels=())
print(f"scikit-image {skimage.__version__}: two cells merged: precision {precision:.3f}, recall {recall:.3f}")
print("documented: precision 0.492, recall 1.000")
assert (round(precision, 3), round(recall, 3)) == (1, 0.492)
END
