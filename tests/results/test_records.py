"""Which record is read, and where its runs come from, in words."""

import json

import pytest
from bookkit import ROOT
from recordkit import ABLATION, earlier, made, record, write

from unet_edu import results
from unet_edu.experiments import runs


def test_the_records_of_a_checkout_are_those_of_the_book():
    assert results.RECORDS.resolve() == ROOT / "unet_edu" / "records"


def test_what_has_not_been_run_is_none_and_names_its_command(folder):
    write(folder, "ablationx-cpu", ABLATION)
    assert results.read("ablation") is None
    assert results.origin("ablation").startswith("This has not been run yet")
    assert "python -m unet_edu.experiments.ablation --record" in results.origin("ablation")


def test_a_record_without_a_run_does_not_count(folder):
    write(folder, "ablation-nvidia-h100", record({"U-Net": []}))
    write(folder, "ablation-cpu", ABLATION)
    assert results.read("ablation") == ABLATION


def test_what_other_packages_did_is_read_by_part(folder):
    write(folder, "peers-cpu", {"experiment": "peers", "made": made(), "parts": {"counts": {"ours": 3}, "sizes": {}}})
    assert results.peers("counts") == {"ours": 3}
    assert results.origin("peers").startswith("2 parts; Some CPU")
    with pytest.raises(ValueError, match="no part 'rand'; it has counts and sizes"):
        results.peers("rand")


def test_names_are_those_of_the_records_once_each(folder):
    for file in ("network_times-cpu.json", "data_scaling-cuda.json", "data_scaling-cpu.json", "notes.json"):
        (folder / file).write_text("{}")
    assert results.names() == ["data_scaling", "network_times"]


def test_a_gpu_goes_before_a_newer_cpu_and_the_newest_gpu_before_others(folder):
    old = record({"a": [0.5]}, kind="nvidia-a", date="2026-01-02T00:00:00+00:00")
    new = record({"a": [0.6]}, kind="nvidia-b", date="2026-01-03T00:00:00+00:00")
    cpu = record({"a": [0.7]}, kind="cpu", date="2026-02-01T00:00:00+00:00")
    for name, one in (("nvidia-b", new), ("nvidia-a", old), ("cpu", cpu)):
        write(folder, f"ablation-{name}", one)
    assert results.read("ablation") == new


def test_origin_tells_runs_machine_days_and_commits(folder):
    runs = record({"a": [0.5, 0.6, 0.7], "b": []})
    runs["runs"][1]["made"] = made(date="2026-03-09T00:00:00+00:00", commit="fedcba9876", changed=True)
    write(folder, "ablation-cpu", runs)
    assert results.origin("ablation") == (
        "3 runs of 2 rows, 0 to 3 each; each slice predicted once; "
        "Some CPU, 2 cores, 1 thread a run; 2 January 2026 to 9 March 2026; "
        "commit 0123456 and fedcba9, with changes not committed."
    )


def test_origin_of_one_row_on_a_gpu_outside_a_checkout(folder):
    write(folder, "isbi-x", record({"a": [0.5]}, kind="x100", commit=None))
    assert results.origin("isbi") == "1 run; each slice predicted once; X100; 2 January 2026."


def test_views_of_mixed_runs_and_of_a_record_without_runs():
    both = record({"a": [0.5, 0.6]})
    both["runs"][0]["scores"] = both["runs"][0]["scores"] | {"average8": True}
    assert results.views(both) == "predictions averaged over 8 views or each slice predicted once"
    assert results.views({"rows": []}) == ""


def test_every_record_of_the_book_can_be_read():
    for path in results.RECORDS.glob("*.json"):
        name = path.stem.split("-")[0]
        assert results.read(name) is None or results.origin(name)


def test_a_record_that_was_scored_by_the_earlier_scorer_says_so(folder):
    found = record({"a": [0.9]})
    assert results.scored_before(found) == ""
    assert results.scorers_text([found, None]) == ""
    assert results.scorers_apart() is None
    found["runs"][0]["scores"] = earlier(found["runs"][0]["scores"])
    assert results.scored_before(found) == "scored by an earlier version of unet_edu.metrics"
    assert results.origin_of(found).endswith("; scored by an earlier version of unet_edu.metrics.")
    both = record({"net": [0.9]}, "checkpoints")
    both["runs"][0]["earlier_scores"] = earlier(record({"net": [0.8983]})["runs"][0]["scores"])
    (folder / "checkpoints-cpu.json").write_text(json.dumps(both))
    assert results.scorers_apart() == pytest.approx(0.0017)
    assert results.scored_before(found).endswith(
        "within 0.0017 of the challenge's in V_Rand on the shipped networks' slices"
    )
    marked = "Runs that were scored by an earlier version of this package are marked so."
    assert results.scorers_text([None, record({"b": [0.8]}), found]).startswith(f"{marked} On the shipped networks'")
    assert results.scorers_text([found]).endswith("at most 0.0017 away.")
    found["runs"][0]["frames"] = {"scorer": "challenge"}
    assert results.scored_before(found) == "", "pages show the frames' scores"


def test_every_run_of_the_book_says_by_which_scorer_it_was_scored():
    for path in results.RECORDS.glob("*.json"):
        for entry in json.loads(path.read_text(encoding="utf-8")).get("runs", []):
            for scores in filter(None, (entry["scores"], entry.get("frames"), entry.get("earlier_scores"))):
                nuclei = path.stem.startswith(("nuclei-", "choices-")) or entry.get("row", "").endswith("-nuclei")
                scorers = ("instances",) if nuclei else ("challenge", "earlier")
                assert scores["scorer"] in scorers, path
            if entry["scores"]["scorer"] == "instances":
                for scores in entry["scores"].get("groups", {"": entry["scores"]}).values():
                    of_cells = {"f1"} if path.stem.startswith("choices-") else {"iou", "components_ap", "watershed_ap"}
                    assert of_cells <= set(scores["mean"]), path
                continue
            assert ("v_rand" in entry["scores"]["stack"]) == (entry["scores"]["scorer"] == "challenge"), path


def test_one_run_has_no_spread():
    assert runs.spread([0.5]) == "0.5000"
    assert runs.spread([]) == "–"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["a"], "a"), (["a", "b"], "a and b"), ("abc", "a, b and c"), ([], ""), ([3, 4], "3 and 4"),
        (["a", "resized, not cropped", "c"], "a; resized, not cropped; and c"),
    ],
)  # fmt: skip
def test_listed(words, text):
    assert results.listed(words) == text
