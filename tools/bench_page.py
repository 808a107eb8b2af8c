"""How fast the network runs in a page: ``python -m tools.bench_page [COMMIT]`` (``make bench-page``).

    in one page, in turns:   this checkout ─ onnxruntime-web ─ the engine of COMMIT ─ one worker ─ two workers
    then in a figure:        click ─▶ first visible answer ─▶ all of it
    then learning:           a training step in the page ─ the same step in PyTorch, one thread
    then in Playground:      steps a second while it plays, one run and two side by side

All are run in turns in headless Chromium, so that a machine that gets slower or faster does so for all; the lines are
ratios of medians. Of two workers the processor time of the busier one counts as well, where the system tells it
(Linux): on a machine that does other things, too, they wait for each other. onnxruntime-web comes by npm, into
``_build/bench-page``, at its first use.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median

import torch
from ipywidgets.embed import dependency_state
from playwright.sync_api import sync_playwright

from tools.book_pdf import find_chromium
from tools.onnx_unet import unet_bytes
from unet_edu import checkpoints
from unet_edu.figures import FeatureMaps, Playground
from unet_edu.figures.base import HERE
from unet_edu.figures.learner import build, loss_of
from unet_edu.training.recipe import RECIPES, make_optimizer

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "_build" / "bench-page"
BASE = "ea3be05"  # the last commit whose engine was plain JavaScript alone
RUNTIME = "onnxruntime-web@1.30.0"
WEIGHTS, SIDE = "unet8-isbi", 268
ROUNDS, SLOW_ROUNDS = 40, 8  # the engine of the commit takes long
CLICKS = 21
STEPS = 40  # of training, in turns of a few
PLAYS = {"one.html": "", "two.html": "without skips"}  # pages of Playground: what runs beside it
PLAYING = 8  # seconds
WORKER = "DedicatedWorker"  # how Chromium calls a worker's thread

PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8"><title>bench</title>
<script src="live-figures.js"></script>
<script>unetEduWeights.load = async (name) => (await fetch(name + ".safetensors")).arrayBuffer()</script>
<script type="application/vnd.jupyter.widget-state+json">{state}</script><body><figure class="live-figure-frame">
<script type="application/vnd.jupyter.widget-view+json">{view}</script></figure></body></html>"""

SETUP = """async ([runtime, weights, size]) => {
    const [here, before, ort] = await Promise.all([import("./here.mjs"), import("./before.mjs"), import(runtime)]);
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = new URL(".", new URL(runtime, location)).href;
    const load = async () => (await fetch(`${weights}.safetensors`)).arrayBuffer();
    const network = here.readNetwork(await load());
    const session = await ort.InferenceSession.create("./unet.onnx", { executionProviders: ["wasm"] });
    const image = Float32Array.from(Array(size * size), (_, at) => (Math.sin(at * 0.7) + Math.cos(at / 29)) / 4 + 0.5);
    const normal = () => image.map((grey) => (grey - network.mean) / network.std);
    const simd = here.simdUnet(network, here.kernelsHere(), size);
    const [one, two] = [await here.pageSource(load, 1), await here.pageSource(load, 2)];
    globalThis.ways = {
        engine: () => simd.run(image),
        runtime: () => session.run({ x: new ort.Tensor("float32", normal(), [1, 1, size, size]) }),
        before: async () => before.unet(image, size, network),
        one: () => one.run({ image, size }),
        two: () => two.run({ image, size }),
    };
    let turn = 0;
    globalThis.time = async (name) => {
        image[0] = (turn += 1) / 1e4; // another image each time: nothing that was computed may be used again
        const start = performance.now();
        await ways[name]();
        const taken = performance.now() - start;
        return taken;
    };
    await simd.run(image);
    const { score } = await ways.runtime();
    const wanted = score.data, side = simd.stages.at(-1).size;
    let apart = 0, most = 0;
    for (let channel = 0; channel < 2; channel += 1) {
        simd.map("score", channel).forEach((value, at) => {
            apart = Math.max(apart, Math.abs(value - wanted[channel * side ** 2 + at]));
            most = Math.max(most, Math.abs(value));
        });
    }
    return apart / most;
}"""

LEARN = """async () => {
    const here = await import("./learn.mjs");
    const network = { depth: 2, width: 8, classes: 2, size: 92, padding: 0, dropout: 0, skips: ["crop", "crop"] };
    const how = { optimiser: "adamw", momentum: 0.9, decay: 0.01 };
    const recipe = { ...how, clip: 1, rate: 1e-3, schedule: "constant", loss: "cross-entropy" };
    const learner = here.simdLearner(network, here.learningKernels());
    here.drawWeights("paper", learner.table, learner.parameters, here.randomFrom(1));
    learner.refresh();
    const update = here.makeOptimiser(recipe, learner.parameters.length);
    const area = here.answerSize(network) ** 2;
    const batch = [{
        tile: Float32Array.from({ length: 92 * 92 }, (_, at) => Math.sin(at * 0.7) + Math.cos(at / 29)),
        label: Uint8Array.from({ length: area }, (_, at) => (at % 3 ? 1 : 0)), weight: new Float32Array(area).fill(1),
    }];
    let step = 0;
    globalThis.learn = (many) => {
        const start = performance.now();
        for (let each = 0; each < many; each += 1) here.trainingStep(learner, update, batch, recipe, (step += 1), null);
        return (performance.now() - start) / many;
    };
    learn(30); // compiled and warm
}"""

