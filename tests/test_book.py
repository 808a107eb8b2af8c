"""unet_edu.book: computed numbers for the prose, pictures with words."""

import base64
import io
import re
import subprocess
import sys
from html.parser import HTMLParser

import matplotlib as mpl
import numpy as np
import pytest
import torch
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image
from traitlets.config import Config

mpl.use("Agg")
import matplotlib.pyplot as plt

from unet_edu import book, letters
from unet_edu.plots import style


@pytest.fixture
def displayed():
    """What a notebook would receive: the list of display messages of an IPython shell."""
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    publisher = shell.display_pub = CapturingDisplayPublisher(shell=shell)
    yield publisher.outputs
    InteractiveShell.clear_instance()


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


# --- glue --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [31_030_658, -1, 0.9203, 1e-30, True, "ISBI 2012, slice 0", 'it\'s "quoted" <b>', [1, 2]]
)
def test_glue_emits_what_myst_nb_emits(displayed, value):
    import myst_nb

    book.glue("a.name", value)
    myst_nb.glue("a.name", value, display=False)
    ours, theirs = displayed
    assert ours["data"] == theirs["data"] != {}
    assert ours["metadata"] == theirs["metadata"]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int64(388), 388),
        (np.float64(0.25), 0.25),
        (np.float32(0.5), 0.5),
        (np.array(7), 7),
        (np.bool_(True), True),
        (torch.tensor(3.5), 3.5),
        (torch.tensor(12, dtype=torch.int32), 12),
    ],
)
def test_glue_stores_array_scalars_as_plain_numbers(displayed, value, plain):
    """NumPy would print np.float64(0.25) in the sentence, and a format such as ``:,d`` would fail on tensor(12)."""
    book.glue("n", value)
    book.glue("n", plain)
    assert displayed[0] == displayed[1]


def test_glue_all_glues_every_entry(displayed):
    book.glue_all({"a": 1, "b": "two"})
    one_by_one = list(displayed)
    displayed.clear()
    book.glue("a", 1)
    book.glue("b", "two")
    assert one_by_one == displayed != []


@pytest.mark.parametrize("name", ["", " ", "two words", "colon:d", "line\nbreak", "tab\t", "back`tick"])
def test_glue_refuses_names_that_the_role_would_take_apart(displayed, name):
    with pytest.raises(ValueError, match="glue name"):
        book.glue(name, 1)
    assert displayed == []


def test_glue_is_silent_outside_a_notebook(capsys):
    assert not InteractiveShell.initialized()
    book.glue("n", 1)
    assert capsys.readouterr() == ("", "")


def test_book_needs_no_myst_nb():
    """Colab has none."""
    code = "import sys; sys.modules['myst_nb'] = None; from unet_edu.book import glue, show; glue('n', 1)"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- show --------------------------------------------------------------------------------------------


def drawing():
    """A figure without pixels in it, in the palette's colours."""
    fig, axes = plt.subplots(figsize=(2, 1.5))
    axes.plot([0, 1, 3], [0, 2, 1], color=style.DOWN, label="down")
    axes.fill_between([0, 1, 3], [0, 2, 1], color=style.DOWN_AREA)
    axes.text(1, 0.5, "ink", color=style.INK)
    axes.legend()
    return fig


def micrograph():
    fig, axes = plt.subplots(figsize=(2, 2))
    axes.imshow(np.arange(64.0).reshape(8, 8), cmap="gray")
    axes.set_title("a slice", color=style.INK)
    return fig


def pixels(figure: dict, theme: str) -> np.ndarray:
    return plt.imread(io.BytesIO(base64.b64decode(figure[theme]["data"])), format="webp") / 255


def shown(displayed, fig, alt="A line that rises and falls.", caption="Look at the top.", **more):
    book.show(fig, alt=alt, caption=caption, **more)
    return displayed[-1]["data"]


@pytest.mark.parametrize(
    ("alt", "caption", "message"),
    [
        ("", "c", "alt=.* is empty"),
        (" \n ", "c", "alt=.* is empty"),
        ("a", "", "caption=.* is empty"),
        ("a", "\t", "caption=.* is empty"),
        ("the same  words", "the same\nwords", "the same"),
    ],
)
def test_show_refuses_a_picture_without_words(displayed, alt, caption, message):
    with pytest.raises(ValueError, match=message):
        book.show(drawing(), alt=alt, caption=caption)
    assert displayed == []


def test_show_demands_both_texts(displayed):
    with pytest.raises(TypeError):
        book.show(drawing(), caption="only a caption")
    with pytest.raises(TypeError):
        book.show(drawing(), alt="only alt text")


def test_show_closes_the_figure_and_displays_once(displayed):
    shown(displayed, drawing())
    assert plt.get_fignums() == []
    assert len(displayed) == 1


