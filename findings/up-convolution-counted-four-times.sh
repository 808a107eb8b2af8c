#!/bin/sh
# thop 0.1.1.post2209072238 and torchinfo 1.8.0 count each output pixel of a 2x2 up-convolution of stride 2 with all four
# weights of its kernel, of which it uses one: four times the multiply-adds. torch's FlopCounterMode counts one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check thop==0.1.1.post2209072238 torchinfo==1.8.0 torch==2.13.0 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
from importlib.metadata import version

import thop
import torch
import torchinfo
from torch.utils.flop_counter import FlopCounterMode

net, maps = torch.nn.ConvTranspose2d(8, 4, 2, stride=2, bias=False), torch.rand(1, 8, 10, 10)
made = net(maps)
true = made.numel() * 8  # every output value is a sum over the 8 input channels at one place
with FlopCounterMode(display=False) as counter:
    net(maps)
found = {
    "thop": int(thop.profile(net, (maps,), verbose=False)[0]),
    "torchinfo": torchinfo.summary(net, input_data=maps, verbose=0).total_mult_adds,
}
for name, count in found.items():
    print(f"{name} {version(name)}: {count:,}, {count / true:g} times {true:,}")
print(f"torch {torch.__version__}: {counter.get_total_flops() // 2:,}, two operations each")
assert set(found.values()) == {4 * true}
assert counter.get_total_flops() == 2 * true
END
