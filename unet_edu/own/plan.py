"""What follows from a survey: the numbers of a training run, each with its reason. `plan(survey)`.

    diameter ──► rescaling ──► depth ──► tile (legal, no larger than the images, as memory allows) ──► batch, recipe
    touching ──► border term        contrast ──► greys

`print(plan)` shows a decision a line. Nothing here looks at an image: what the survey holds is enough.
"""

from dataclasses import dataclass, fields, replace
from math import ceil
from typing import NamedTuple

from unet_edu.arithmetic import border, nearest_valid, receptive_field, valid_sizes
from unet_edu.arithmetic import plan as sizes
from unet_edu.predict import MAX_MEMORY, check_memory, too_little
from unet_edu.training import RECIPES, Recipe

SMALL, LARGE = 8, 60  # pixels: objects of smaller or larger diameter are rescaled
WANTED = 40  # pixels: to about this diameter large objects are shrunk
SEEN = 3  # diameters that the receptive field spans, at least: an object and its neighbours
DEPTHS = (2, 3, 4)
WIDTH = 16  # channels of level 0
WIDEST = 300  # pixels: the tile that the recipe was tried with
BATCH = {"cpu": 1}  # tiles in a step, others: 8
HELD, COPIES, FIXED = 1.55, 4.5, 13 * 2**20  # fitted to peaks measured on CPUs: times the maps, the weights; bytes
TOUCHING = 0.05  # share of the objects that touch, from which on the border term pays
CONTRAST = 2.0  # how many times the contrast differs, from which on each image is scaled by its own greys


class Decision(NamedTuple):
    """A decision: what was decided (`value`), and the reason in a line (`why`)."""

    value: object
    why: str


@dataclass(frozen=True)
class Plan:
    """The decisions on a training run; each a `Decision`. `print(plan)` shows a line of each.

    greys: "own" or "set": each image is scaled by its own percentiles of grey, or all images alike.
    pixel: how many pixels of the image, a side, one pixel of the network stands for: 1, 2, 3, …, or 0.5.
    depth: how many poolings.  width: channels of level 0.
    tile: pixels a side that go into the network, a legal size.  batch: tiles in a step.
    border: whether the weight map has the paper's border term between objects.
    recipe: a `unet_edu.training.Recipe`; its steps and its learning rate are found when training begins.
    """

    greys: Decision
    pixel: Decision
    depth: Decision
    width: Decision
    tile: Decision
    batch: Decision
    border: Decision
    recipe: Decision

    def lines(self):
        """Return the decisions as a list of lines, "name: value; reason"."""
        found = []
        for field in fields(self):
            value, why = getattr(self, field.name)
            if isinstance(value, Recipe):
                value = f"{value.optimizer}, {value.schedule}"
            value = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
            found.append(f"{field.name}: {value}; {why}")
        return found

    def __str__(self):
        return "\n".join(self.lines())


