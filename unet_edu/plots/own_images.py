"""Pictures of the chapter *Your own images*: the way from a file to a table, and what sections of a stack share."""

import numpy as np
from scipy import ndimage

from unet_edu.plots.style import DOWN, GRID, MUTED, ON_IMAGE, SKIP, UP

GRAIN = 100  # nm: how far a structure of the drawn volume reaches, standard deviation of a Gaussian
EVERY = 4  # pixels, of which one is drawn: more of the block for the same work
SECTIONS = 10  # that are compared with the first


def way(image, probability, numbers):
    """Draw an image, what a network gives it, the objects that come of that, and how large they are.

    image: ``(3, H, W)`` in [0, 1]. probability: ``(H, W)``. numbers: whole numbers ``(H, W)``, 0 = background.
    Returns the figure and its facts: ``way_objects``, how many; ``way_middle``, their median area, pixels;
    ``way_unsure``, the share of pixels, in percent, whose probability lies between 0.1 and 0.9.
    """
    import matplotlib.pyplot as plt

    areas = np.bincount(numbers.ravel())[1:]
    areas = areas[areas > 0]
    fig, axes = plt.subplots(1, 4, figsize=(9.6, 2.6), layout="constrained", width_ratios=(1, 1, 1, 1.15))
    axes[0].imshow(np.moveaxis(image, 0, -1))
    axes[1].imshow(probability, cmap="gray", vmin=0, vmax=1)
    axes[2].imshow(np.moveaxis(image, 0, -1))
    axes[2].imshow(np.ma.masked_equal(numbers * 7 % 20, 0), cmap="tab20", alpha=0.55, interpolation="nearest")
    axes[2].contour(numbers > 0, [0.5], colors=[ON_IMAGE], linewidths=0.6)
    for panel, title in zip(axes, ("the file", "a probability", "numbers"), strict=False):
        panel.set_title(title)
        panel.axis("off")
    axes[3].hist(areas, bins=12, color=UP)
    axes[3].axvline(np.median(areas), color=MUTED, ls=(0, (3, 2)))
    axes[3].set(title="a table of areas", xlabel="pixels", ylabel="nuclei", box_aspect=1)
    unsure = 100 * float(((probability > 0.1) & (probability < 0.9)).mean())
    facts = {"way_objects": len(areas), "way_middle": float(np.median(areas)), "way_unsure": unsure}
    return fig, facts


def volume(side, sections, pixel, thickness, grain=GRAIN, seed=0):
    """Return greys ``(sections, side, side)`` of a drawn block whose structures reach equally far in all directions.

    pixel, thickness: nm, of a pixel and of a section. grain: nm, how far a structure reaches. Mean 0, variance 1.
    """
    rng = np.random.default_rng(seed)
    spread = (grain / thickness, grain / pixel, grain / pixel)
    found = ndimage.gaussian_filter(rng.normal(size=(sections, side, side)), spread, mode="wrap")
    return (found - found.mean()) / found.std()


def alike(stack):
    """Return how alike each section is to the one a given number of sections away: correlations, from 1 section on."""
    count = min(SECTIONS, len(stack) // 2)
    return [float((stack[:-gap] * stack[gap:]).mean()) for gap in range(1, count + 1)]


def sections(pixel=4, thickness=50):
    """Draw how alike sections of a drawn block are, by their distance, for sections of several thicknesses.

    pixel, thickness: nm. Returns the figure and its facts: ``alike_next``, ``alike_third``, the correlations of
    sections one and three apart; ``gap``, how many sections lie between two before it is below one twentieth.
    """
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(figsize=(6.4, 2.9))
    found = {}
    for thick, colour, style in ((thickness / 2, SKIP, ":"), (thickness, DOWN, "-"), (2 * thickness, UP, "--")):
        found[thick] = alike(volume(256, 60, EVERY * pixel, thick))
        apart = range(1, len(found[thick]) + 1)
        axes.plot(apart, found[thick], ls=style, marker="o", ms=4, color=colour, label=f"{thick:g} nm")
    axes.axhline(0, color=GRID, lw=1)
    axes.set(xlabel="sections apart", ylabel="correlation", ylim=(-0.25, 1.05))
    axes.legend(title="thickness")
    ours = found[thickness]
    gap = next((number for number, value in enumerate(ours) if value < 0.05), len(ours))
    return fig, {"alike_next": ours[0], "alike_third": ours[2], "gap": gap}
