"""Pictures that several chapters share."""

from __future__ import annotations

from unet_edu.plots.style import ON_IMAGE_MARK


def busiest(maps):
    """The channel with the largest spread, an array ``(H, W)``, of captured maps ``(1, C, H, W)``: the one to show."""
    return maps[0][maps[0].flatten(1).std(1).argmax()].numpy()


def image_row(images, titles, frames=None, figsize=None, cmap="gray", limits=(None, None), columns=None):
    """Pictures with titles, in rows of ``columns`` (``None``: all in one row).

    images: arrays ``(H, W)``. frames: for each ``(top, left, height, width)`` to outline, or ``None``. limits: the
    values shown black and white; ``None`` means each picture's own least and largest. Returns the figure.
    """
    import matplotlib.pyplot as plt

    count, columns = len(images), columns or len(images)
    fig, panels = plt.subplots(
        -(-count // columns), columns, figsize=figsize or (8.4, 8.4 / columns + 0.4), squeeze=False
    )
    for axes in panels.flat:
        axes.axis("off")
    for axes, image, title, frame in zip(panels.flat, images, titles, frames or [None] * count, strict=False):
        axes.imshow(image, cmap=cmap, vmin=limits[0], vmax=limits[1])
        axes.set_title(title, fontsize=9.5, fontweight="normal")
        if frame is not None:
            top, left, height, width = frame
            axes.add_patch(
                plt.Rectangle((left - 0.5, top - 0.5), width, height, fill=False, edgecolor=ON_IMAGE_MARK, lw=1.8)
            )
    fig.tight_layout(w_pad=0.6)
    return fig
