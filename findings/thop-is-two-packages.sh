#!/bin/sh
# thop 0.1.1.post2209072238 and ultralytics-thop 2.2.3 both install the module thop; pip reports no conflict, the later
# one lies over the first, and the same line then counts an up-convolution otherwise.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps thop==0.1.1.post2209072238 ultralytics-thop==2.2.3
cd "$folder"
"$folder/env/bin/python" - <<'END'
from importlib.metadata import files

owners = {}
for name in ("thop", "ultralytics-thop"):
    for file in files(name):
        owners.setdefault(str(file), []).append(name)
both = [file for file, names in owners.items() if len(names) == 2]
print(f"{len(both)} files belong to both, such as {both[0]}")
assert "thop/__init__.py" in both
assert "thop/profile.py" in both
END
