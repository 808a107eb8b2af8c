"""Who computes in a page: workers that share the rows, on the kernels that the browser takes. The page stays free."""

import base64
import json

import numpy as np
import pytest
from bookkit import ROOT
from browserkit import slowness

from unet_edu import checkpoints
from unet_edu.data import cells
from unet_edu.figures import FeatureMaps
from unet_edu.figures.feature_maps import SEED, SIDE
from unet_edu.figures.stages import StagedNetwork

pytestmark = pytest.mark.browser

SIZE = 220
FRAME = 16  # milliseconds
FIRST, WHOLE = 50, 120  # milliseconds
OUTLINE = 0.97  # of the labels of the whole answer
WEIGHTS = """<script>unetEduWeights.load = async () =>
    Uint8Array.from(atob("{text}"), (letter) => letter.charCodeAt(0)).buffer</script></head>"""
# The figure's script as a module, in a page of its own; what a test needs besides.
SET_UP = """async ([text, weights, image, size]) => {
    const figure = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    const load = async () => Uint8Array.from(atob(weights), (letter) => letter.charCodeAt(0)).buffer;
    Object.assign(globalThis, { figure, load, image: Float32Array.from(image), size });
}"""


def weights_text():
    return base64.b64encode((checkpoints.FOLDER / "unet8-cells.safetensors").read_bytes()).decode()


@pytest.fixture
def alone(chromium, tmp_path):
    """Function that opens an empty page from disk that has the figure's module, an image, and nothing else."""
    contexts = []

    def open_page(size=SIZE):
        path = tmp_path / "empty.html"
        path.write_text("<!doctype html><title>Empty</title>", "utf-8")
        contexts.append(chromium.new_context())
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        image = cells.tissue(size, seed=3).image
        page.evaluate(SET_UP, [FeatureMaps._esm, weights_text(), image.ravel().tolist(), size])
        return page, image

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def shown(small_page):
    """Function that shows the figure on a page from disk, with its weights, once every map is drawn."""

    def show(figure=None):
        end = WEIGHTS.replace("{text}", weights_text())
        page, complaints = small_page([figure or FeatureMaps()], mend=lambda text: text.replace("</head>", end))
        page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
        return page, complaints

    return show


@pytest.mark.parametrize(("workers", "kernels"), [(1, "relaxed"), (2, "plain SIMD"), (4, "relaxed"), (1, "none")])
def test_workers_compute_what_pytorch_computes(alone, workers, kernels):
    """Each channel of every stage that is asked for, max |a - b| / max |b| ≤ 1e-4, with parts off and on again."""
    page, image = alone()
    network = StagedNetwork(checkpoints.load("unet8-cells"), "cpu")
    code = {"relaxed": "figure.kernelModule(true)", "plain SIMD": "figure.kernelModule(false)", "none": "null"}[kernels]
    page.evaluate(f"async () => {{ globalThis.source = await figure.pageSource(load, {workers}, {code}) }}")
    for off in (["skip1"], [], ["d2.relu2:5", "up0", "u1.relu1:15"]):
        stages, _ = network.run(image, off)
        told = page.evaluate(
            """async (off) => {
                const { stages, output } = await source.run({ image, size, off });
                const maps = {};
                for (const { name, channels } of stages) {
                    const found = [];
                    for (let channel = 0; channel < channels; channel += Math.max(channels - 1, 1)) {
                        found.push([...(await source.map(name, channel)).data]);
                    }
                    maps[name] = found;
                }
                return [stages, [...output.data], maps];
            }""",
            off,
        )
        assert [tuple(stage.values()) for stage in told[0]] == stages
        wanted = network.maps["output"].numpy()
        assert np.abs(np.array(told[1]).reshape(wanted.shape) - wanted).max() <= 1e-4
        for name, found in told[2].items():
            values = network.maps[name].numpy()
            ends = values[:: max(len(values) - 1, 1)].reshape(len(found), -1)
            assert np.abs(np.array(found) - ends).max() <= 1e-4 * np.abs(values).max(), name


