"""One image with what is known about it."""

from typing import NamedTuple

import numpy as np


class Sample(NamedTuple):
    """One image with what is known about it.

    image: float32 ``(H, W)``, or ``(3, H, W)`` in colour, in [0, 1]; every value is k/255, as in an 8-bit file.
    label: uint8 ``(H, W)``, 1 = inside a cell, 0 = membrane or background; None where nobody has labelled the image.
    instances: int32 ``(H, W)``, 0 = membrane or background, 1…n = the cells; None where nobody numbered them.
    name: what it is, for a caption.
    """

    image: np.ndarray
    label: np.ndarray | None = None
    instances: np.ndarray | None = None
    name: str = "an image"
