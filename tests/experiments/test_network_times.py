"""The benchmark's mechanics, never its times."""

import json

import pytest
import torch
from torch import nn

from unet_edu.arithmetic import tile_plan, unet_macs
from unet_edu.experiments import network_times, prediction_times, record, runtime_times


@pytest.fixture(scope="module")
def results():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield network_times.measure(quick=True, rounds=2, device="cpu")
    torch.set_num_threads(threads)


# --------------------------------------------------------------------------------------------------------- the table


def test_ratios_are_to_the_first_row(results):
    rows = results["rows"]
    assert [row["name"] for row in rows] == [job.name for job in network_times.jobs(True, "cpu")]
    assert (rows[0]["ratio"], rows[0]["macs_ratio"]) == (1, 1)
    for row in rows:
        seconds = row["seconds"]
        assert len(seconds["rounds"]) == 2
        assert 0 < seconds["min"] <= seconds["median"] <= seconds["max"]
        assert row["ratio"] == pytest.approx(seconds["median"] / rows[0]["seconds"]["median"])
        assert row["macs_ratio"] == pytest.approx(row["macs"] / rows[0]["macs"])


def test_what_is_timed_in_part_is_extrapolated(monkeypatch):
    monkeypatch.setattr(network_times, "timed_in_turns", lambda rows, *more: [[2.0, 1.0, 4.0] for _ in rows])
    monkeypatch.setattr(network_times, "peak_memory", lambda *arguments: None)
    found = network_times.measure(quick=True, rounds=3, device="cpu")
    for row, job in zip(found["rows"], network_times.jobs(True, "cpu"), strict=True):
        assert row["seconds"] == {key: value * job.times for key, value in (("median", 2), ("min", 1), ("max", 4))} | {
            "rounds": [2 * job.times, 1 * job.times, 4 * job.times]
        }
        assert row["ratio"] == job.times
    assert found["rows"][-1]["ratio"] == 24 * 24 / 8  # 8 windows are timed, one for each pixel is needed
    assert " –\n" in network_times.as_text(found) + "\n"


def test_quick_costs_are_the_arithmetics(results):
    whole, narrow, tiled, _, sliding = results["rows"]
    assert whole["macs"] == unet_macs(188, base_width=8)
    assert narrow["macs"] == unet_macs(188, base_width=4)
    assert tiled["macs"] == tile_plan(24, tile_sizes=[204], base_width=8)[0].macs
    assert sliding["macs"] == 24 * 24 * 121_464_592
    assert [row["parameters"] for row in (whole, sliding)] == [485_682, 219_290]


def test_costs_and_parameters_of_the_full_table():
    rows = [job.counted() for job in network_times.jobs(False, "cpu")]
    macs = [row["macs"] for row in rows]
    assert macs[:3] == [unet_macs(572), unet_macs(572, base_width=32), unet_macs(572, base_width=16)]
    assert [round(each / 1e9, 1) for each in macs[:5]] == [150.4, 37.7, 9.4, 246.6, 313.1]
    assert macs[3:5] == [plan.macs for plan in tile_plan(512)[:2]]
    assert round(macs[6] / 1e9, 1) == 126.1  # the article's variant
    assert macs[-1] == 512 * 512 * 121_464_592
    assert round(macs[-1] / macs[3]) == 129
    assert [row["parameters"] for row in rows[:5]] == [31_030_658, 7_759_554, 1_940_834, 31_030_658, 31_030_658]
    assert [row["parameters"] for row in rows[6:]] == [31_031_810, 134_362_751, 134_346_581, 219_290]
    assert [row["output"][-1] for row in rows[:9]] == [388, 388, 388, 516, 260, 556, 572, 512, 512]


def test_a_gpu_gets_more_windows_at_once_and_the_same_work():
    for kind in ("cpu", "cuda"):
        sliding = network_times.jobs(False, kind)[-1]
        assert sliding.batch[0] * sliding.passes * sliding.times == 512 * 512
    assert network_times.jobs(False, "cuda")[-1].batch[0] > network_times.jobs(False, "cpu")[-1].batch[0]


def test_rows_take_turns():
    order = []

    class Noting(nn.Module):
        def __init__(self, name):
            super().__init__()
            self.name = name

        def forward(self, images):
            assert not self.training
            assert torch.is_inference_mode_enabled()
            order.append(self.name)
            return images

    rows = [
        network_times.Job("a", lambda: Noting("a"), (1, 1, 2, 2)),
        network_times.Job("b", lambda: Noting("b"), (1, 1, 2, 2), passes=2),
    ]
    seconds = network_times.timed_in_turns(rows, 2, torch.device("cpu"))
    assert "".join(order) == "ab" + "abb" + "abb"  # to warm up, then two rounds
    assert [len(each) for each in seconds] == [2, 2]


