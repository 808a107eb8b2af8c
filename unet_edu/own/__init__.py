"""Your own images: from files to a trained network, and from it to counted cells.

    survey     what the images hold: sizes of objects, shares of classes, how many objects touch, ranges of grey
    plan       what follows from that: rescaling, depth, tile, batch, border term; each with its reason
    split      which images train and which validate: whole stacks, pages with a gap, or single images
    train      survey, plan, split, a short sweep, the run, the threshold; one file at the end
    segment    a network's file and an image: probability, numbered objects, a table of areas
    score      truth and prediction: objects found, missed, merged, split; overlap of the masks
    cli        the three commands, ``unet-edu train``, ``unet-edu predict`` and ``unet-edu score``

Files are read and written by `unet_edu.data.files`.
"""
