"""The picture of the page for teachers: what is made of what in an assignment."""

from __future__ import annotations

from dataclasses import dataclass

from unet_edu.plots.style import DOWN, INK, MUTED, PAPER, SKIP, UP


@dataclass(frozen=True)
class Layout:
    """Where things stand, in hundredths of an inch: left and lower edge of boxes, ends of arrows, words."""

    size: tuple[int, int]
    letters: float  # points
    box: tuple[int, int]
    boxes: tuple[tuple[int, int], ...]  # chapters, notebooks, bundle, submissions, grades
    arrows: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    commands: tuple[tuple[int, int], ...]  # release, grade
    line: tuple[tuple[int, int], tuple[int, int]]
    sides: tuple[tuple[int, int, str, str], ...]  # of the line: students see, you keep


WIDE = Layout(
    size=(760, 350),
    letters=10,
    box=(176, 66),
    boxes=((4, 30), (276, 264), (276, 30), (548, 264), (548, 30)),
    arrows=(((180, 63), (272, 63)), ((198, 63), (272, 290)), ((452, 297), (544, 297)), ((452, 63), (544, 63)),
            ((636, 264), (636, 100))),
    commands=((226, 46), (670, 140)),
    line=((0, 180), (760, 180)),
    sides=((0, 186, "left", "bottom"), (0, 174, "left", "top")),
)  # fmt: skip
NARROW = Layout(  # for phones
    size=(390, 420),
    letters=8.6,
    box=(172, 56),
    boxes=((212, 358), (6, 206), (212, 206), (6, 106), (212, 6)),
    arrows=(((298, 358), (298, 266)), ((298, 332), (96, 266)), ((92, 206), (92, 166)), ((298, 206), (298, 66)),
            ((92, 106), (208, 40))),
    commands=((330, 312), (330, 136)),
    line=((195, 0), (195, 345)),
    sides=((189, 345, "right", "top"), (201, 345, "left", "top")),
)  # fmt: skip


def way_of_an_assignment(narrow=False):
    """Draw the files of an assignment, and the two commands between them; narrow: for a phone. Returns the figure."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyBboxPatch

    layout = NARROW if narrow else WIDE
    width, height = layout.size
    fig, axes = plt.subplots(figsize=(width / 100, height / 100))
    fig.subplots_adjust(0, 0, 1, 1)
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    axes.plot(*zip(*layout.line, strict=True), color=MUTED, lw=1, ls=(0, (3, 3)))
    for words, (x, y, side, edge) in zip(("students see", "you keep"), layout.sides, strict=True):
        axes.text(x, y, words, fontsize=0.96 * layout.letters, color=MUTED, ha=side, va=edge)
    wide, high = layout.box
    boxes = {
        "chapters of\nthe book": INK,
        "student/\nnotebooks with stubs": DOWN,
        "bundle.zip, instructor/\nsecret, solutions": SKIP,
        "submissions.zip\nfrom the LMS": DOWN,
        "grades/\npoints, feedback": UP,
    }
    for (words, colour), (x, y) in zip(boxes.items(), layout.boxes, strict=True):
        style = {"boxstyle": "round,pad=0,rounding_size=9", "fc": PAPER, "ec": colour, "lw": 1.8}
        axes.add_patch(FancyBboxPatch((x, y), wide, high, **style))
        told = {"ha": "center", "va": "center", "fontsize": layout.letters, "linespacing": 1.3}
        axes.text(x + wide / 2, y + high / 2, words, **told)
    for start, end in layout.arrows:
        style = {"arrowstyle": "-|>", "color": INK, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", end, start, arrowprops=style)
    for words, (x, y) in zip(("release", "grade"), layout.commands, strict=True):
        told = {"fontweight": "bold", "family": "monospace", "ha": "center", "va": "center"}
        axes.text(x, y, words, fontsize=1.1 * layout.letters, **told)
    return fig
