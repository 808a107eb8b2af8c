"""What a Playground can be set to by one click: plain data, which costs a page that links to it no PyTorch.

    PRESETS     a run that works, and symptoms of chapter 8; what each must come to is tested
    RIVALS      what may run beside it from the same seed

Whatever a preset does not change is as in DEFAULTS.
"""

DEFAULTS = {
    "data": "nuclei", "images": 12, "augment": "elastic", "weighted": True, "depth": 2, "width": 8, "padding": 0,
    "skips": ["crop"] * 3, "start": "paper", "dropout": 0.0, "loss": "cross-entropy", "optimiser": "adamw",
    "rate": 0.01, "schedule": "one-cycle", "clip": 1, "steps": 300,
}  # fmt: skip

# changes: of DEFAULTS. look: what to watch. The outcomes are asserted in tests/figures/test_playground.py.
PRESETS = {
    "works": {
        "title": "a run that works",
        "changes": {},
        "look": "Press play. Within some thirty steps nuclei come out of the grey; then the gaps between them are"
        " found, one by one.",
    },
    "one class": {
        "title": "all black: one class everywhere",
        "changes": {"weighted": False, "optimiser": "sgd", "rate": 1, "schedule": "constant"},
        "look": "SGD, and a rate that is too high for these weights: within some steps no unit of a whole layer is "
        "above zero, and no gradient passes it. The bias of the scores alone learns, how common cells are. Look at "
        "the maps.",
    },
    "grey": {
        "title": "all one grey",
        "changes": {"start": "zero"},
        "look": "All weights are zero, so all maps are zero, so nothing but the bias of the scores ever gets a "
        "gradient: one grey, and maps that stay flat. Which of all parameters can move?",
    },
    "nan": {
        "title": "NaN",
        "changes": {"loss": "sum", "optimiser": "sgd", "rate": 10, "schedule": "constant", "clip": 0},
        "look": "A sum over pixels, a rate of 10, and no clipping: a step takes the weights so far that the next "
        "numbers are larger than any that 32 bits hold. Then everything is NaN, and the run ends.",
    },
    "by heart": {
        "title": "learns by heart",
        "changes": {"images": 1, "augment": "none", "width": 16, "schedule": "constant", "rate": 3e-3},
        "look": "One picture, never turned or bent. The solid loss goes on falling; the dashed one, of the unseen"
        " picture, turns and rises.",
    },
    "jumps": {
        "title": "the loss jumps",
        "changes": {"rate": 0.1, "schedule": "constant", "clip": 0},
        "look": "A rate ten times too high, from the first step to the last. The loss jumps, and may end on a "
        "plateau where nothing is learnt.",
    },
    "merged": {
        "title": "touching cells merge",
        "changes": {"weighted": False, "width": 4},
        "look": "No weight map. Few pixels are wrong, and those few are the gaps: count the cells that are "
        "merged.",
    },
    "blurred": {
        "title": "blurred: no skips",
        "changes": {"skips": ["none"] * 3},
        "look": "All that is known of the picture has passed two poolings. Nuclei appear as quickly, with edges "
        "in blocks. Look at the map up0.",
    },
    "beside": {
        "title": "edges beside their place: resized skips",
        "changes": {"skips": ["resize"] * 3},
        "look": "Each skip map is squeezed to fit, not cut. Towards the border of a tile, what is joined does not"
        " lie on the same place.",
    },
    "huge": {
        "title": "a loss of thousands",
        "changes": {"loss": "sum", "optimiser": "sgd", "rate": 1e-2, "schedule": "constant", "clip": 0},
        "look": "The loss is a sum over pixels, so its gradient is thousands of times longer, and a usual rate is"
        " far too high. How does it end?",
    },
    "upside down": {
        "title": "upside down: a minus sign is missing",
        "changes": {"loss": "upside-down"},
        "look": "The loss falls, ever faster, and below zero. The picture becomes the opposite of the truth.",
    },
    "large": {
        "title": "first weights too large",
        "changes": {"start": "large"},
        "look": "Ten times too large, in each of thirteen layers: the first loss has thirteen digits. AdamW takes "
        "steps of one length, whatever the loss is, and three hundred of them do not lead back.",
    },
}  # fmt: skip
RIVALS = {
    "without skips": {"skips": ["none"] * 3},
    "skips after the pool": {"skips": ["pool"] * 3},
    "resized skips": {"skips": ["resize"] * 3},
    "no weight map": {"weighted": False},
    "no bending": {"augment": "turns"},
    "one picture": {"images": 1},
    "depth 1": {"depth": 1},
    "width 2": {"width": 2},
    "padded": {"padding": 1},
    "PyTorch's first weights": {"start": "pytorch"},
    "SGD": {"optimiser": "sgd"},
}