def test_show_gives_words_and_label_to_the_page(displayed):
    figure = shown(displayed, drawing(), alt="It  rises\n  and falls", caption="Look", name="fig-rise")[
        book.FIGURE_MIME
    ]
    assert (figure["alt"], figure["caption"], figure["name"]) == ("It rises and falls", "Look", "fig-rise")


def test_a_drawing_is_svg_and_a_picture_with_pixels_is_webp(displayed):
    for fig, mime, magic in [(drawing(), "image/svg+xml", b"<?xml"), (micrograph(), "image/webp", b"RIFF")]:
        figure = shown(displayed, fig)[book.FIGURE_MIME]
        for theme in ("light", "dark"):
            assert figure[theme]["mime"] == mime
            assert base64.b64decode(figure[theme]["data"]).startswith(magic)


@pytest.mark.parametrize("place", ["inset", "figure image", "pcolormesh", "subfigure"])
def test_pixels_are_found_wherever_they_stand(displayed, place):
    """As SVG a colour mesh of a feature map is megabytes of rectangles."""
    values = np.arange(64.0).reshape(8, 8)
    fig = plt.figure(figsize=(2, 2))
    if place == "figure image":
        fig.figimage(values)
    elif place == "subfigure":
        fig.subfigures(1, 2)[1].subplots().imshow(values)
    elif place == "inset":
        fig.subplots().inset_axes([0.5, 0.5, 0.4, 0.4]).imshow(values)
    else:
        fig.subplots().pcolormesh(values)
    assert shown(displayed, fig)[book.FIGURE_MIME]["light"]["mime"] == "image/webp"


def test_light_and_dark_picture_differ_in_ink(displayed):
    figure = shown(displayed, drawing())[book.FIGURE_MIME]
    svg = {theme: base64.b64decode(figure[theme]["data"]).decode() for theme in ("light", "dark")}
    for colour in (style.INK, style.DOWN, style.DOWN_AREA):
        assert colour in svg["light"]
        assert style.DARK[colour] not in svg["light"]
        assert style.DARK[colour] in svg["dark"]
        assert colour not in svg["dark"]


