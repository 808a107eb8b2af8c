#!/bin/sh
# scipy 1.17.1: ndimage.minimum_filter of int64 goes through float64: the largest int64 comes out as the smallest.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
import numpy as np
import scipy
from scipy import ndimage

largest = np.iinfo(np.int64).max
made = ndimage.minimum_filter(np.full(5, largest), 3)
odd = ndimage.minimum_filter(np.full(5, 2**53 + 1), 3)
print(f"scipy {scipy.__version__}: the minimum of {largest} and its like: {made[0]}; of 2**53 + 1: 2**53 + {odd[0] - 2**53}")
assert made[0] == np.iinfo(np.int64).min
assert odd[0] == 2**53
END