CLICK = """async (move) => {
    const root = document.querySelector("[data-live-figure=FeatureMaps]");
    const start = performance.now(), times = {};
    const done = new Promise((resolve) => {
        const observer = new MutationObserver(() => {
            const { answer } = root.dataset;
            requestAnimationFrame(() => setTimeout(() => { // after the frame that shows it
                times.first ??= performance.now() - start;
                if (answer !== "outline") times.whole ??= performance.now() - start;
                if (answer === "drawn") {
                    times.drawn = performance.now() - start;
                    observer.disconnect();
                    resolve();
                }
            }));
        });
        observer.observe(root, { attributes: true, attributeFilter: ["data-answer"] });
    });
    if (move) {
        const scene = root.querySelector(".lf-fm-scene [role=application], .lf-fm-scene[role=application]");
        scene.dispatchEvent(new KeyboardEvent("keydown", { key: move, bubbles: true }));
    } else root.querySelector(".lf-fm-plug").click();
    await done;
    return times;
}"""

PLAY = """async (seconds) => {
    const root = document.querySelector("[data-live-figure=Playground]"), tasks = [];
    const watch = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
    watch.observe({ type: "longtask" });
    const before = Number(root.dataset.step), start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    const rate = (1000 * (Number(root.dataset.step) - before)) / (performance.now() - start);
    watch.disconnect();
    return [rate, Math.max(0, ...tasks)];
}"""


def write_page(name: str, figure) -> None:
    """Write a page that shows `figure` alone, with its weights beside it."""
    state = json.dumps({"state": dependency_state([figure], drop_defaults=False)}).replace("</", "<\\/")
    view = json.dumps({"model_id": figure.model_id})
    (FOLDER / name).write_text(PAGE.format(state=state, view=view), "utf-8")


def prepare(commit: str) -> dict[str, int]:
    """Put all that the page loads into `FOLDER`; return the bytes of the figure's scripts, compressed, by checkout."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "node_modules").is_dir():
        npm = shutil.which("npm") or sys.exit("npm was not found: it brings onnxruntime-web")
        command = [npm, "install", "--no-save", "--no-package-lock", "--no-fund", "--no-audit", "--ignore-scripts"]
        subprocess.run([*command, "--prefix", FOLDER, RUNTIME], check=True, stdout=subprocess.DEVNULL)

    def then(name):
        command = ["git", "show", f"{commit}:unet_edu/figures/{name}"]
        return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout

    scripts = [name for name in FeatureMaps.scripts if name != "arithmetic.js" and "feature_maps" not in name]
    here = "\n".join((HERE / name).read_text("utf-8") for name in scripts)
    (FOLDER / "here.mjs").write_text(here, "utf-8")
    learning = [(HERE / name).read_text("utf-8") for name in Playground.scripts]
    (FOLDER / "learn.mjs").write_text("\n".join(learning), "utf-8")
    (FOLDER / "before.mjs").write_text(then("engine.js"), "utf-8")
    net = checkpoints.load(WEIGHTS)
    (FOLDER / "unet.onnx").write_bytes(unet_bytes(net, SIDE))
    for path in checkpoints.FOLDER.glob("unet8-*.safetensors"):
        shutil.copy(path, FOLDER)
    shutil.copy(ROOT / "book" / "_static" / "live-figures.js", FOLDER)
    write_page("index.html", FeatureMaps(weights=WEIGHTS))
    for name, rival in PLAYS.items():
        write_page(name, Playground(rival=rival, steps=3000))
    (FOLDER / "blank.html").write_text("<!doctype html><title>bench</title>", "utf-8")
    return {
        "here": len(gzip.compress(here.encode(), mtime=0)),
        "before": len(gzip.compress(then("engine.js").encode(), mtime=0)),
    }


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and prints no line for each."""

    def log_message(self, *_):
        """Print nothing."""


def worker_times() -> dict[str, float]:
    """Return the processor seconds of each worker's thread of every Chromium, by its number; {} where unknown."""
    times = {}
    for task in Path("/proc").glob("[0-9]*/task/[0-9]*"):
        try:
            if (task / "comm").read_text().startswith(WORKER[:14]):
                times[task.name] = int((task / "schedstat").read_text().split()[0]) / 1e9
        except OSError:  # it ended meanwhile
            continue
    return times


def busiest(page, name: str, rounds: int) -> float:
    """Return the processor seconds a round of the worker that took most of them."""
    before = worker_times()
    for _ in range(rounds):
        page.evaluate("name => time(name)", name)
    after = worker_times()
    return max((after[thread] - before.get(thread, 0) for thread in after), default=0) / rounds