def test_a_later_call_comes_first_and_questions_are_about_the_last_run(alone):
    page, image = alone()
    network = StagedNetwork(checkpoints.load("unet8-cells"), "cpu")
    answers, data, thumbnails = page.evaluate(
        """async () => {
            const source = await figure.pageSource(load, 2);
            const parts = ["skip0", "skip1", "skip2", "u3.relu1:4"];
            const calls = parts.map((part) => source.run({ image, size, off: [part] }));
            const answers = (await Promise.all(calls)).map((answer) => answer && answer.stages.length);
            const { data } = await source.map("u1.relu2", 3);
            return [answers, [...data], [...(await source.thumbnails("u3.relu1", 40)).flat]];
        }"""
    )
    assert answers == [33, None, None, 33]
    network.run(image, ["u3.relu1:4"])
    wanted = network.maps["u1.relu2"][3].numpy()
    assert np.abs(np.array(data).reshape(wanted.shape) - wanted).max() <= 1e-4 * network.maps["u1.relu2"].max().item()
    assert thumbnails[4], "the channel that is off"


def test_a_run_goes_before_questions_that_wait(alone):
    """The window moves while maps of the last place are drawn: the answer does not wait for pictures of them."""
    page, _ = alone()
    order, stages = page.evaluate(
        """async () => {
            const source = await figure.pageSource(load, 2);
            const { stages } = await source.run({ image, size });
            const order = [];
            const first = source.run({ image: image.map((grey) => 1 - grey), size });
            const questions = stages.map(({ name }) => source.thumbnails(name, 40).then(() => order.push(name)));
            const second = source.run({ image, size, off: ["d0.relu1"] }).then(() => order.push("run"));
            await Promise.all([first, second, ...questions]);
            return [order, stages.map(({ name }) => name)];
        }"""
    )
    assert order.index("run") < len(stages) / 2
    assert [name for name in order if name != "run"] == stages


def test_what_fails_in_a_worker_is_told(alone):
    page, _ = alone()
    words = page.evaluate(
        """async () => {
            const source = await figure.pageSource(load, 1);
            return source.run({ image: null, size }).then(() => "no error", (error) => error.message);
        }"""
    )
    assert "null" in words


@pytest.mark.parametrize("place", [(0, 0), (76, 40), (140, 152)])
@pytest.mark.parametrize("off", [[], ["skip0"]], ids="+".join)
def test_an_outline_comes_before_the_whole_answer(alone, place, off):
    """It is computed from the middle of the window alone, and nearly all of its labels are those of the whole.

    Its parts that are off are its own: before it is computed with them, the whole is wanted with everything on.
    """
    page, _ = alone()
    image = cells.tissue(SIDE, seed=SEED).image[place[1] :, place[0] :][:268, :268]
    order, agree = page.evaluate(
        """async ([numbers, off]) => {
            const source = await figure.pageSource(load, 2);
            const order = [];
            let first;
            const image = Float32Array.from(numbers);
            await source.run({ image, size: 268, outline: { image, off } }, (sign) => {
                order.push(...Object.keys(sign));
                first = sign.outline;
            });
            order.push("whole");
            const { output } = await source.run({ image, size: 268, off });
            const label = (map) => map.data.subarray(84 * 84).map((value) => value >= 0.5);
            const [one, other] = [label(first), label(output)];
            return [order, one.reduce((sum, value, at) => sum + (value === other[at]), 0) / one.length];
        }""",
        [image.ravel().tolist(), off],
    )
    assert order == ["outline", "whole"]
    assert agree >= OUTLINE


WATCH = """() => {
    const root = document.querySelector("[data-live-figure=FeatureMaps]");
    globalThis.seen = [];
    new MutationObserver(() => seen.push(root.dataset.answer)).observe(root, { attributeFilter: ["data-answer"] });
}"""


def test_a_moved_window_and_cover_show_an_outline_first(shown):
    page, complaints = shown()
    page.evaluate(WATCH)
    scene = page.locator(".lf-fm-scene")
    for tool in ("the window", "a cover"):
        page.get_by_role("button", name=tool, exact=True).click()
        page.evaluate("seen.length = 0")
        scene.press("ArrowRight")
        page.wait_for_function("seen.includes('drawn')")
        assert page.evaluate("seen") == ["outline", "whole", "drawn"]
    page.evaluate("seen.length = 0")
    page.locator(".lf-fm-plug").first.click()
    page.wait_for_function("seen.includes('drawn')")
    assert page.evaluate("seen") == ["whole", "drawn"], "little lies behind a skip: it needs no outline"
    page.evaluate("seen.length = 0")
    page.get_by_role("button", name="the window", exact=True).click()
    scene.press("ArrowLeft")
    page.wait_for_function("seen.includes('drawn')")
    assert page.evaluate("seen") == ["outline", "whole", "drawn"], "with a skip off, too"
    assert complaints == []


