#!/bin/sh
# parso 0.8.7 (it reads the code in Jupyter's completion, by jedi) reports a syntax error in Python 3.12's type statement.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check parso==0.8.7
cd "$folder"
"$folder/env/bin/python" - <<'END'
import parso

grammar = parso.load_grammar(version="3.12")
errors = [error.message for error in grammar.iter_errors(grammar.parse("type Size = int\n"))]
print(f"parso {parso.__version__}, grammar of 3.12: {errors}")
assert errors
END
