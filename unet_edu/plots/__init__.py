"""The book's pictures: ``style`` is the palette, ``shared`` serves several chapters, every other module one chapter."""

from unet_edu.plots.shared import *  # noqa: F403
from unet_edu.plots.style import *  # noqa: F403
