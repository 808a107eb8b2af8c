"""CropLadder: the script against the package over the whole range, the limits, the poster."""

import json

import pytest
import traitlets

from unet_edu import arithmetic, figures

PRINT_PLANS = """
import { readFileSync } from "node:fs";
const cases = JSON.parse(readFileSync(0, "utf-8"));
console.log(JSON.stringify(cases.map((given) => [figure.plan(...given), figure.nearest(...given)])));
"""


def package_says(size, depth, kernel, padding):
    """What the figure must show: [levels, output, fault, nearest], by the package alone."""
    layers = depth, kernel, padding
    try:
        fault = arithmetic.first_fault(size, *layers)
    except ValueError as error:
        return [None, None, ["padding", size, str(error)], None]
    around = list(arithmetic.nearest_valid(size, *layers))
    if fault:
        return [None, None, list(fault), around]
    plan = arithmetic.plan(size, *layers)
    levels = [[list(level.down), level.crop, list(level.up) if level.up else None] for level in plan.levels]
    return [levels, plan.output_size, None, around]


def figure_says(plan, around):
    fault = plan["fault"] and [plan["fault"][key] for key in ("stage", "size", "words")]
    levels = None if fault else [[level["down"], level.get("crop"), level.get("up")] for level in plan["levels"]]
    return [levels, plan["output"], fault, around]


@pytest.mark.parametrize(
    ("sizes", "layers"),
    [
        (range(1, 1101), [(3, 0)]),
        (range(1, 1101, 7), [(kernel, padding) for kernel in range(1, 8) for padding in range(4)]),
    ],
    ids=["the paper's layers", "all layers"],
)
def test_the_ladder_shows_what_the_package_computes(node, sizes, layers):
    cases = [[size, depth, *layer] for size in sizes for depth in range(1, 6) for layer in layers]
    found = node(figures.CropLadder, PRINT_PLANS, json.dumps(cases))
    assert len(found) == len(cases)
    wrong = [
        case
        for case, (plan, around) in zip(cases, found, strict=True)
        if figure_says(plan, around) != package_says(*case)
    ]
    assert wrong[:5] == []


def test_the_script_keeps_to_the_limits_of_python(node):
    from unet_edu.figures.crop_ladder import LIMITS

    module = type("Limits", (), {"_esm": figures.CropLadder._esm + "\nexport { LIMITS };"})
    assert node(module, "console.log(JSON.stringify(figure.LIMITS))") == {
        key: list(value) for key, value in LIMITS.items()
    }


def test_the_ladder_refuses_what_it_cannot_draw():
    for values in ({"size": 0}, {"size": 1101}, {"depth": 0}, {"depth": 6}, {"kernel": 8}, {"padding": -1}):
        (name, value), *_ = values.items()
        with pytest.raises(traitlets.TraitError, match=f"{name} must be .* not {value}"):
            figures.CropLadder(**values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ["572 pixels go in and 388 come out", "88, 40, 16, 4 pixels per side"]),
        ({"size": 570}, ["572 pixels go in", "570 pixels are not legal: pool2 would meet the odd size 279"]),
        ({"size": 1}, ["188 pixels go in and 4 come out", "1 pixels are not legal"]),
        ({"padding": 1, "size": 512}, ["512 pixels go in and 512 come out", "0, 0, 0, 0 pixels per side"]),
        ({"padding": 3}, ["Padding 3 would make maps grow"]),
    ],
)
def test_the_poster_of_the_ladder_says_what_it_shows(values, words):
    import matplotlib.pyplot as plt

    fig, alt = figures.CropLadder(**values).poster()
    plt.close(fig)
    for part in words:
        assert part in alt
