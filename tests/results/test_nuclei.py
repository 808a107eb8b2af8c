"""Sentences and tables of the runs on nuclei: true whatever the record holds, be it one run or none."""

import copy
import statistics

import pytest

from unet_edu import comparisons, results
from unet_edu.experiments.nuclei import trials

SEEDS = 4
# of each row: F1 and mergers, seed by seed
FLUORESCENCE = {
    "U-Net": ([0.90, 0.92, 0.91, 0.93], [50, 52, 48, 51]),
    "no weight map": ([0.85, 0.88, 0.86, 0.89], [70, 73, 66, 72]),
    "no elastic deformation": ([0.91, 0.91, 0.92, 0.92], [50, 53, 48, 49]),
    "without skips": ([0.60, 0.63, 0.61, 0.62], [90, 91, 99, 95]),
}
STAINED = {
    "U-Net": ([0.60, 0.62, 0.61, 0.59], [60, 61, 59, 66]),
    "no weight map": ([0.60, 0.61, 0.63, 0.59], [61, 58, 60, 65]),
    "no elastic deformation": ([0.59, 0.63, 0.60, 0.60], [60, 60, 60, 63]),
    "without skips": ([0.40, 0.43, 0.41, 0.10], [80, 83, 82, 86]),
}


def entry(row, seed, f1, merged):
    mean = {"iou": 0.9, "components_f1": f1, "components_ap": f1 / 2, "watershed_f1": f1, "watershed_ap": f1 / 2}
    together = {"components_f1": f1, "components_merged": merged, "components_split": 3}
    together |= {"watershed_f1": f1, "watershed_merged": merged, "watershed_split": 5}
    images = [{"name": "one", "nuclei": 700}, {"name": "two", "nuclei": 488}]
    scores = {"scorer": "instances", "average8": False, "mean": mean, "all": together, "images": images}
    return {"row": row, "seed": seed, "training": {"seconds": 20.0}, "scores": scores}


def recorded(seeds=SEEDS, **tables):
    """Return a record of so many seeds; tables: {group: {row: (F1, mergers)}}."""
    runs, names = [], []
    for group, rows in tables.items():
        for row, (f1, merged) in ({"Otsu and watershed": ([0.82], [163])} | rows).items():
            names.append(f"{group}: {row}")
            runs += [
                entry(names[-1], seed, *one) for seed, one in enumerate(zip(f1, merged, strict=True)) if seed < seeds
            ]
    return {"experiment": "nuclei", "trials": dict.fromkeys(names, {}), "runs": runs}


@pytest.fixture
def record():
    tables = {group: dict(rows) for group, rows in (("fluorescence", FLUORESCENCE), ("stained", STAINED))}
    return recorded(**tables)


def test_rows_stand_without_their_group_unet_first_and_the_baseline_last(record):
    assert results.nuclei.groups(record) == ["fluorescence", "stained"]
    for group in ("fluorescence", "stained"):
        names = list(results.nuclei.rows_of(record, group))
        assert (names[0], names[-1]) == ("U-Net", "Otsu and watershed")
        assert sorted(names[1:-1]) == sorted(set(FLUORESCENCE) - {"U-Net"})
    assert results.nuclei.count(record, "stained") == 1188


def test_a_difference_is_the_paired_test_s(record):
    judged = results.nuclei.judge(record, "fluorescence", "merged")
    these, others = (dict(enumerate(FLUORESCENCE[row][1])) for row in ("no weight map", "U-Net"))
    alone = comparisons.compare(these, others, broken=())
    one = judged["no weight map"]
    assert one.found == alone
    assert (one.found.change, one.found.pairs) == (20.0, 4)
    p = [judged[row].found.p for row in judged]
    assert [judged[row].p for row in judged] == comparisons.holm(p)
    assert results.nuclei.word(one, "merged") == "more"
    assert results.nuclei.word(one, "F1") == "higher"
    only = results.nuclei.judge(record, "fluorescence", "merged", ["no weight map"])["no weight map"]
    assert only.p == alone.p, "one comparison needs no correction"


def test_a_failed_run_is_in_no_pair_of_any_score(record):
    assert comparisons.failed({0: 0.40, 1: 0.43, 2: 0.41, 3: 0.10}) == {3: 0.10}
    for score in ("F1", "merged"):
        one = results.nuclei.judge(record, "stained", score)["without skips"].found
        assert (one.pairs, one.left_out) == (3, 1)


