"""Exercises of the chapter on blocks: counting weights, two convolutions, a whole U of one level.

Networks are tried with weights that depend on the shapes of their parameters, so that any way to write them will do.
"""

ORDER = ("conv_params", "double_conv", "incoming_nodes", "assemble")  # as in the chapter
