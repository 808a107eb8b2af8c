"""The picture of the page *Teaching with this book*."""

from unet_edu.plots.style import DOWN, INK, MUTED, PAPER, SKIP, UP


def way_of_an_assignment():
    """Draw which files release and grade make of which, above a line what students see; return the figure."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyBboxPatch

    fig, axes = plt.subplots(figsize=(7.6, 3.7))
    axes.set(xlim=(0, 104), ylim=(0, 48))
    axes.axis("off")
    axes.axhline(24, color=MUTED, lw=1, ls=(0, (3, 3)))
    axes.text(0, 25, "students see", fontsize=9.5, color=MUTED, va="bottom")
    axes.text(0, 23, "you keep", fontsize=9.5, color=MUTED, va="top")
    centred = {"ha": "center", "va": "center"}
    for x, y, words, colour, width in (
        (1, 4, "chapters of\nthe book", INK, 18),
        (38, 36, "student/\nnotebooks with stubs", DOWN, 30),
        (38, 4, "bundle.zip, instructor/\nsecret, solutions", SKIP, 30),
        (78, 36, "submissions.zip\nfrom the LMS", DOWN, 24),
        (78, 4, "grades/\npoints, feedback", UP, 24),
    ):
        shape = "round,pad=0.6,rounding_size=1.2"
        axes.add_patch(FancyBboxPatch((x, y), width, 9, boxstyle=shape, fc=PAPER, ec=colour, lw=1.8))
        axes.text(x + width / 2, y + 4.5, words, fontsize=10, linespacing=1.3, **centred)
    style = {"arrowstyle": "-|>", "color": INK, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
    for start, end, command, place in (
        ((20, 8.5), (37, 8.5), None, None),
        ((24, 8.5), (37, 38.5), "release", (28.5, 4.8)),
        ((69, 40.5), (77, 40.5), None, None),
        ((69, 8.5), (77, 8.5), None, None),
        ((90, 35), (90, 14.2), "grade", (97, 19)),
    ):
        axes.annotate("", end, start, arrowprops=style)
        if command:
            axes.text(*place, command, fontsize=11, fontweight="bold", family="monospace", **centred)
    return fig
