"""arithmetic.js, the sizes that several figures compute, against unet_edu.arithmetic over the whole range."""

import json

import pytest

from unet_edu import arithmetic, figures

PRINT_PLANS = """
import { readFileSync } from "node:fs";
const cases = JSON.parse(readFileSync(0, "utf-8"));
console.log(JSON.stringify(cases.map((given) => [figure.plan(...given), figure.nearestValid(...given)])));
"""


def package_says(size, depth, kernel, padding):
    """Return [levels, output, fault, nearest] as the package computes them."""
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
def test_every_size_is_that_of_the_package(node, sizes, layers):
    cases = [[size, depth, *layer] for size in sizes for depth in range(1, 6) for layer in layers]
    found = node(figures.CropLadder, PRINT_PLANS, json.dumps(cases))
    assert len(found) == len(cases)
    wrong = [
        case
        for case, (plan, around) in zip(cases, found, strict=True)
        if figure_says(plan, around) != package_says(*case)
    ]
    assert wrong[:5] == []


@pytest.mark.parametrize("depth", range(1, 6))
def test_legal_sizes_and_borders_are_those_of_the_package(node, depth):
    code = f"""
    const legal = Array.from({{ length: 1100 }}, (_, at) => at + 1).filter((size) => figure.isValid(size, {depth}));
    console.log(JSON.stringify([legal, figure.border({depth})]));
    """
    assert node(figures.CropLadder, code) == [arithmetic.valid_sizes(depth), arithmetic.border(depth)]


def test_without_a_depth_it_is_the_papers_network(node):
    code = "console.log(JSON.stringify([figure.border(), figure.nearestValid(570), figure.isValid(572)]))"
    assert node(figures.CropLadder, code) == [arithmetic.border(), list(arithmetic.nearest_valid(570)), True]