def test_the_table_of_scores_has_every_row(record):
    head, lines = results.nuclei.score_table(record, "fluorescence")
    assert [line[0] for line in lines] == list(results.nuclei.rows_of(record, "fluorescence"))
    assert all(len(line) == len(head) for line in lines)
    first = dict(zip(head, lines[0], strict=True))
    assert (first["runs"], first["F1"], first["merged"]) == ("4", "0.915\n± 0.013", "50.2\n± 1.7")
    assert dict(zip(head, lines[-1], strict=True))["F1"] == "0.820"


def test_the_table_of_differences_has_a_column_for_each_group(record):
    head, lines = results.nuclei.comparison_table(record, "merged")
    assert head == ["row", "fluorescence: merged", "stained: merged"]
    cells = {line[0]: line[1:] for line in lines}
    whole = sum(FLUORESCENCE["U-Net"][1]) / SEEDS
    # in these entries pieces and what a watershed makes of them have the same counts
    assert cells["Otsu's threshold alone"][0] == f"not tested\n+{163 - whole:.1f}"
    assert cells["Otsu's threshold, both with a watershed"][0] == f"not tested\n+{163 - whole:.1f}"
    assert cells["no weight map"][0].startswith("more, 4 pairs\n+20.0\n(")
    assert cells["no weight map"][1].startswith("not decided, 4 pairs\n")


def test_the_weight_map_s_question_is_answered_group_by_group(record):
    said = results.nuclei.weight_map(record)
    assert said.answer == "On fluorescence images yes; on stained images not decided"
    assert "of 1,188 nuclei 70.2 are lost in mergers without the map and 50.2 with it" in said.text
    one = results.nuclei.judge(record, "fluorescence", "merged", ["no weight map"])["no weight map"]
    assert f"a difference of +20.0 ({one.found.low:+.1f} to {one.found.high:+.1f})" in said.text
    assert said.text.count("4 pairs") == 2
    one = results.nuclei.judge(record, "stained", "F1, watershed", ["no weight map"])["no weight map"].found
    ends = f"{one.change:+.3f} ({one.low:+.3f} to {one.high:+.3f})".replace("-", "−")
    assert said.watershed.startswith("Without the map, F1 then changes by −0.045 (")
    assert f"by {ends}, p = " in said.watershed


@pytest.mark.parametrize(
    ("shift", "answer"),
    [(20, "Yes, in these runs, on both kinds of image"), (-20, "No, in these runs: more cells run together with it")],
)
def test_the_answer_follows_the_runs(shift, answer):
    f1, merged = FLUORESCENCE["U-Net"]
    without = f1, [count + shift + seed % 2 for seed, count in enumerate(merged)]
    rows = {"U-Net": (f1, merged), "no weight map": without}
    assert results.nuclei.weight_map(recorded(fluorescence=rows, stained=rows)).answer == answer
    same = {"U-Net": (f1, merged), "no weight map": (f1, [count + (-1) ** seed for seed, count in enumerate(merged)])}
    assert results.nuclei.weight_map(recorded(fluorescence=same)).answer == "These runs do not decide it"


def test_otsu_is_compared_like_with_like():
    """Its pieces with the network's pieces, and both after a watershed; the mask has one row."""
    record = results.read("nuclei")
    for score, rows in (("F1", 2), ("merged", 2), ("F1, watershed", 1), ("IoU of the mask", 1)):
        assert len(results.nuclei.without_training(record, score)) == rows
    for key, row in (
        ("components_f1", "Otsu's threshold alone"),
        ("watershed_f1", "Otsu's threshold, both with a watershed"),
    ):
        for group, text in results.nuclei.without_training(record)[row].items():
            means = [
                statistics.mean(entry["scores"]["all"][key] for entry in results.nuclei.rows_of(record, group)[name])
                for name in ("Otsu and watershed", "U-Net")
            ]
            assert float(text.replace("−", "-")) == pytest.approx(means[0] - means[1], abs=0.00051)


def test_every_p_of_the_weight_map_s_answer_is_corrected_for_the_two_groups(record):
    said = results.nuclei.weight_map(record)
    for score, text in (("merged", said.text), ("F1", said.text), ("F1, watershed", said.watershed)):
        ones = [
            results.nuclei.judge(record, group, score, ["no weight map"])["no weight map"]
            for group in ("fluorescence", "stained")
        ]
        for p in comparisons.holm([one.found.p for one in ones]):
            assert results.p_text(p) in text


