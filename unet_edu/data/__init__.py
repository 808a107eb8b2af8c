"""Images and labels: drawn from a seed, or real.

    cells      draws tissue and touching round cells from a seed; needs no network
    isbi2012   the electron-microscope slices of the U-Net paper; found on disk, or downloaded on request
    nuclei     real nuclei that touch, grey and stained; crops come with the package, the rest as for isbi2012
    files      your own images and masks, from files of any usual kind, and results back to files
    augment    new tiles from labelled images: bent, turned, flipped, moved, greys varied; on the training device
    sample     ``Sample``, which the first four return        examples   the images that chapters show
    weightmap  how much each pixel counts in the loss: class balance, and the borders between cells that nearly touch

``example()`` is a real slice where the data is found and real nuclei otherwise, and its ``name`` says which;
``example_network()`` names the shipped network that was trained on such images, and ``words(sample)`` what there is to
see in one. ``membranes()`` is a slice, too, and ``unseen()`` one of those that no network of the package was trained
on; where they are not found, both draw tissue, whose borders are known exactly: ``why_drawn(sample)``.
"""

from unet_edu.data.examples import example, example_network, membranes, unseen, why_drawn, words
from unet_edu.data.sample import Sample

__all__ = ["Sample", "example", "example_network", "membranes", "unseen", "why_drawn", "words"]