def engines(page) -> None:
    """Time the ways to compute in turns and print their ratios."""
    path = "./node_modules/onnxruntime-web/dist/ort.wasm.min.mjs"
    apart = page.evaluate(SETUP, [path, WEIGHTS, SIDE])
    print(f"engine and onnxruntime-web differ by {apart:.0e} of the largest score")
    names = ("engine", "runtime", "before", "one", "two")
    for name in names:
        page.evaluate("name => time(name)", name)  # compiled and warm
    times = {name: [] for name in names}
    spent = {"one": [], "two": []}
    for number in range(ROUNDS):
        for name in names:
            if name != "before" or number % (ROUNDS // SLOW_ROUNDS) == 0:
                times[name].append(page.evaluate("name => time(name)", name))
        if number % 8 == 0:
            for name, found in spent.items():
                found.append(busiest(page, name, 5))
    middle = {name: median(found) for name, found in times.items()}
    print(f"engine / onnxruntime-web: {middle['engine'] / middle['runtime']:.2f}")
    print(f"engine / before: {middle['engine'] / middle['before']:.3f}")
    print(f"two workers / one: {middle['two'] / middle['one']:.2f}")
    if median(spent["one"]):
        print(f"two workers / one, processor time of the busier: {median(spent['two']) / median(spent['one']):.2f}")
    print("milliseconds, medians: " + ", ".join(f"{name} {value:.1f}" for name, value in middle.items()))


def clicks(page) -> None:
    """Time a cut skip and a moved window in the figure, and print the medians in milliseconds."""
    page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
    for what, keys in {"a skip is cut": [None], "the window moves": ["ArrowRight", "ArrowLeft"]}.items():
        found = [page.evaluate(CLICK, keys[number % len(keys)]) for number in range(CLICKS)]
        middle = {key: median(one[key] for one in found) for key in ("first", "whole", "drawn")}
        print(
            f"{what}: first visible answer {middle['first']:.0f} ms, whole answer {middle['whole']:.0f} ms, "
            f"every map {middle['drawn']:.0f} ms"
        )


def torch_step():
    """Return a function that takes the step of `LEARN` in PyTorch on one thread and returns its milliseconds."""
    torch.set_num_threads(1)
    net = build(depth=2, width=8, skips=["crop"] * 2)
    optimizer = make_optimizer(RECIPES["one-cycle"], list(net.parameters()))
    tile, label, weight = torch.randn(1, 1, 92, 92), torch.arange(52 * 52).reshape(1, 52, 52) % 2, torch.ones(1, 52, 52)

    def step(many):
        start = time.perf_counter()
        for _ in range(many):
            optimizer.zero_grad()
            loss_of("cross-entropy", net(tile), label, weight).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
        return 1000 * (time.perf_counter() - start) / many

    step(10)
    return step


def learning(page) -> None:
    """Time a training step in the page and in PyTorch in turns: depth 2, width 8, one tile of 92 × 92, one thread."""
    page.evaluate(LEARN)
    step = torch_step()
    ours, theirs = [], []
    for _ in range(STEPS // 5):
        ours.append(page.evaluate("many => learn(many)", 5))
        theirs.append(step(5))
    print(f"training step / PyTorch: {median(ours) / median(theirs):.2f}")
    print(f"milliseconds a step, medians: page {median(ours):.1f}, PyTorch {median(theirs):.1f}")


def playing(page, side_by_side: bool) -> None:
    """Count the steps a second of a Playground as it opens: two tiles a step, a worker for each run."""
    page.wait_for_selector("[data-live-figure=Playground][data-state=ready]", timeout=120_000)
    if side_by_side:
        page.locator(".lf-pg-bet button").first.click()  # it waits for a bet
    page.get_by_role("button", name="▶ play").click()
    page.wait_for_function("document.querySelector('[data-live-figure=Playground]').dataset.step > 20")
    rate, longest = page.evaluate(PLAY, PLAYING)
    task = f"longest task of the page {longest:.0f} ms" if longest else "no task of the page above 50 ms"
    print(f"Playground, {'two runs side by side' if side_by_side else 'one run'}: {rate:.0f} steps a second, {task}")


def main() -> None:
    """Time this checkout, the runtime and the commit in one page and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit", nargs="?", default=BASE, help="whose engine to compare with")
    bytes_of = prepare(parser.parse_args().commit)
    handler = functools.partial(Quiet, directory=FOLDER)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda error: print(error, file=sys.stderr))
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        clicks(page)
        for name, rival in PLAYS.items():
            page.goto(f"http://127.0.0.1:{server.server_port}/{name}")
            playing(page, bool(rival))
        page.goto(f"http://127.0.0.1:{server.server_port}/blank.html")
        learning(page)
        engines(page)
        browser.close()
    print(f"scripts, compressed: {(bytes_of['here'] - bytes_of['before']) / 1000:.1f} kB more")


if __name__ == "__main__":
    main()
