#!/bin/sh
# MONAI 1.6.1: UNet turns 511 pixels into 512, FlexibleUNet into 510, both without a word, while its other networks stop.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check monai==1.6.1 torch==2.13.0 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
import monai
import torch
from monai.networks import nets

image = torch.rand(1, 1, 511, 511)
found = {}
for net in (
    nets.UNet(2, 1, 2, (8, 16, 32, 64, 128), (2, 2, 2, 2)),
    nets.FlexibleUNet(1, 2, "efficientnet-b0", pretrained=False, spatial_dims=2),
):
    with torch.no_grad():
        found[type(net).__name__] = net.eval()(image).shape[-1]
    print(f"monai {monai.__version__}: {type(net).__name__}: 511 pixels in, {found[type(net).__name__]} out")
assert found == {"UNet": 512, "FlexibleUNet": 510}
END
