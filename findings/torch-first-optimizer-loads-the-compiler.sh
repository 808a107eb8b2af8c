#!/bin/sh
# torch 2.13.0: the first optimizer of a process, plain SGD with compiling nowhere asked for, loads torch._dynamo and
# sympy: over 500 modules, a second or more before the first step.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
import sys
import time

import torch

before, start = set(sys.modules), time.perf_counter()
torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.1)
new = set(sys.modules) - before
print(f"torch {torch.__version__}: {len(new)} modules in {time.perf_counter() - start:.1f} s, among them:")
print(*sorted(name for name in new if name in ("torch._dynamo", "sympy")))
assert {"torch._dynamo", "sympy"} <= new
assert len(new) > 500
END
