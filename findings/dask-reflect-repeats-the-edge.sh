#!/bin/sh
# Dask 2026.8.0: boundary="reflect" of map_overlap and overlap repeats the edge pixel, which NumPy calls "symmetric".
# NumPy's "reflect" (also PyTorch's) does not. A network that was trained on one gets the other.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check dask==2026.8.0 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
import dask
import dask.array as da
import numpy as np

row = np.arange(4)
dasks = da.overlap.overlap(da.from_array(row, chunks=4), 2, "reflect").compute()
print(f"dask {dask.__version__}: reflect  ", dasks)
for mode in ("reflect", "symmetric"):
    print(f"numpy {np.__version__}: {mode:10}", np.pad(row, 2, mode=mode))
assert dasks.tolist() == np.pad(row, 2, mode="symmetric").tolist()
END
