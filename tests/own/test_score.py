"""Scores of maps whose errors are known, and of files."""

import numpy as np
import pytest

from own.ownkit import discs
from unet_edu.data.files import Mismatches, save_label
from unet_edu.own.score import numbered, results_in, score, score_files


@pytest.fixture
def truth():
    return discs().instances


def test_a_perfect_answer_has_every_score_at_one(truth):
    found = score(truth, truth)
    assert (found.f1, found.ap, found.iou, found.dice) == (1, 1, 1, 1)
    assert found.v_rand == pytest.approx(1)
    assert (found.found, found.missed, found.invented, found.merged, found.split) == (truth.max(), 0, 0, 0, 0)


def test_missed_invented_and_merged_objects_are_counted(truth):
    missed = np.where(truth == 3, 0, truth)
    assert (score(truth, missed).missed, score(missed, truth).invented) == (1, 1)
    n = truth.max()
    assert score(truth, missed).f1 == pytest.approx(2 * (n - 1) / (2 * (n - 1) + 1))
    merged = np.where(truth == 2, 1, truth)
    found = score(truth, merged)
    assert (found.merged, found.split, found.iou) == (1, 0, 1)
    assert found.f1 < 1
    assert score(merged, truth).split == 1


def test_a_mask_stands_for_its_pieces(truth):
    assert score(truth, (truth > 0).astype(np.uint8) * 255).f1 == 1
    assert numbered(truth > 0).max() == truth.max()


def test_counts_of_several_images_add_up_and_shares_are_means(truth):
    worse = np.where(truth < 4, 0, truth)
    both = score([truth, truth], [truth, worse])
    one = score(truth, worse)
    assert (both.images, both.objects) == (2, 2 * truth.max())
    assert both.found == truth.max() + one.found
    assert both.iou == pytest.approx((1 + one.iou) / 2)
    assert f"{both.found} found, {both.missed} missed" in str(both)


def test_what_cannot_be_scored_is_named(truth):
    with pytest.raises(ValueError, match="1 maps of truth for 2 predictions"):
        score([truth], [truth, truth])
    with pytest.raises(ValueError, match=r"image 0: the truth is \(96, 96\), the prediction \(95, 96\)"):
        score(truth, truth[1:])
    with pytest.raises(TypeError, match="cut a probability"):
        score(truth, truth.astype(float))


def test_files_pair_by_name_and_all_is_the_last(tmp_path, truth):
    for place, maps in {"truth": [truth, truth], "found/labels": [truth, np.where(truth == 1, 0, truth)]}.items():
        for number, one in enumerate(maps):
            save_label(tmp_path / place / f"{number}{'_mask' if place == 'truth' else ''}.tif", one)
    found = score_files(tmp_path / "truth", tmp_path / "found")
    assert list(found)[-1] == "all"
    assert len(found) == 3
    assert [one.missed for one in found.values()] == [0, 1, 1]
    assert results_in(tmp_path / "truth") == tmp_path / "truth"


def test_files_that_do_not_fit_come_in_one_list(tmp_path, truth):
    save_label(tmp_path / "truth" / "a.tif", truth)
    save_label(tmp_path / "truth" / "b.tif", truth)
    save_label(tmp_path / "found" / "a.tif", truth[1:])
    with pytest.raises(Mismatches) as raised:
        score_files(tmp_path / "truth", tmp_path / "found")
    assert "95 × 96 pixels" in str(raised.value)
    assert "b.tif" in str(raised.value)
    assert len(raised.value.problems) == 2