def test_the_page_is_never_blocked_for_longer_than_a_frame(shown, chromium):
    """No task of the page's own thread takes 16 ms of the processor while maps are computed and drawn.

    Not what PerformanceObserver calls a long task: that counts the time in which others hold the processor, too.
    """
    page, _ = shown()
    slow = slowness(page)
    page.evaluate(WATCH)
    chromium.start_tracing(
        page=page, categories=["toplevel", "disabled-by-default-devtools.timeline", "blink.user_timing"]
    )
    page.evaluate(
        """async () => {
            const root = document.querySelector("[data-live-figure=FeatureMaps]");
            const drawn = async (act) => {
                seen.length = 0;
                act();
                while (!seen.includes("drawn")) await new Promise((done) => setTimeout(done, 20));
            };
            const scene = root.querySelector(".lf-fm-scene");
            const press = (key) => scene.dispatchEvent(new KeyboardEvent("keydown", { key }));
            performance.mark("watched");
            await drawn(() => root.querySelector(".lf-fm-plug").click());
            await drawn(() => press("ArrowRight"));
            await drawn(() => press("ArrowDown"));
        }"""
    )
    trace = json.loads(chromium.stop_tracing())
    tasks = [event for event in trace["traceEvents"] if event["name"].endswith("RunTask") and "tdur" in event]
    mark = next(event for event in trace["traceEvents"] if event["name"] == "watched")
    mine = [task["tdur"] / 1000 for task in tasks if (task["pid"], task["tid"]) == (mark["pid"], mark["tid"])]
    assert len(mine) > 50
    assert max(mine) <= FRAME * slow


TIMED = """async ([acts, rounds]) => {
    const root = document.querySelector("[data-live-figure=FeatureMaps]");
    const scene = root.querySelector(".lf-fm-scene"), plugs = root.querySelectorAll(".lf-fm-plug");
    const times = { first: [], whole: [] };
    for (let round = 0; round < rounds; round += 1) {
        const start = performance.now(), here = {};
        const done = new Promise((resolve) => {
            const observer = new MutationObserver(() => {
                const { answer } = root.dataset, taken = performance.now() - start;
                here.first ??= taken;
                if (answer === "whole") here.whole = taken;
                if (answer !== "drawn") return;
                observer.disconnect();
                resolve();
            });
            observer.observe(root, { attributeFilter: ["data-answer"] });
        });
        const act = acts[round % acts.length];
        if (typeof act === "number") plugs[act].click();
        else scene.dispatchEvent(new KeyboardEvent("keydown", { key: act }));
        await done;
        for (const key in here) times[key].push(here[key]);
    }
    const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
    return [middle(times.first), middle(times.whole)];
}"""


@pytest.mark.parametrize(
    ("off", "acts"),
    [([], [0, 1, 2, 3]), ([], ["ArrowRight", "ArrowLeft"]), (["skip1"], ["ArrowDown", "ArrowUp"])],
    ids=["a click on a skip", "a moved window", "a moved window, a skip off"],
)
def test_the_first_visible_answer_is_quick(shown, off, acts):
    """Medians of many acts: 50 ms to the first answer, 120 ms to the whole, on two quiet cores."""
    page, _ = shown(FeatureMaps(off=off))
    first, whole = page.evaluate(TIMED, [acts, 12])
    slow = slowness(page)
    assert first <= FIRST * slow
    assert whole <= WHOLE * slow


def test_nothing_is_fetched_for_the_workers():
    """A page from disk may load no file: the workers' text is made of the functions of the module itself.

    The one exception is the library for TIFF, which a page from disk loads itself (`test_feature_maps_files`).
    """
    for name in FeatureMaps.scripts:
        text = (ROOT / "unet_edu/figures" / name).read_text("utf-8")
        assert text.count("importScripts") == (name == "feature_maps_file.js")
        assert "fetch(" not in text
        assert 'from "' not in text
