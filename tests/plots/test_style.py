"""unet_edu.plots.style: a palette that everybody can read on both pages, and the change from light to dark ink."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.patheffects
import matplotlib.pyplot as plt
from matplotlib.collections import LineCollection
from matplotlib.colors import same_color, to_hex, to_rgb
from skimage.color import deltaE_ciede2000, rgb2lab

from unet_edu.plots import style

PAGE = {"light": "#ffffff", "dark": "#121212"}  # the background of the theme's pages
TEXT = ["INK", "MUTED", "DOWN", "UP", "SKIP", "WRONG", "EXTRA"]
PATHS = ["DOWN", "UP", "SKIP", "WRONG", "EXTRA"]
AREAS = ["DOWN_AREA", "UP_AREA", "SKIP_AREA", "WRONG_AREA", "EXTRA_AREA"]


def colour(name: str, page: str) -> str:
    light = getattr(style, name)
    return light if page == "light" else style.DARK[light]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


# --- the palette -------------------------------------------------------------------------------------


def linear(rgb) -> np.ndarray:
    rgb = np.asarray(to_rgb(rgb))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one, other) -> float:
    """Contrast ratio of WCAG 2, 1 to 21."""
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_the_reference_pair():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("page", PAGE)
@pytest.mark.parametrize("name", TEXT)
def test_text_is_readable_on_the_page(name, page):
    assert contrast(colour(name, page), PAGE[page]) >= 4.5


@pytest.mark.parametrize("page", PAGE)
@pytest.mark.parametrize("area", AREAS)
def test_ink_is_readable_on_areas(area, page):
    assert contrast(colour("INK", page), colour(area, page)) >= 4.5


@pytest.mark.parametrize("page", PAGE)
@pytest.mark.parametrize("area", AREAS)
def test_an_outline_stands_out_from_its_area(area, page):
    assert contrast(colour(area.removesuffix("_AREA"), page), colour(area, page)) >= 3


@pytest.mark.parametrize("page", PAGE)
def test_the_palette_s_paper_is_the_page(page):
    assert colour("PAPER", page) == PAGE[page]


# severe dichromacy, linear RGB: Machado, Oliveira and Fernandes 2009, table 1
VISION = {
    "all cones": np.eye(3),
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def seen(rgb, vision: str) -> np.ndarray:
    """CIELAB of a colour as an eye without one kind of cone sees it."""
    light = np.clip(np.asarray(VISION[vision]) @ linear(rgb), 0, 1)
    return rgb2lab(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


def test_the_simulation_confuses_what_it_should():
    def distance(vision):
        return deltaE_ciede2000(seen("#b04040", vision), seen("#707020", vision))

    assert distance("all cones") > 25
    assert distance("no green cones") < 10
    for vision, matrix in VISION.items():
        np.testing.assert_allclose(np.sum(matrix, axis=1), 1, atol=1e-5, err_msg=f"{vision}: grey stays grey")


@pytest.mark.parametrize("page", PAGE)
@pytest.mark.parametrize("vision", VISION)
def test_paths_are_told_apart_without_one_kind_of_cone(vision, page):
    """CIEDE2000; 2.3 is what one just notices side by side, and lines do not lie side by side."""
    for one, other in itertools.combinations(PATHS, 2):
        distance = deltaE_ciede2000(seen(colour(one, page), vision), seen(colour(other, page), vision))
        assert distance >= 10, f"{one} and {other}"


def test_every_colour_has_a_partner_and_none_is_mapped_twice():
    named = {value for name, value in vars(style).items() if name.isupper() and isinstance(value, str)}
    on_images = {style.ON_IMAGE, style.ON_IMAGE_MARK}
    assert named - on_images <= set(style.DARK), "a colour without a partner stays dark on the dark page"
    assert not on_images & set(style.DARK)
    assert not set(style.DARK) & set(style.DARK.values()), "a second pass would change colours again"


def test_the_picture_of_the_palette_shows_and_names_every_colour():
    named = {name for name, value in vars(style).items() if name.isupper() and isinstance(value, str)}
    assert {name for name in named if not name.endswith("_AREA")} == set(style.MEANING)
    assert len(set(style.MEANING.values())) == len(style.MEANING), "one meaning each"
    fig = style.palette()
    said = {text.get_text() for text in fig.findobj(mpl.text.Text)}
    assert set(style.MEANING) | set(style.MEANING.values()) <= said
    shown = {to_hex(patch.get_facecolor()) for patch in fig.findobj(mpl.patches.Rectangle)}
    shown |= {to_hex(line.get_color()) for line in fig.findobj(mpl.lines.Line2D)}
    assert {getattr(style, name) for name in named} <= shown


def test_style_applies_and_uses_the_palette():
    with mpl.rc_context():
        style.use_style()
        fig, axes = plt.subplots()
        (line,) = axes.plot([0, 1])
        assert same_color(line.get_color(), style.DOWN)
        assert fig.get_facecolor()[3] == 0
        cycle = [to_hex(entry["color"]) for entry in mpl.rcParams["axes.prop_cycle"]]
        assert set(cycle) <= set(style.DARK)


# --- recolour ----------------------------------------------------------------------------------------

RED, BLUE, OTHER = "#ff0000", "#0000ff", "#00ff00"
MAP = {RED: BLUE}


def canvas_colours(fig) -> set[str]:
    """The pure colours among the pixels, after drawing anew."""
    with mpl.rc_context({"text.antialiased": False, "lines.antialiased": False, "patch.antialiased": False}):
        fig.canvas.draw()
    pixels = np.asarray(fig.canvas.buffer_rgba())[..., :3].reshape(-1, 3)
    return {to_hex(rgb / 255) for rgb in np.unique(pixels, axis=0)}


def draw_plot(axes):
    axes.plot([0, 1], [0, 1], color=RED, linewidth=6)


def draw_markers(axes):
    axes.plot(
        [0.5], [0.5], "o", markersize=30, color=OTHER, markerfacecolor=RED, markeredgecolor=OTHER, markeredgewidth=5
    )


def draw_marker_edges(axes):
    axes.plot([0.5], [0.5], "o", markersize=30, markerfacecolor="none", markeredgecolor=RED, markeredgewidth=5)


def draw_bars(axes):
    axes.bar([0, 1], [1, 2], color=[RED, OTHER])


def draw_outline(axes):
    axes.add_patch(plt.Rectangle((0.2, 0.2), 0.5, 0.5, fill=False, edgecolor=RED, linewidth=5))


def draw_hatch(axes):
    axes.add_patch(plt.Rectangle((0.1, 0.1), 0.8, 0.8, facecolor="none", edgecolor=RED, hatch="xx"))


def draw_text(axes):
    axes.text(0.1, 0.4, "MMM", color=RED, size=40, weight="bold")


def draw_text_box(axes):
    axes.text(0.3, 0.4, "M", color=OTHER, bbox={"facecolor": RED, "edgecolor": RED})


def draw_halo(axes):
    halo = [matplotlib.patheffects.withStroke(linewidth=8, foreground=RED)]
    axes.text(0.1, 0.4, "MMM", color=OTHER, size=30, path_effects=halo)


def draw_annotation_arrow(axes):
    arrow = {"arrowstyle": "->", "color": RED, "linewidth": 5}
    axes.annotate("", xy=(0.9, 0.9), xytext=(0.1, 0.1), arrowprops=arrow)


def draw_titles(axes):
    axes.set_title("MMM", color=RED, size=20, weight="bold")
    axes.set_xlabel("MMM", color=RED, size=20, weight="bold")


def draw_suptitle(axes):
    axes.figure.suptitle("MMM", color=RED, size=20, weight="bold")


def draw_scatter(axes):
    axes.scatter([0.3, 0.6], [0.3, 0.6], s=900, c=[RED, OTHER])


def draw_scatter_one_colour(axes):
    axes.scatter([0.3, 0.6], [0.3, 0.6], s=900, color=RED)


def draw_fill(axes):
    axes.fill_between([0, 1], [0, 1], color=RED)


def draw_line_collection(axes):
    axes.add_collection(LineCollection([[(0, 0), (1, 1)], [(0, 1), (1, 0)]], colors=[RED, OTHER], linewidths=6))


def draw_vlines(axes):
    axes.vlines([0.5], 0, 1, color=RED, linewidth=6)


def draw_error_bars(axes):
    axes.errorbar([0.5], [0.5], yerr=[0.4], color=RED, elinewidth=6)


def draw_quiver(axes):
    axes.quiver([0.2], [0.2], [0.5], [0.5], color=RED, scale=1)


def draw_legend(axes):
    handle = mpl.patches.Patch(color=RED, label="patch")
    axes.legend(handles=[handle], labelcolor=OTHER, fontsize=20)


def draw_legend_text(axes):
    handle = mpl.patches.Patch(color=OTHER, label="MMM")
    axes.legend(handles=[handle], labelcolor=RED, prop={"size": 20, "weight": "bold"})


def draw_legend_frame(axes):
    handle = mpl.patches.Patch(color=OTHER, label="MMM")
    axes.legend(handles=[handle], facecolor=RED, framealpha=1, frameon=True, fontsize=20)


def draw_ticks(axes):
    axes.tick_params(color=RED, labelcolor=OTHER, length=12, width=6)


def draw_tick_labels(axes):
    axes.set_xticks([0.5], ["MMM"], color=RED, size=20, weight="bold")


def draw_grid(axes):
    axes.grid(color=RED, linewidth=6)


def draw_spines(axes):
    axes.spines[:].set_color(RED)
    axes.spines[:].set_linewidth(6)


def draw_table(axes):
    axes.table([["a", "b"]], cellColours=[[RED, OTHER]], loc="center")


def draw_table_text(axes):
    table = axes.table([["MM"]], loc="center")
    table.auto_set_font_size(False)
    table[0, 0].set_text_props(color=RED, size=30, weight="bold")


def draw_axes_background(axes):
    axes.set_facecolor(RED)


def draw_figure_background(axes):
    axes.figure.set_facecolor(RED)


def draw_inset(axes):
    inset = axes.inset_axes([0.3, 0.3, 0.5, 0.5])
    inset.set_axis_off()
    inset.plot([0, 1], [0, 1], color=RED, linewidth=6)


def draw_contour(axes):
    y, x = np.mgrid[:20, :20] / 19
    axes.contour(x, y, x + y, levels=[0.5, 1], colors=[RED, OTHER], linewidths=6)


def draw_edges_of_mapped_scatter(axes):
    axes.scatter([0.3, 0.6], [0.3, 0.6], s=900, c=[0.0, 1.0], cmap="gray", edgecolor=RED, linewidth=6)


KINDS = {name.removeprefix("draw_"): function for name, function in list(globals().items()) if name.startswith("draw_")}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_artist_changes(kind):
    """Seen in the pixels: what was red is blue, and what was green still is."""
    fig, axes = plt.subplots(figsize=(2, 2))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    KINDS[kind](axes)
    before = canvas_colours(fig)
    assert RED in before
    assert BLUE not in before
    style.recolour(fig, MAP)
    after = canvas_colours(fig)
    assert RED not in after
    assert BLUE in after
    assert (OTHER in before) == (OTHER in after)


def test_ticks_that_do_not_exist_yet_change_too():
    """Matplotlib makes ticks while it draws; a figure may come here undrawn."""
    fig, axes = plt.subplots(figsize=(2, 2))
    axes.tick_params(color=RED, length=12, width=6)
    axes.plot([0, 1000], [0, 1e-3])
    style.recolour(fig, MAP)
    assert RED not in canvas_colours(fig)


@pytest.mark.parametrize("alpha", [0.25, 1.0])
def test_alpha_is_kept(alpha):
    fig, axes = plt.subplots()
    (line,) = axes.plot([0, 1], color=RED, alpha=alpha)
    patch = axes.add_patch(plt.Rectangle((0, 0), 1, 1, facecolor=(1, 0, 0, alpha), edgecolor=(0, 1, 0, 0.5)))
    scatter = axes.scatter([0, 1], [0, 1], color=RED, alpha=alpha)
    fill = axes.fill_between([0, 1], [0, 1], facecolor=RED, alpha=alpha)
    text = axes.text(0, 0, "t", color=RED, alpha=alpha)
    style.recolour(fig, MAP)
    assert (line.get_alpha(), text.get_alpha()) == (alpha, alpha)
    assert same_color(line.get_color(), BLUE)
    assert same_color(text.get_color(), BLUE)
    assert patch.get_facecolor() == (0, 0, 1, alpha)
    assert patch.get_edgecolor() == (0, 1, 0, 0.5)
    for collection in (scatter, fill):
        np.testing.assert_allclose(collection.get_facecolor(), [[0, 0, 1, alpha]] * len(collection.get_facecolor()))


def test_what_is_invisible_stays_invisible():
    """An empty face is black with alpha 0 inside matplotlib, and black has a partner in the dark palette."""
    fig, axes = plt.subplots(figsize=(2, 2))
    axes.set_axis_off()
    axes.add_patch(plt.Rectangle((0, 0), 1, 1, facecolor="none", edgecolor="none", alpha=0.5))
    axes.add_patch(plt.Circle((0, 0), 1, fill=False, edgecolor="none"))
    axes.scatter([0.5], [0.5], s=900, facecolors="none", edgecolors="none", alpha=0.5)
    axes.plot([0.5], [0.5], "o", markersize=20, markerfacecolor="none", markeredgecolor="none")
    style.recolour(fig, style.DARK)
    assert canvas_colours(fig) == {style.DARK["#ffffff"]}, "the figure's own white background, and nothing else"


def test_data_shown_through_a_colour_map_or_as_rgb_stays():
    rng = np.random.default_rng(0)
    fig, axes = plt.subplots(2, 2)
    two = mpl.colors.ListedColormap([RED, OTHER])
    image = axes[0, 0].imshow(rng.random((4, 4)), cmap=two)
    rgb = axes[0, 1].imshow(np.broadcast_to(to_rgb(RED), (4, 4, 3)))
    mesh = axes[1, 0].pcolormesh(rng.random((4, 4)), cmap=two)
    points = axes[1, 1].scatter([0, 1], [0, 1], c=[0.0, 1.0], cmap=two)
    lines = axes[1, 1].add_collection(LineCollection([[(0, 0), (1, 1)], [(0, 1), (1, 0)]], array=[0, 1], cmap=two))
    fig.colorbar(image)
    style.recolour(fig, MAP)
    fig.canvas.draw()
    for mapped in (image, mesh, points, lines):
        assert mapped.get_cmap() == two
    assert [to_hex(edge) for edge in lines.get_edgecolor()] == [RED, OTHER]
    for collection in (mesh, points):
        faces = {to_hex(face) for face in collection.get_facecolor()}
        assert faces == {RED, OTHER}
    np.testing.assert_array_equal(rgb.get_array()[0, 0], to_rgb(RED))


def test_colours_that_are_not_in_the_mapping_stay():
    fig, axes = plt.subplots()
    (line,) = axes.plot([0, 1], color="C0", marker="o")
    bars = axes.bar([0, 1], [1, 1], color=["#123456", OTHER], edgecolor="#654321")
    before = [line.get_color(), line.get_markerfacecolor()] + [(b.get_facecolor(), b.get_edgecolor()) for b in bars]
    style.recolour(fig, MAP)
    assert before == [line.get_color(), line.get_markerfacecolor()] + [
        (b.get_facecolor(), b.get_edgecolor()) for b in bars
    ]


def test_recolour_there_and_back_gives_the_same_picture():
    fig, axes = plt.subplots(figsize=(2, 2))
    for kind in ("plot", "bars", "text_box", "halo", "scatter", "legend", "table", "contour"):
        KINDS[kind](axes)
    fig.canvas.draw()
    before = np.array(fig.canvas.buffer_rgba())
    style.recolour(fig, {RED: "#0102fe"})
    style.recolour(fig, {"#0102fe": RED})
    fig.canvas.draw()
    np.testing.assert_array_equal(np.array(fig.canvas.buffer_rgba()), before)


@pytest.mark.parametrize("spelling", ["#FF0000", "red", (1.0, 0.0, 0.0), "xkcd:fire engine red"])
def test_the_mapping_is_about_colours_not_spellings(spelling):
    fig, axes = plt.subplots()
    (line,) = axes.plot([0, 1], color=spelling)
    style.recolour(fig, {"#ff0000": BLUE})
    assert same_color(line.get_color(), BLUE) == same_color(spelling, RED)
