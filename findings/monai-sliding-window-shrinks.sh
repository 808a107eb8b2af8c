#!/bin/sh
# MONAI 1.6.1: sliding_window_inference with a network of valid convolutions (572 in, 388 out) gives no warning
# and a map of 776 of 1144 pixels, whose rows come from up to 92 pixels beside the place where they stand.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check monai==1.6.1 torch==2.13.0 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
import warnings

import monai
import torch
from monai.inferers import sliding_window_inference

rows = torch.arange(1144.0)[None, None, :, None].repeat(1, 1, 1, 1144)
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    made = sliding_window_inference(rows, (572, 572), 1, lambda x: x[..., 92:-92, 92:-92].clone(), overlap=0)
shown = made[0, 0, :, 388]
off = (shown - torch.arange(len(shown)) - (1144 - len(shown)) / 2).abs().max().item()
about = [one for one in said if "predictor" in str(one.message)]
print(f"monai {monai.__version__}: 1144 pixels in, {len(shown)} out, rows off by up to {off:.0f}, {len(about)} warnings")
assert (len(shown), round(off), len(about)) == (776, 92, 0)
END
