"""The pictures of the pages beside the chapters: first page, how to use the book, teaching."""

import matplotlib as mpl
import numpy as np
import pytest
from plotkit import PALETTE, colours, pictures, words
from scipy import ndimage

from unet_edu import arithmetic, results
from unet_edu.data import cells
from unet_edu.metrics import v_rand
from unet_edu.plots import how_to_use, index, teaching
from unet_edu.plots.style import use_style


@pytest.fixture(scope="module")
def tissue():
    return cells.tissue(512, seed=0)


# --- the first page ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "output"), [(572, 388), (604, 420)])
def test_the_frame_of_the_task_is_what_the_network_labels(tissue, size, output):
    fig, facts = index.task(tissue, size)
    assert facts == {"size": size, "output": output, "margin": (size - 512) // 2}
    assert words(fig) == [f"in: {size} × {size} pixels", f"out: {output} × {output}, cell or membrane"]
    tile, label = pictures(fig)
    assert tile.shape == (size, size)
    (frame,) = fig.axes[0].patches
    top, left = round(frame.get_y() + 0.5), round(frame.get_x() + 0.5)
    assert (frame.get_width(), frame.get_height()) == label.shape == (output, output)
    margin = facts["margin"]
    np.testing.assert_array_equal(label, tissue.label[top - margin :, left - margin :][:output, :output])
    np.testing.assert_array_equal(tile[margin:-margin, margin:-margin], tissue.image)
    assert colours(fig) <= PALETTE


def test_the_task_at_an_illegal_size_is_refused(tissue):
    with pytest.raises(ValueError, match="570"):
        index.task(tissue, 570)


# --- how to use this book ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def story(tissue):
    with mpl.rc_context():
        use_style()
        return how_to_use.story(tissue, arithmetic.plan(572))


def test_the_story_has_a_picture_for_the_question_and_for_each_chapter(story):
    fig, _ = story
    titles = [text.get_text() for text in fig.axes[0].texts if text.get_fontweight() == "bold"]
    assert titles == [
        "Wanted",
        "Sliding window",
        "Fully convolutional",
        "Arithmetic",
        "Block by block",
        "Skips",
        "Reading code",
        "Thirty images",
        "Training",
        "Any size",
        "Scoring",
        "What each part buys",
        "Looking inside",
        "After U-Net",
        "Your own images",
    ]
    stations = fig.axes[1:]
    assert len(stations) == len(titles)
    assert all(axes.images or axes.lines or axes.patches for axes in stations)
    places = [tuple(np.round(axes.get_position().bounds, 4)) for axes in stations]
    assert len(set(places)) == len(places)
    heights = [place[1] for place in places]
    assert heights[:8] == sorted(heights[:8], reverse=True), "down"
    assert heights[7:] == sorted(heights[7:]), "and up"


def test_the_story_s_numbers_are_the_book_s(story, tissue):
    _, facts = story
    assert (facts["size"], facts["output"], facts["parameters"]) == (572, 388, 31_030_658)
    assert facts["crops"] == "4, 16, 40, 88"
    assert facts["slower"] == pytest.approx(129.1, abs=0.05)
    assert facts["beside"] == pytest.approx(122, abs=0.5)
    assert facts["runs"] == len(results.read("ablation")["runs"])
    frames = results.read("replay")["runs"][0]["frames"]
    assert (facts["rand_first"], facts["rand_last"]) == (frames["v_rand"][0], frames["v_rand"][-1])
    several = [plan for plan in arithmetic.tile_plan(512) if plan.tiles > 1]
    assert facts["tiles"] in {plan.tiles for plan in several if plan.macs == min(each.macs for each in several)}
    row, first, last = how_to_use.thinnest_wall(tissue.label)
    assert facts["wrong_pixels"] == last - first
    opened = tissue.label.copy()
    opened[row, first:last] = 1
    assert ndimage.label(opened)[1] == ndimage.label(tissue.label)[1] - 1, "two cells are one"
    assert facts["rand_joined"] == v_rand(tissue.label, opened).score < 0.99


def test_every_number_of_the_story_s_facts_stands_in_the_picture(story):
    fig, facts = story
    said = " ".join(text.get_text() for text in fig.axes[0].texts)
    shown = {"size": "d", "output": "d", "parameters": ",", "slower": ".0f", "beside": ".0f", "rand_first": ".2f"}
    shown |= {"rand_last": ".2f", "tiles": "d", "wrong_pixels": "d", "rand_joined": ".2f", "runs": "d", "crops": "s"}
    shown |= {"counted": "d"}
    assert set(shown) == set(facts)
    for name, form in shown.items():
        assert format(facts[name], form) in said, name


def test_the_story_has_the_palette_s_colours(story):
    assert colours(story[0]) <= PALETTE


def test_the_gap_is_where_the_largest_cells_are_joined():
    label = np.zeros((512, 512), np.uint8)
    label[100:400, 170:240] = label[100:400, 244:330] = 1  # large, four pixels apart
    label[300:320, 335:345] = 1  # a small one beside it
    row, first, last = how_to_use.thinnest_wall(label)
    assert (first, last) == (240, 244)
    assert 160 <= row < 352
    assert not label[row, first:last].any()
    assert label[row, first - 1] == label[row, last] == 1


def test_a_wall_that_is_thick_is_no_candidate():
    label = np.zeros((512, 512), np.uint8)
    label[100:400, 170:240] = label[100:400, 249:280] = 1  # nine pixels apart
    label[200:202, 284:330] = 1
    assert how_to_use.thinnest_wall(label) == (200, 280, 284)


# --- teaching ---------------------------------------------------------------------------------------


def test_the_way_of_an_assignment_has_both_commands_and_five_files():
    fig = teaching.way_of_an_assignment()
    said = words(fig)
    assert {"release", "grade", "students see", "you keep"} <= set(said)
    (axes,) = fig.axes
    assert colours(fig) <= PALETTE
    line = 24
    seen = {
        text.get_text().split("\n")[0]
        for text in axes.texts
        if text.get_fontsize() == 10 and text.get_position()[1] > line
    }
    assert seen == {"student/", "submissions.zip"}, "what students see lies above the line"
    kept = {
        text.get_text().split("\n")[0]
        for text in axes.texts
        if text.get_fontsize() == 10 and text.get_position()[1] < line
    }
    assert kept == {"chapters of", "bundle.zip, instructor/", "grades/"}
