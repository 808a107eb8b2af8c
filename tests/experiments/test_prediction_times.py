"""The ways to predict a whole image: that they do what they are named after. Never their times."""

import numpy as np
import pytest
import torch

from unet_edu.arithmetic import tile_plan, unet_macs
from unet_edu.experiments import costs, prediction_times
from unet_edu.experiments.prediction_times import Case, edge_to_edge, plans
from unet_edu.models.sliding_window import SlidingWindowNet
from unet_edu.models.unet import UNet
from unet_edu.predict import MAX_MEMORY, predict

CPU = torch.device("cpu")
NAMES = ["predict", "one pass, mirrored", "one pass, padded", "patches of 188", "sliding window"]


@pytest.fixture(scope="module")
def results():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield prediction_times.measure(quick=True, rounds=2)
    torch.set_num_threads(threads)


def rows(table):
    return {row["name"]: row for row in table["rows"]}


# --------------------------------------------------------------------------------------------------------- the table


def test_each_table_begins_with_predict_and_ratios_are_to_it(results):
    assert [table["image"] for table in results["tables"]] == [[64, 64], [208, 208]]
    for table in results["tables"]:
        first, *others = table["rows"]
        assert (first["name"], first["ratio"], first["macs_ratio"]) == ("predict", 1, 1)
        assert first["difference"] is None
        assert set(NAMES) < set(rows(table))
        assert len(others) == 5
        for row in others:
            assert len(row["seconds"]["rounds"]) == 2
            assert row["ratio"] == pytest.approx(row["seconds"]["median"] / first["seconds"]["median"])
            assert row["macs_ratio"] == pytest.approx(row["macs"] / first["macs"])
            assert row["left_out"] is None


def test_tiles_on_the_grid_say_what_one_pass_says_and_others_do_not(results):
    small, large = map(rows, results["tables"])
    assert large["predict"]["tiles"] > 1  # or else the next line would say little
    assert large["one pass, mirrored"]["difference"] <= 1e-5
    assert large["one pass, mirrored"]["agrees"] is True
    assert large["16 tiles of 252"]["difference"] > 0.01
    assert large["16 tiles of 252"]["agrees"] is False
    assert small["1 tile of 252"]["agrees"] is True  # one tile has one grid
    assert large["one pass, padded"]["agrees"] is False


def test_what_is_timed_in_part_is_marked_and_multiplied(results, monkeypatch):
    marked = {row["name"] for table in results["tables"] for row in table["rows"] if row["extrapolated"]}
    assert marked == {"patches of 188", "sliding window"}
    monkeypatch.setattr(prediction_times, "in_turns", lambda works, *more: [[2.0, 1.0] for _ in works])
    monkeypatch.setattr(prediction_times, "peak_memory", lambda *arguments: None)
    found = rows(prediction_times.table(Case(64, 4, tile=252, corner=8), 2, CPU, bound=2**40))
    assert found["predict"]["seconds"]["rounds"] == [2, 1]
    assert found["patches of 188"]["seconds"]["rounds"] == [2 * 8 * 8, 1 * 8 * 8]  # 4 of 256 patches are timed
    assert found["sliding window"]["ratio"] == 8 * 8
    assert found["sliding window"]["difference"] is None


def test_the_usual_plans_cost_more(results):
    for table in results["tables"]:
        found = rows(table)
        assert found["patches of 188"]["macs_ratio"] > 100
        assert found["sliding window"]["macs_ratio"] > found["patches of 188"]["macs_ratio"]
        assert found["one pass, padded"]["macs_ratio"] < 1  # no border to compute, and another answer


def test_the_text_has_a_line_for_each_row(results):
    text = prediction_times.as_text(results)
    assert len(text.splitlines()) == 7 + 1 + 7
    for part in ("208 × 208 pixels, base width 4", "16 × 252", "2,704 × 188", "43,264 × 95", "≈ ", "difference"):
        assert part in text


def test_memory_holds_the_result_at_least(results):
    for table in results["tables"]:
        for row in table["rows"]:
            if row["peak_memory_bytes"] is not None and not row["extrapolated"]:
                assert row["peak_memory_bytes"] > 4 * 2 * np.prod(table["image"]) + 4 * row["parameters"]


# ------------------------------------------------------------------------------------------- the full table's plans


def test_costs_of_a_slice_at_the_papers_width():
    found = {plan.name: plan for plan in plans(Case(512, 64), "cpu")}
    gmac = {name: round(plan.counted()["macs"] / 1e9, 1) for name, plan in found.items()}
    assert list(found) == [*NAMES[:3], "4 tiles of 572", *NAMES[3:]]
    assert gmac["predict"] == gmac["one pass, mirrored"] == 246.6
    assert gmac["4 tiles of 572"] == 601.7
    assert gmac["patches of 188"] == round(128**2 * unet_macs(188) / 1e9, 1)
    assert gmac["sliding window"] == 31841.2
    assert found["one pass, mirrored"].inputs == {(700, 700): 1}
    assert found["patches of 188"].inputs == {(188, 188): 128**2}


