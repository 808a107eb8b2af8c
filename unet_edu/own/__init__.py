"""Your own images: from files to a trained network, and from it to counted cells.

    survey     what the images hold: sizes of objects, shares of classes, how many objects touch, ranges of grey
    plan       what follows from that: rescaling, depth, tile, batch, border term; each with its reason
    split      which images train and which validate: whole stacks, pages with a gap, or single images
    prepare    images as the network sees them: greys, pixel size, pieces of one size, weights of pixels
    start      from scratch or from shipped weights, and at which rate: short tries
    train      all of these, the run, the threshold; one file at the end
    threshold  which threshold and which watershed are best on validation images, and Otsu's there
    segment    a network's file and an image: probability, numbered objects, a table of areas
    stream     image files of any size, a page at a time, and the files of results
    score      truth and prediction: objects found, missed, merged, split; overlap of the masks
    cli        the three commands, ``unet-edu train``, ``unet-edu predict`` and ``unet-edu score``

Files are read and written by `unet_edu.data.files`.
"""