@pytest.mark.parametrize("seeds", [0, 1])
def test_too_few_runs_are_told(seeds):
    found = recorded(seeds, fluorescence=dict(FLUORESCENCE), stained=dict(STAINED))
    said = results.nuclei.weight_map(found)
    assert said.answer == "These runs are too few to say"
    assert said.text.count("too few paired runs") == (2 if seeds else 0)
    assert said.watershed == ""
    head, lines = results.nuclei.comparison_table(found)
    assert all(cell == "too few pairs" for line in lines for cell in line[1:] if not line[0].startswith("Otsu"))
    assert sum(line[0].startswith("Otsu") for line in lines) == 2 * seeds
    told = "Lower on a part of the data alone: without skips (on membranes). "
    told += "Lower nowhere that these runs decide: no weight map."
    assert results.nuclei.both_text(found, found_ablation()) == (told if seeds else "")


def found_ablation():
    """A record of the ablation in which the skips matter."""

    def runs(row, scores):
        return [{"row": row, "seed": seed, "scores": {"mean": {"v_rand": score}}} for seed, score in enumerate(scores)]

    rows = {
        "U-Net": [0.93, 0.94, 0.95, 0.94],
        "without skips": [0.70, 0.72, 0.71, 0.73],
        "padded": [0.93, 0.94, 0.95, 0.95],
        "no weight map": [0.94, 0.93, 0.95, 0.93],
    }
    entries = [one for row, scores in rows.items() for one in runs(row, scores)]
    return {"experiment": "ablation", "trials": dict.fromkeys(rows, {}), "runs": entries}


def test_what_holds_on_both_sets_of_data(record):
    ablation = found_ablation()
    assert results.nuclei.shared_rows(record, ablation) == ["without skips", "no weight map"]
    head, lines = results.nuclei.both_data(record, ablation)
    assert head == ["row", "membranes, V_Rand", "fluorescence nuclei, F1", "stained nuclei, F1"]
    skips = dict(zip(head, lines[0], strict=True))
    change = results.judge_rows(ablation)["without skips"].found.change
    assert skips["membranes, V_Rand"] == f"−{abs(change):.3f}, lower"
    assert skips["fluorescence nuclei, F1"] == "−0.300, lower"
    assert lines[-1][1:] == ["–", "−0.095, not tested", "+0.215, not tested"]
    assert results.nuclei.both_text(record, ablation) == (
        "Lower wherever it was tried: without skips. "
        "Lower on a part of the data alone: no weight map (on fluorescence nuclei)."
    )


def test_a_shipped_network_has_a_line_for_each_group():
    scores = {group: entry("", 0, f1, 7)["scores"] for group, f1 in (("fluorescence", 0.9), ("stained", 0.7))}
    one = results.Shipped("unet8-nuclei", 485_000, {"scores": {"scorer": "instances", "groups": scores}}, 977_000, None)
    head, lines = results.nuclei.shipped_table([one])
    assert [line[:4] for line in lines] == [
        ["unet8-nuclei", "fluorescence", "485,000", "977"],
        ["unet8-nuclei", "stained", "485,000", "977"],
    ]
    assert [dict(zip(head, line, strict=True))["F1"] for line in lines] == ["0.900", "0.700"]
    assert results.shipped_table([one])[1] == []


def test_the_record_of_the_package_can_be_told():
    """Whatever it holds today: every function gives a text, and every row belongs to a trial."""
    record = results.read("nuclei")
    names = {row.row for row in trials()}
    assert set(record["trials"]) <= names
    for group in results.nuclei.groups(record):
        results.nuclei.score_table(record, group)
    results.nuclei.comparison_table(record)
    assert results.nuclei.weight_map(record).answer
    assert "each image predicted once" in results.origin_of(record)
    changed = copy.deepcopy(record)
    changed["runs"] = []
    assert results.nuclei.weight_map(changed).answer == "These runs are too few to say"


def test_what_more_steps_add_is_the_table_s_difference_with_its_p(record):
    assert results.nuclei.longer_text(record) == ""
    row, rows = "trained longer", {"U-Net": FLUORESCENCE["U-Net"], "without skips": FLUORESCENCE["without skips"]}
    made = recorded(fluorescence=rows | {row: ([0.95, 0.96, 0.95, 0.98], [20, 21, 22, 23])}, stained=STAINED)
    for name in made["trials"]:
        made["trials"][name] = {"recipe": {"steps": 1040 if row in name else 130}}
    one = results.nuclei.judge(made, "fluorescence")[row]
    said = results.nuclei.longer_text(made)
    assert said.startswith("On fluorescence images 1,040 steps instead of 130 change F1 by +0.045 (+0.0")
    assert said.endswith(f"{results.p_text(one.p)}, to 0.960.")
