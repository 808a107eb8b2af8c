#!/bin/sh
# elasticdeform 0.5.1: its wheel was built for NumPy 1 but allows any; beside NumPy 2 the import fails. Compiled anew
# (pip install --no-binary elasticdeform) it works.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: elasticdeform==0.5.1 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'END'
from importlib.metadata import version

try:
    import elasticdeform  # noqa: F401
except ImportError as error:
    print(f"elasticdeform {version('elasticdeform')}, numpy {version('numpy')}: {error}")
else:
    raise SystemExit("it can be imported now")
END