def test_a_micrograph_keeps_its_grey_values_on_the_dark_page(displayed):
    """The pixels of the image are data; only what is drawn around them changes."""
    figure = shown(displayed, micrograph())[book.FIGURE_MIME]
    light, dark = pixels(figure, "light"), pixels(figure, "dark")
    assert light.shape == dark.shape
    h, w = light.shape[:2]
    middle = np.s_[h // 2 - 20 : h // 2 + 20, w // 2 - 20 : w // 2 + 20]
    assert np.ptp(light[middle][..., 0]) > 0.05
    np.testing.assert_array_equal(light[middle], dark[middle])
    assert np.any(light != dark)


@pytest.mark.parametrize("make", [drawing, micrograph])
def test_the_same_figure_is_the_same_file(make):
    """Rebuilt pages must not change by themselves."""
    assert book.render_light_and_dark(make()) == book.render_light_and_dark(make())


def test_pictures_name_no_other_host_and_no_machine():
    for picture in book.render_light_and_dark(drawing()):
        svg = base64.b64decode(picture["data"]).decode()
        loaded = re.findall(r'(?:href|src)="([^#"][^"]*)"', svg)
        assert loaded == []
        assert "<dc:date>" not in svg


class Images(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.images, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data):
        self.text += data


def test_notebooks_get_alt_text_and_caption_with_quotes_intact(displayed):
    """In Colab and JupyterLab the HTML alternative is what is seen and read aloud."""
    alt, caption = 'Panel "a" < panel \'b\' & "c">', 'Is 3 < 4 & "5" > 4? <script>no</script>'
    data = shown(displayed, drawing(), alt=alt, caption=caption)
    page = Images(data["text/html"])
    assert [image["alt"] for image in page.images] == [alt]
    assert page.text.strip() == caption
    assert data["text/plain"] == alt
    assert page.images[0]["src"].startswith("data:image/svg+xml;base64,")


def test_outside_a_notebook_show_prints_the_alt_text_alone(capsys):
    book.show(drawing(), alt="A line that rises.", caption="Look.")
    assert capsys.readouterr().out == "A line that rises.\n"
    assert plt.get_fignums() == []


# --- tables ------------------------------------------------------------------------------------------

HEAD, ROWS = ["network", "score"], [["a < b", "0.5"], ["c", "0.25"]]


def test_a_table_names_its_rows_and_columns_and_escapes_them(displayed):
    book.table(HEAD, ROWS, caption="Scores & more")
    data = displayed[0]["data"]
    markup = data["text/html"]
    assert re.findall(r'<th scope="(\w+)"[^>]*>(.*?)(?=<)', markup) == [
        ("col", "network"), ("col", "score"), ("row", "a &lt; b"), ("row", "c")
    ]  # fmt: skip
    assert re.findall(r"<td[^>]*>(.*?)(?=<)", markup) == ["0.5", "0.25"]
    assert ">Scores &amp; more</p>" in markup
    assert 'tabindex="0"' in markup, "a table that scrolls can be reached with the keyboard"
    assert data["text/plain"].splitlines() == ["Scores & more", "", "network  score", "a < b    0.5", "c        0.25"]


def test_a_table_s_cells_break_where_they_say_and_long_ones_at_spaces(displayed):
    words = "a sentence that is longer than a number ever is"
    book.table(HEAD, [["a", "lower\n−0.1"], ["b", words]], caption="Scores")
    data = displayed[0]["data"]
    short, long = re.findall(r"<td style=\"([^\"]*)\">(.*?)</td>", data["text/html"])
    assert short == ("text-align:left;white-space:nowrap", "lower<br>−0.1"), "one side for a column"
    assert long == ("text-align:left;min-width:11em", words)
    assert "a        lower −0.1" in data["text/plain"].splitlines()


def test_code_in_a_cell_of_a_table_looks_like_code(displayed):
    book.table(HEAD, [["`a < b`", "`f(1)` and `g`"]], caption="Calls")
    data = displayed[0]["data"]
    assert "<code>a &lt; b</code></th>" in data["text/html"]
    assert "<code>f(1)</code> and <code>g</code></td>" in data["text/html"]
    assert data["text/plain"].splitlines()[-1] == "`a < b`  `f(1)` and `g`"


@pytest.mark.parametrize(
    ("rows", "caption", "message"), [([["a"]], "b", "1 entries and the head 2"), (ROWS, " ", "caption")]
)
def test_table_refuses_ragged_rows_and_no_caption(rows, caption, message):
    with pytest.raises(ValueError, match=message):
        book.table(HEAD, rows, caption=caption)


def test_outside_a_notebook_table_prints_text(capsys):
    book.table(HEAD, ROWS, caption="Scores")
    assert capsys.readouterr().out.startswith("Scores\n\nnetwork  score\n")


# --- on a phone ---------------------------------------------------------------------------------------


def test_a_drawing_says_how_wide_it_must_be_on_a_phone(displayed):
    fig, axes = plt.subplots(figsize=(9, 3))
    axes.set_title("a wide drawing")
    fig.text(0, 1, "of the whole")
    book.show(fig, alt="A wide drawing.", caption="Wide.")
    figure = displayed[0]["data"][book.FIGURE_MIME]
    svg = base64.b64decode(figure["light"]["data"]).decode()
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    heights = [100 * float(scale) for scale in re.findall(r"scale\(([\d.]+) -[\d.]+\)", svg)]
    assert len(heights) > 5
    assert min(heights) * figure["phone"] / width >= letters.LEAST_ON_A_PHONE
    assert "narrow" not in figure


def test_a_picture_may_have_a_layout_for_phones_with_links_of_its_own(displayed):
    fig, axes = plt.subplots(figsize=(9, 3))
    narrow, tall = plt.subplots(figsize=(letters.PHONE_INCHES, 6))
    book.show(fig, alt="Both.", caption="One.", narrow=narrow, links={axes: ("a.html", "a"), tall: ("b.html", "b")})
    figure = displayed[0]["data"][book.FIGURE_MIME]
    assert [area[4] for area in figure["links"]] == ["a.html"]
    assert [area[4] for area in figure["narrow"]["links"]] == ["b.html"]
    assert figure["narrow"]["phone"] == 0 < figure["phone"]
    assert plt.get_fignums() == []


def test_links_lie_on_their_axes(displayed):
    fig, panels = plt.subplots(1, 2, figsize=(6, 3))
    for axes in panels:
        axes.axis("off")
        axes.imshow(np.eye(4))
    book.show(fig, alt="Two.", caption="Both.", links={panels[1]: ("b.html", "the second")})
    ((left, top, width, height, address, words),) = displayed[0]["data"][book.FIGURE_MIME]["links"]
    assert (address, words) == ("b.html", "the second")
    with Image.open(io.BytesIO(base64.b64decode(displayed[0]["data"][book.FIGURE_MIME]["light"]["data"]))) as picture:
        drawn = np.asarray(picture.convert("RGBA"))[..., 3] > 0
    columns, rows = np.flatnonzero(drawn.any(0)), np.flatnonzero(drawn.any(1))
    assert left + width == pytest.approx(100 * (columns[-1] + 1) / drawn.shape[1], abs=1.5)
    assert top == pytest.approx(100 * rows[0] / drawn.shape[0], abs=1.5)
    assert left > 45
    assert height > 80
