"""unet_edu.letters: letters that can be read in the column of a page and on a phone."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from unet_edu import letters
from unet_edu.plots.shared import towards_one


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


def sizes(fig):
    return [text.get_fontsize() for text in letters.letters_of(fig)]


@pytest.mark.parametrize("width", [4.0, 7.0, 10.0])
def test_small_letters_are_raised_to_eleven_pixels_in_the_column(width):
    fig, axes = plt.subplots(figsize=(width, 3))
    axes.plot([0, 1], [0, 1])
    axes.set_title("a title", fontsize=6)
    axes.text(0.5, 0.5, "large", fontsize=30)
    axes.tick_params(labelsize=5)
    letters.raise_letters(fig)
    shown = min(letters.COLUMN / letters.width_of(fig), letters.POINT)  # pixels of CSS for a point
    assert min(sizes(fig)) * shown >= letters.LEAST
    assert min(sizes(fig)) * shown < letters.LEAST + 1.2, "no larger than needed"
    assert max(sizes(fig)) == 30


def test_a_readable_figure_stays_as_it_is():
    fig, axes = plt.subplots(figsize=(2, 1.5))
    axes.plot([0, 1, 3], [0, 2, 1], label="down")
    axes.legend()
    before = sizes(fig)
    letters.raise_letters(fig)
    assert sizes(fig) == before
    assert letters.narrowed(fig) is None, "a phone shows it as it is"


def panels_of(rows, columns, size, titles="panel {}"):
    """A figure of images, a title on each."""
    fig, panels = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for number, axes in enumerate(panels.flat):
        axes.imshow(np.full((8, 8), number))
        axes.axis("off")
        axes.set_title(titles.format(number))
    return fig


@pytest.mark.parametrize(
    ("rows", "columns", "size", "beside"),
    [(1, 2, (8, 4), 1), (1, 3, (9, 3), 1), (1, 4, (8, 2), 2), (2, 2, (8, 8), 2), (2, 3, (8, 6), 2), (2, 4, (8, 4), 2)],
)
def test_panels_come_in_order_one_or_two_beside_each_other(rows, columns, size, beside):
    fig = panels_of(rows, columns, size)
    assert letters.width_on_a_phone(fig) > letters.PHONE
    narrow = letters.narrowed(fig)
    assert letters.width_on_a_phone(narrow) == 0, "nine pixels on a phone, without scrolling"
    places = [(-round(axes.get_position().y0, 2), round(axes.get_position().x0, 2)) for axes in narrow.axes]
    assert places == sorted(places), "in the order of reading"
    assert len({x for _, x in places}) == beside
    assert [axes.get_title() for axes in narrow.axes] == [axes.get_title() for axes in fig.axes]
    assert fig.get_size_inches().tolist() == list(size), "the figure itself stays"


def test_images_fill_the_width_and_what_a_grid_has_too_many_takes_no_room():
    fig = panels_of(2, 3, (8, 6), titles="a title of two lines, of panel {}")
    for axes in fig.axes[3:5]:
        axes.clear()
        axes.axis("off")
    narrow = letters.narrowed(fig)
    assert len(narrow.axes) == 4
    assert sum(axes.get_position().width for axes in narrow.axes[:2]) > 0.85
    lowest = min(axes.get_tightbbox().y0 for axes in narrow.axes)
    assert lowest < 0.06 * narrow.bbox.height, "no empty row"


def test_long_titles_break_on_a_phone_and_stay_on_a_page():
    fig = panels_of(2, 2, (8, 8), titles="what the bottleneck decides about panel {}")
    narrow = letters.narrowed(fig)
    assert all("\n" in axes.get_title() for axes in narrow.axes)
    assert [axes.get_title().replace("\n", " ") for axes in narrow.axes] == [axes.get_title() for axes in fig.axes]


def test_stacked_panels_do_not_lie_over_each_other():
    """Of a figure that was laid out itself: its names of axes lay over the next panel's title. V_Rand's axis, too."""
    fig, panels = plt.subplots(1, 2, figsize=(8.8, 3.9))
    for axes in panels:
        axes.plot([0.9, 0.95])
        axes.set(title="what it is", xlabel="training slices")
        towards_one(axes, "y", [0.9, 0.95])
    fig.tight_layout()
    upper, lower = (axes.get_tightbbox() for axes in letters.narrowed(fig).axes)
    assert upper.y0 > lower.y1


def curve(**labels):
    fig, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
    axes.plot([0, 1, 2], [0, 1, 0], label=labels.pop("label", "a"))
    axes.set(**{"xlabel": "steps", "ylabel": "loss"} | labels)
    return fig, axes


def test_a_wide_drawing_is_drawn_narrower():
    fig, _ = curve()
    narrow = letters.narrowed(fig)
    assert narrow.get_size_inches().tolist() == [letters.PHONE_INCHES, 3.4]
    assert sizes(narrow)[0] == sizes(fig)[0]


def test_ticks_beyond_the_ends_of_an_axis_and_of_images_cover_nothing():
    fig, axes = curve()
    axes.set(xticks=[-5, -4.99, 1], yticks=[0, 1], xlim=(0, 2))
    images = panels_of(2, 2, (8, 8))
    images.axes[0].set(xticks=[1, 1.01, 1.02])
    assert None not in (letters.narrowed(fig), letters.narrowed(images))


def too_many_ticks():
    fig, axes = curve()
    axes.set(xticks=np.linspace(0, 2, 30), xlim=(0, 2))
    return fig


def long_legend():
    fig, axes = curve(label="a network of all five levels, trained for as long as the first")
    axes.legend()
    return fig


def of_the_whole_figure():
    fig = panels_of(1, 2, (8, 4))
    fig.text(0.5, 0.01, "of the whole figure")
    return fig


def colour_bar():
    fig = panels_of(1, 2, (8, 4))
    fig.colorbar(fig.axes[0].images[0], ax=fig.axes)
    return fig


def named_rows():
    fig = panels_of(2, 3, (8, 6))
    fig.axes[0].set_ylabel("the first")
    return fig


def one_over_two_cells():
    fig = plt.figure(figsize=(8, 4))
    grid = fig.add_gridspec(2, 2)
    for place in (grid[0, :], grid[1, 0], grid[1, 1]):
        fig.add_subplot(place)
    return fig


def holds_a_function():
    fig, axes = curve()
    axes.xaxis.set_major_formatter(lambda number, at: f"{number:g}")
    return fig


def much_too_wide():
    fig, axes = curve()
    axes.text(0, 1, "one long line of words over the whole width of this picture, and of more than that")
    return fig


@pytest.mark.parametrize(
    "made",
    [
        too_many_ticks, long_legend, of_the_whole_figure, colour_bar, named_rows, one_over_two_cells, holds_a_function,
        much_too_wide,
    ],
)  # fmt: skip
def test_what_would_not_be_readable_scrolls(made):
    fig = made()
    assert letters.width_on_a_phone(fig) > letters.PHONE
    assert letters.narrowed(fig) is None


@pytest.mark.filterwarnings("error")
def test_a_layout_without_room_gives_none_and_no_warning():
    fig, axes = plt.subplots(figsize=(9, 3))
    axes.set_yticks([0, 1], ["a name of an axis that is longer than a phone is wide, " * 2] * 2)
    assert letters.narrowed(fig) is None
