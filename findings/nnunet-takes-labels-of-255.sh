#!/bin/sh
# nnU-Net 2.8.1 plans and preprocesses labels of 0 and 255 where 0 and 1 were declared; only with
# --verify_dataset_integrity it refuses them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check nnunetv2==2.8.1 torch==2.13.0 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

names = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")
places = os.environ | {name: str(Path(name).resolve()) for name in names}
data = Path("nnUNet_raw/Dataset001_Disks")
for name in ("imagesTr", "labelsTr"):
    (data / name).mkdir(parents=True)
rows, columns = np.mgrid[:64, :64]
for n in range(6):
    disk = (rows - 30 - n) ** 2 + (columns - 32) ** 2 < 200
    noise = np.random.default_rng(n).integers(0, 50, disk.shape)
    Image.fromarray((disk * 150 + noise).astype(np.uint8)).save(data / "imagesTr" / f"disk{n}_0000.png")
    Image.fromarray((disk * 255).astype(np.uint8)).save(data / "labelsTr" / f"disk{n}.png")
facts = {"channel_names": {"0": "grey"}, "labels": {"background": 0, "disk": 1}, "numTraining": 6, "file_ending": ".png"}
(data / "dataset.json").write_text(json.dumps(facts))
command = [Path(sys.executable).with_name("nnUNetv2_plan_and_preprocess"), *"-d 1 -c 2d -np 1 -npfp 1".split()]
status = []
for more in ([], ["--verify_dataset_integrity"]):
    status.append(subprocess.run(command + more, env=places, capture_output=True).returncode)
    print(f"nnunetv2 {version('nnunetv2')}, labels 0 and 255, {more or 'as it is'}: exit status {status[-1]}")
assert status[0] == 0
assert status[1] != 0
END