def test_costs_of_a_large_image_are_those_of_the_pieces():
    for case in (Case(4096, 16), Case(208, 4, max_memory=2**25)):
        own = plans(case, "cpu")[0]
        pieces = sum(count * unet_macs(size, case.base_width) for size, count in own.inputs.items())
        assert own.counted()["macs"] == pieces
        square = [plan.macs for plan in tile_plan(case.side, base_width=case.base_width)]
        assert min(square) <= pieces <= max(square)
    assert plans(Case(4096, 16), "cpu")[3].name == "121 tiles of 572"


def test_the_papers_width_on_a_large_image_needs_a_gpu():
    assert [(case.side, case.base_width) for case in prediction_times.cases(False, "cpu")] == [
        (512, 16),
        (512, 64),
        (4096, 16),
    ]
    assert prediction_times.cases(False, "cuda")[-1] == Case(4096, 64)
    assert all(case.max_memory == MAX_MEMORY for case in prediction_times.cases(False, "cuda"))


def test_a_gpu_is_kept_busy():
    for cpu, gpu in zip(plans(Case(512, 16), "cpu"), plans(Case(512, 16), "cuda"), strict=True):
        assert gpu.part >= cpu.part
        assert gpu.inputs == cpu.inputs


# ------------------------------------------------------------------------------------------------- tiles edge to edge


@pytest.mark.parametrize("at_once", [1, 3])
def test_tiles_stand_edge_to_edge(at_once):
    """Each tile's answer, by hand: the network on its own piece of the mirrored image."""
    torch.manual_seed(0)
    net, image = UNet(base_width=1).eval(), np.random.default_rng(0).random((50, 30), np.float32)
    found = edge_to_edge(net, image, tile=204, at_once=at_once)
    assert found.shape == (2, 50, 30)
    mirrored = np.pad(image, [(92, 102), (92, 102)], mode="reflect")
    for row in (0, 20, 40):
        for column in (0, 20):
            cut = torch.from_numpy(mirrored[row : row + 204, column : column + 204].copy())[None, None]
            with torch.no_grad():
                there = net(cut).softmax(dim=1)[0].numpy()
            here = found[:, row : row + 20, column : column + 20]
            np.testing.assert_allclose(here, there[:, : here.shape[1], : here.shape[2]], atol=1e-6)


def test_one_tile_is_one_pass():
    torch.manual_seed(0)
    net, image = UNet(base_width=2).eval(), np.random.default_rng(0).random((40, 40), np.float32)
    np.testing.assert_allclose(edge_to_edge(net, image, tile=236, at_once=1), predict(net, image), atol=1e-6)


def test_windows_answer_each_pixel():
    torch.manual_seed(0)
    net, image = SlidingWindowNet().eval(), np.random.default_rng(0).random((3, 4), np.float32)
    np.testing.assert_allclose(prediction_times.all_windows(net, image, at_once=5), predict(net, image), atol=1e-6)


def test_the_networks_of_a_table_have_the_same_weights():
    own, once, padded, tiled, *_ = (plan.ready(CPU).args[0] for plan in plans(Case(64, 2), "cpu"))
    for other in (once, padded, tiled):
        for name, weights in own.state_dict().items():
            assert torch.equal(weights, other.state_dict()[name])


# --------------------------------------------------------------------------------------------------- what is left out


def test_what_does_not_fit_is_left_out_and_says_why(monkeypatch):
    monkeypatch.setattr(prediction_times, "peak_memory", lambda *arguments: None)
    case = Case(208, 4, tile=252, corner=4, max_memory=2**25)
    table = prediction_times.table(case, 1, CPU, bound=2**25)
    row = rows(table)["one pass, mirrored"]
    assert row["seconds"] is row["ratio"] is row["peak_memory_bytes"] is row["difference"] is row["agrees"] is None
    assert row["macs_ratio"] < 1
    needed = plans(case, "cpu")[1].one_pass_bytes()
    assert f"about {needed:,} bytes" in row["left_out"]
    assert "33,554,432 are allowed" in row["left_out"]
    assert rows(table)["one pass, padded"]["seconds"] is not None
    text = prediction_times.table_text(table)
    assert "one pass, mirrored: left out; one pass takes about" in text


def test_estimates_do_not_fall_below_what_was_measured(results):
    for table, case in zip(results["tables"], prediction_times.cases(True, "cpu"), strict=True):
        plan, row = plans(case, "cpu")[1], table["rows"][1]
        if row["peak_memory_bytes"] is not None:
            assert row["peak_memory_bytes"] < plan.one_pass_bytes() + 2**25  # libraries that are loaded on first use


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_the_gpu_predicts_too():
    found = prediction_times.measure(quick=True, rounds=1, device="cuda")
    for table in found["tables"]:
        assert all(row["seconds"]["median"] > 0 for row in table["rows"])
    assert set(found["memory"].split("; ")) > set(costs.MEMORY["cuda"].split("; "))
