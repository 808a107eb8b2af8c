"""The picture that a notebook shows while a network is trained."""

import sys


def in_notebook():
    """Return whether this runs in a Jupyter kernel."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and hasattr(shell, "kernel")


def notebook_preview():
    """Return a preview that draws image, label and probability of class 1 in a notebook, None anywhere else."""
    if not in_notebook():
        return None
    from IPython.display import display
    from matplotlib.figure import Figure

    handle = display(display_id=True)

    def preview(step, image, label, probabilities):
        figure = Figure(figsize=(6, 2.2), layout="constrained")
        titles = "image", "label", f"class 1 after {step} steps"
        pictures = image[0], label / (len(probabilities) - 1), probabilities[1]
        for axes, picture, title in zip(figure.subplots(1, 3), pictures, titles, strict=True):
            axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
            axes.set(title=title, xticks=[], yticks=[])
        handle.update(figure)

    return preview
