"""The book's pictures: ``style`` is the palette, ``shared`` serves several pages, every other module one page.

    from unet_edu.plots import skips as pictures           # in 05_skips
    fig, facts = pictures.blocks(label)                    # the figure, and the numbers that its text needs

A page's module has the name of the page's file. Nothing else imports it.
"""
