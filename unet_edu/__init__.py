"""Companion package of the book *U-Net, inside out*.

``import unet_edu`` is light: torch and everything else heavy is loaded by the module that needs it.

    arithmetic    sizes, crops, legal inputs, receptive fields, tile plans: plain integers
    models        the networks of the papers, one class each
    data          images and labels, drawn (``cells``) or real (``isbi2012``, ``nuclei``); augmentation, weight maps
    training      ``fit``: one loop, on one device or several
    predict       class probabilities of an image of any size, in tiles that leave no seam
    metrics       V_Rand, V_Info, pixel, Rand and warping error as the challenge scores; IoU, Dice; cells matched
    thinning      what V_Rand does to borders first; warping: what the warping error does to the truth
    separation    from pixels inside cells to cells with numbers: components, watershed; Otsu's threshold
    checkpoints   trained networks, as safe files
    activations   every feature map of a network
    registration  whether a network's maps lie where they should
    device        where to compute, found by computing
    book          what chapters need: ``glue``, ``show``
    figures       live figures, alive in a page without a kernel too
    plots         the pictures that several chapters share
    experiments   the runs whose results the book prints
    course        exercises that are checked, assignments that are graded
    files         files that are written whole or not at all
"""

__version__ = "0.1.0"
