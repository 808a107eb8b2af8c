# The two commands of the README are `make book` and `make test`; `make help` lists the rest.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
BOOK   := "$(BIN)/jupyter-book" build . -W --keep-going
PORT   ?= 8000
# two tests at a time; those of one file stay together, since they share what is slow to make
TESTS  := $(BIN)/python -m pytest
BOTH   := --numprocesses 2 --dist loadfile
# threads that wait sleep instead of spinning: on a busy machine small networks then take seconds, not minutes
export OMP_WAIT_POLICY ?= PASSIVE

.DEFAULT_GOAL := help
.PHONY: help book book-course lab pdf zip picture linkcheck deps peers serve test test-browser test-kernels test-slow test-isolation test-weekly colab-check speedrun gpu-records bench-build bench-page figure-heights readability lint format clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

# the environment is made anew when the pins change; a failed install leaves no stamp and is tried again
$(VENV)/.installed: requirements.txt constraints.txt pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, $(PYTHON) is " + sys.version.split()[0] + "; try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

book: $(VENV)/.installed  ## build the book into _build/html (warnings are errors)
	$(BOOK)
	@echo "The book is built. Open _build/html/index.html in a browser, or type: make serve"

book-course: $(VENV)/.installed  ## the same without any solution, into _build/course/_build/html
	UNET_BOOK_EDITION=course $(BOOK) --path-output _build/course
	@echo "The course edition is built. Open _build/course/_build/html/index.html in a browser."

lab: $(VENV)/.installed  ## JupyterLab on copies of the notebooks, in work/ (installs it; LAB="..." for options of its own)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tools/jupyterlab.txt
	@test -d _build/html/notebooks || $(MAKE) book
	@$(BIN)/python tools/lab.py $(LAB)

pdf: $(VENV)/.installed  ## the built book as one PDF, _build/unet-inside-out.pdf (after make book; needs Chromium)
	@$(BIN)/python tools/book_pdf.py

zip: $(VENV)/.installed  ## the built site as one file to read without a network, _build/unet-inside-out.zip (after make book)
	@$(BIN)/python tools/book_zip.py

picture: $(VENV)/.installed  ## the README's picture, .github/u-net.svg, drawn anew by a network of the package
	@$(BIN)/python tools/readme_picture.py

linkcheck: $(VENV)/.installed  ## follow every link that leads out of the book (needs a network)
	$(BOOK) --builder linkcheck

peers: $(VENV)/.installed  ## what the book says of other packages, tried on them (installs MONAI, smp, nnU-Net into _build/peers)
	@$(BIN)/python tools/peers.py

deps: $(VENV)/.installed  ## what newer releases would change in requirements.txt and constraints.txt (changes nothing)
	@$(BIN)/python tools/deps.py

serve: $(VENV)/.installed  ## show the built book on http://localhost:8000 (PORT=... for another port)
	@test -f _build/html/index.html || { echo "There is no book yet: type 'make book' first."; exit 1; }
	@echo "http://localhost:$(PORT)   (Ctrl-C ends it)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

test: $(VENV)/.installed  ## the tests (at most ten minutes on two cores)
	$(TESTS) $(BOTH)

test-browser: $(VENV)/.installed  ## drive the built pages in headless Chromium (after make book)
	$(TESTS) -m browser $(BOTH)

test-kernels: $(VENV)/.installed  ## live figures in JupyterLab and with Colab's versions (installs both into _build/kernels)
	$(TESTS) -m kernels

test-slow: $(VENV)/.installed  ## what takes minutes: fresh clone, course edition
	$(TESTS) -m "slow and not browser and not weekly"

test-isolation: $(VENV)/.installed  ## answers that attack the machine, run behind bubblewrap (Debian's package bubblewrap)
	$(TESTS) -m isolation

test-weekly: $(VENV)/.installed  ## what a change need not wait for: nbgrader itself, builds that are broken off (after make book)
	$(TESTS) -m weekly

colab-check: $(VENV)/.installed  ## run every built notebook with Colab's versions (installs them into _build/colab)
	@$(BIN)/python tools/colab_check.py

speedrun: $(VENV)/.installed  ## train a U-Net on the real slices against the clock, picture at the end (two cores: two minutes)
	@$(BIN)/python -m unet_edu.experiments.speedrun

gpu-records: $(VENV)/.installed  ## on a GPU: its tests, then all records, ten minutes at a time (again until complete)
	@$(BIN)/python -m tools.gpu_records

bench-build: $(VENV)/.installed  ## how long a build takes beside that of another commit, BASE=<commit> (half an hour)
	@$(BIN)/python tools/bench_build.py $(BASE)

figure-heights: $(VENV)/.installed  ## how much room pages keep for each live figure, measured anew (needs Chromium)
	@$(BIN)/python -m tools.figure_heights

bench-page: $(VENV)/.installed  ## how fast the network runs in a page, beside onnxruntime-web and BASE=<commit> (needs Chromium and npm)
	@$(BIN)/python -m tools.bench_page $(BASE)

readability: $(VENV)/.installed  ## words and reading ease of each page (installs textstat into _build/readability)
	@test -x _build/readability/bin/pip || "$(PYTHON)" -m venv _build/readability
	@_build/readability/bin/pip install --quiet --disable-pip-version-check -r tools/readability.txt
	@_build/readability/bin/python tools/readability.py

lint: $(VENV)/.installed  ## style and mistakes (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.installed  ## let ruff set the style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove what was built, executed chapters too; keeps the environment
	rm -rf _build build dist .pytest_cache .hypothesis .ruff_cache *.egg-info
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
