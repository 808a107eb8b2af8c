"""The picture of the page for teachers: what is made of what in an assignment."""

from __future__ import annotations

from unet_edu.plots.style import DOWN, INK, MUTED, PAPER, SKIP, UP


def way_of_an_assignment():
    """Draw the files of an assignment, and the two commands between them. Returns the figure."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyBboxPatch

    fig, axes = plt.subplots(figsize=(7.6, 3.7))
    axes.set(xlim=(0, 104), ylim=(0, 48))
    axes.axis("off")
    axes.axhline(24, color=MUTED, lw=1, ls=(0, (3, 3)))
    axes.text(0, 25, "students see", fontsize=9.5, color=MUTED, va="bottom")
    axes.text(0, 23, "you keep", fontsize=9.5, color=MUTED, va="top")

    def box(x, y, words, colour, width):
        style = {"boxstyle": "round,pad=0.6,rounding_size=1.2", "fc": PAPER, "ec": colour, "lw": 1.8}
        axes.add_patch(FancyBboxPatch((x, y), width, 9, **style))
        axes.text(x + width / 2, y + 4.5, words, ha="center", va="center", fontsize=10, linespacing=1.3)

    def arrow(start, end):
        style = {"arrowstyle": "-|>", "color": INK, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", end, start, arrowprops=style)

    def command(x, y, words):
        axes.text(x, y, words, fontsize=11, fontweight="bold", family="monospace", ha="center", va="center")

    box(1, 4, "chapters of\nthe book", INK, 18)
    box(38, 36, "student/\nnotebooks with stubs", DOWN, 30)
    box(38, 4, "bundle.zip, instructor/\nsecret, solutions", SKIP, 30)
    box(78, 36, "submissions.zip\nfrom the LMS", DOWN, 24)
    box(78, 4, "grades/\npoints, feedback", UP, 24)
    arrow((20, 8.5), (37, 8.5))
    arrow((24, 8.5), (37, 38.5))
    command(28.5, 4.8, "release")
    arrow((69, 40.5), (77, 40.5))
    arrow((69, 8.5), (77, 8.5))
    arrow((90, 35), (90, 14.2))
    command(97, 19, "grade")
    return fig