def plan(survey, max_memory=MAX_MEMORY, device="cpu") -> Plan:
    """Return the numbers of a training run (``Plan``), each with its reason.

    survey: of all images (`unet_edu.own.survey.survey`). max_memory: bytes that a training step may take
    (`training_bytes`), without PyTorch itself and the images. device: its type, "cpu", "cuda" or "mps".
    Raises TypeError or ValueError where max_memory is no number of bytes, or is too small for the smallest tile (the
    message gives the least that does); ValueError where there is no object, or images are too small.
    """
    max_memory = check_memory(max_memory)
    if survey.diameters is None:
        raise ValueError("there is no object in any label: nothing to learn; add an image with objects")
    pixel = pixel_size(survey.diameter)
    diameter, smallest = survey.diameter / pixel.value, int(survey.smallest // pixel.value)
    depth = depth_for(diameter, smallest)
    tile, batch = tile_and_batch(survey, smallest, depth.value, max_memory, device)
    recipe = replace(RECIPES["one-cycle"], tile=tile.value, batch=batch.value, learning_rate=5e-3)
    return Plan(
        greys=greys_by(survey),
        pixel=pixel,
        depth=depth,
        width=Decision(WIDTH, f"{WIDTH} channels at the top learn in minutes; the paper's 64 take 16 times as long"),
        tile=tile,
        batch=batch,
        border=border_term_for(survey),
        recipe=Decision(recipe, "today's habit; steps and learning rate are found by a short sweep"),
    )


def greys_by(survey):
    """Return the decision on grey values."""
    if survey.contrast > CONTRAST:
        return Decision(
            "own", f"contrast differs {survey.contrast:.1f}-fold between images, more than {CONTRAST:g}-fold"
        )
    return Decision("set", f"contrast differs only {survey.contrast:.1f}-fold between images: one scaling fits all")


def pixel_size(diameter):
    """Return the decision on rescaling. diameter: of a typical object, pixels of the image."""
    found = f"objects are {diameter:.0f} pixels wide"
    if diameter > LARGE:
        times = ceil(diameter / WANTED)
        return Decision(times, f"{found}, more than {LARGE}: shrunk {times}-fold, they fit into the receptive field")
    if diameter < SMALL:
        return Decision(0.5, f"{found}, less than {SMALL}: enlarged twofold, their borders have pixels of their own")
    return Decision(1, f"{found}, between {SMALL} and {LARGE}: images stay as they are")


def depth_for(diameter, smallest):
    """Return the decision on depth. diameter, smallest: of objects and of images, pixels of the network."""
    for depth in DEPTHS:
        field = receptive_field(0, depth).width
        if field >= SEEN * diameter or depth == DEPTHS[-1]:
            break
    why = f"a pixel of the result sees {field} pixels, {field / diameter:.1f} diameters; {SEEN} are wanted"
    return Decision(depth, why)


def tile_and_batch(survey, smallest, depth, max_memory, device):
    """Return the decisions on tile and batch: the largest legal tile that fits, then as many of them as fit."""
    edge = border(depth)
    most = min(WIDEST, smallest + 2 * edge)
    legal = valid_sizes(depth, high=most)
    if not legal:
        least = nearest_valid(1, depth)[1] - 2 * edge
        raise ValueError(f"images of {smallest} pixels are too small for depth {depth}: the smallest has {least}")
    kind = {"width": WIDTH, "depth": depth, "in_channels": survey.channels, "num_classes": survey.classes}
    fits = [tile for tile in legal if training_bytes(tile, 1, **kind) <= max_memory]
    if not fits:
        least = training_bytes(legal[0], 1, **kind)
        raise too_little(max_memory, least, f"a step with the smallest tile, {legal[0]} pixels,")
    tile = fits[-1]
    batch = BATCH.get(device, 8)
    while batch > 1 and training_bytes(tile, batch, **kind) > max_memory:
        batch //= 2
    taken = training_bytes(tile, batch, **kind)
    limit = "by memory" if tile < legal[-1] else "by the images" if most < WIDEST else f"of at most {WIDEST}"
    why = f"the largest legal size {limit}; {tile - 2 * edge} of it get labels; a step takes {taken / 2**20:.0f} MiB"
    several = (
        "a GPU computes several at once" if batch > 1 else "more steps learn more than larger ones in the same time"
    )
    return Decision(tile, why), Decision(batch, several)


def training_bytes(tile, batch=1, width=WIDTH, depth=4, in_channels=1, num_classes=2) -> int:
    """Return an estimate of the bytes that a training step on a CPU takes at its worst.

    Backpropagation needs what the forward pass made: of each convolution its map before and after batch normalisation
    and ReLU, of each pooling its map and where the largest values were, each joined map. Half as much again is what
    allocators and convolutions take beside it. Each weight is there four times: itself, its gradient, AdamW's two.
    Runs measured on CPUs took 0.9 to 1.12 of it. Raises SizeError for an illegal tile.
    """
    levels, kept, weights = sizes(tile, depth).levels, in_channels * tile**2, 0
    coming = in_channels
    for level in levels:
        channels = width * 2**level.index
        kept += 2 * channels * (level.down[1] ** 2 + level.down[2] ** 2)
        weights += 9 * channels * (coming + channels)
        if level.index >= max(1, depth - 1):
            kept += 1.25 * channels * level.down[2] ** 2  # dropout: its map, and a byte for what it kept
        if level.pooled:
            kept += 3 * channels * level.pooled**2  # values, and places of 8 bytes each
        if level.up:
            kept += 2 * channels * (level.up[0] ** 2 + level.up[1] ** 2 + level.up[2] ** 2)
            weights += 9 * channels * 3 * channels + 4 * channels * 2 * channels
        coming = channels
    kept += (3 * num_classes + 4) * sizes(tile, depth).output_size ** 2
    return int(4 * (HELD * batch * kept + COPIES * weights) + FIXED)


def border_term_for(survey):
    """Return the decision on the border term of the weight map."""
    share = f"{survey.touching:.0%} of the objects nearly touch another one"
    if survey.touching >= TOUCHING:
        return Decision(True, f"{share}: the background between them counts more")
    return Decision(False, f"{share}, fewer than {TOUCHING:.0%}: classes are balanced, and that is all")
