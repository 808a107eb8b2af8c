"""The pictures of the pages beside the chapters: first page, how to use the book, teaching."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from bookkit import ROOT
from plotkit import PALETTE, colours, words
from scipy import ndimage

from unet_edu import arithmetic, letters, results
from unet_edu.data import cells
from unet_edu.metrics import v_rand
from unet_edu.plots import how_to_use, teaching
from unet_edu.plots.style import use_style


@pytest.fixture(scope="module")
def tissue():
    return cells.tissue(512, seed=0)


# --- how to use this book ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def story(tissue):
    with mpl.rc_context():
        use_style()
        return how_to_use.story(tissue, arithmetic.plan(572))


def test_every_little_picture_leads_to_its_page(story):
    fig, *_ = story
    doors = how_to_use.doors(fig)
    pages = sorted(path.stem for path in (ROOT / "book").glob("[0-9]*_*.md"))
    assert [address for address, _ in doors.values()] == [f"{page}.html" for page in pages]
    titles = [text.get_text() for text in fig.axes[0].texts if text.get_fontweight() == "bold"]
    assert [name for _, name in doors.values()] == titles
    assert list(doors) == fig.axes[1:]


def test_the_story_has_a_picture_for_the_question_and_for_each_chapter(story):
    fig, *_ = story
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
    *_, facts = story
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
    fig, _, facts = story
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


@pytest.mark.parametrize("narrow", [False, True])
def test_the_way_of_an_assignment_has_both_commands_and_five_files(narrow):
    fig = teaching.way_of_an_assignment(narrow)
    said = set(words(fig))
    assert {"release", "grade", "students see", "you keep"} <= said
    (axes,) = fig.axes
    assert colours(fig) <= PALETTE
    line = np.mean(axes.lines[0].get_xdata() if narrow else axes.lines[0].get_ydata())

    def beside(above):
        """The first lines of the boxes on one side of the line."""
        places = {text.get_text(): text.get_position()[0 if narrow else 1] for text in axes.texts}
        return {told.split("\n")[0] for told, place in places.items() if "\n" in told and (place > line) == above}

    sides = beside(True), beside(False)
    seen, kept = sides[::-1] if narrow else sides
    assert seen == {"student/", "submissions.zip"}
    assert kept == {"chapters of", "bundle.zip, instructor/", "grades/"}


# --- on a phone -------------------------------------------------------------------------------------


def test_narrow_pictures_can_be_read_on_a_phone_without_scrolling(story):
    _, narrow, _ = story
    for fig in (narrow, teaching.way_of_an_assignment(narrow=True)):
        assert letters.width_on_a_phone(fig) == 0


def test_the_narrow_story_says_and_shows_what_the_wide_one_does(story):
    wide, narrow, _ = story
    said = [[text.get_text() for text in fig.axes[0].texts] for fig in (wide, narrow)]
    assert said[0] == said[1]
    assert list(how_to_use.doors(wide).values()) == list(how_to_use.doors(narrow).values())


def test_no_words_of_the_narrow_story_touch(story):
    _, narrow, _ = story
    narrow.draw_without_rendering()
    boxes = [text.get_window_extent() for text in narrow.axes[0].texts]
    boxes += [axes.get_window_extent() for axes in narrow.axes[1:]]
    assert [(a, b) for a, b in itertools.combinations(range(len(boxes)), 2) if boxes[a].overlaps(boxes[b])] == []