def test_the_table_has_a_line_for_each_row(results):
    lines = network_times.as_text(results).splitlines()
    assert len(lines) == 1 + len(results["rows"])
    for head in ("network", "work", "parameters", "GMAC", "seconds [min – max]", "ratio", "peak MiB"):
        assert head in lines[0]
    assert "188 → 4" in lines[1]
    assert "485,682" in lines[1]
    assert "4 × 204 → 20" in lines[3]
    assert "576 × 95 → 1" in lines[5]


def test_peak_memory_holds_the_weights_at_least(results):
    for row in results["rows"]:
        if row["peak_memory_bytes"] is not None:
            assert row["peak_memory_bytes"] > 4 * row["parameters"]
    assert "fresh process" in results["memory"]


# -------------------------------------------------------------------------------------------------- the command line


RUNTIMES = {"made": {"machine": {"device": "a", "processor": "b", "threads": 1, "load_1min": 0}}, "memory": None}
RUNTIMES |= {"tables": [], "settings": {}}
PREDICTION = {
    "made": {"machine": {"device": "cpu", "processor": "p", "threads": 1, "load_1min": 0}, "date": "now"},
    "memory": None,
    "tables": [],
}


@pytest.fixture
def folder(results, tmp_path, monkeypatch):
    monkeypatch.setattr(network_times, "measure", lambda *arguments, **more: results)
    monkeypatch.setattr(prediction_times, "measure", lambda *arguments, **more: PREDICTION)
    monkeypatch.setattr(runtime_times, "measure", lambda *arguments, **more: RUNTIMES)
    monkeypatch.setattr(network_times, "results_dir", lambda: tmp_path)
    return tmp_path


def kept(folder):
    assert [path.name for path in folder.iterdir()] == ["network_times-cpu.json"]
    return json.loads((folder / "network_times-cpu.json").read_text())


def test_record_writes_one_file_named_after_the_machine(results, folder, capsys):
    network_times.main(["--record", "--device", "cpu"])
    assert "U-Net, base width 8" in capsys.readouterr().out
    assert kept(folder) == results | {"prediction": PREDICTION, "runtimes": RUNTIMES}
    assert set(results) == {"experiment", "made", "settings", "memory", "rows"}
    assert set(results["made"]) == {"date", "seed", "machine", "versions", "git"}


def test_one_part_leaves_the_other_as_it_was(results, folder):
    old = {
        "experiment": "network_times",
        "made": {"date": "then"},
        "rows": ["old"],
        "prediction": {"made": {"date": "then"}},
    }
    record.write_json(folder / "network_times-cpu.json", old)
    network_times.main(["--record", "--device", "cpu", "--only", "prediction"])
    assert kept(folder) == old | {"prediction": PREDICTION}
    network_times.main(["--record", "--device", "cpu", "--only", "runtimes"])
    assert kept(folder) == old | {"prediction": PREDICTION, "runtimes": RUNTIMES}
    record.write_json(folder / "network_times-cpu.json", old)
    network_times.main(["--record", "--device", "cpu", "--only", "networks"])
    assert kept(folder) == results | {"prediction": old["prediction"]}


def test_predictions_go_beside_networks(folder, capsys):
    with pytest.raises(SystemExit):
        network_times.main(["--record", "--device", "cpu", "--only", "prediction"])
    assert "holds no networks yet" in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_without_record_nothing_is_written(folder, monkeypatch):
    monkeypatch.setattr(network_times, "write_json", lambda *arguments: pytest.fail("wrote a file"))
    network_times.main(["--device", "cpu"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--quick", "--record"], "leave --quick out"),
        (["--rounds", "0"], "--rounds must be at least 1, not 0"),
        (["--threads", "0"], "--threads must be at least 1, not 0"),
    ],
    ids=["quick", "rounds", "threads"],
)
def test_wrong_options_are_refused(arguments, message, capsys):
    with pytest.raises(SystemExit):
        network_times.main(arguments)
    assert message in capsys.readouterr().err


def test_no_rounds_are_refused():
    with pytest.raises(ValueError, match="rounds must be at least 1, not 0"):
        network_times.measure(rounds=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_the_gpu_is_measured_too():
    found = network_times.measure(quick=True, rounds=1, device="cuda")
    assert found["made"]["machine"]["kind"] != "cpu"
    assert all(row["peak_memory_bytes"] > 4 * row["parameters"] for row in found["rows"])
