"""Which statements of other cells are taken for an answer: those that it needs, and none that it does not."""

import ast

import pytest

from unet_edu.course.sandbox.cell_dependencies import needed, pieces

FIRST = "def first(x):\n    return helper(x)"
TAKEN = {
    # name: (cells, the last of them is the answer's unless a number says which; what is taken of the others, in order)
    "partial": (
        ["import functools\nhelper = functools.partial(int, 2)"],
        "import functools|helper = functools.partial(int, 2)",
    ),
    "np.vectorize": (
        ["import numpy as np", "helper = np.vectorize(abs)"],
        "import numpy as np|helper = np.vectorize(abs)",
    ),
    "range": (["helper = range(5)"], "helper = range(5)"),
    "torch.tensor": (["import torch\nhelper = torch.tensor(2)"], "import torch|helper = torch.tensor(2)"),
    "dict": (["helper = dict(a=1)\nother = dict(b=1)"], "helper = dict(a=1)"),
    "try: import": (
        ["try:\n    import helper\nexcept ImportError:\n    helper = abs"],
        "try:\n    import helper\nexcept ImportError:\n    helper = abs",
    ),
    "if True": (["if True:\n    helper = abs"], "if True:\n    helper = abs"),
    "if True: def": (
        ["if True:\n\n    def helper(x):\n        return x"],
        "if True:\n\n    def helper(x):\n        return x",
    ),
    "with": (
        ["import torch\nwith torch.no_grad():\n    helper = torch.ones(2)"],
        "import torch|with torch.no_grad():\n    helper = torch.ones(2)",
    ),
    "a loop that fills a table": (
        ["helper = {}\nfor k in range(5):\n    helper[k] = k * k"],
        "helper = {}|for k in range(5):\n    helper[k] = k * k",
    ),
    "a loop that appends": (
        ["helper = []\nfor k in range(5):\n    helper.append(k)"],
        "helper = []|for k in range(5):\n    helper.append(k)",
    ),
    "a change of a part": (["helper = [0]\nhelper[0] = 1\nhelper += [2]"], "helper = [0]|helper[0] = 1|helper += [2]"),
    "what a helper needs": (
        ["table = list(range(3))", "def helper(x):\n    return table[x]"],
        "table = list(range(3))|def helper(x):\n    return table[x]",
    ),
    "several names at once": (["a, helper = divmod(7, 2)"], "a, helper = divmod(7, 2)"),
    "a walrus": (["print(helper := abs)"], "print((helper := abs))"),
    "%time of it": (["%time helper = range(5)"], "helper = range(5)"),
    "a setting of a module that it uses": (
        ["import sys\nsys.setrecursionlimit(9999)\nsys.exit()", "helper = sys.getsizeof"],
        "import sys|sys.setrecursionlimit(9999)|helper = sys.getsizeof",
    ),
    "a star": (["from math import *"], "from math import *"),
    # not needed
    "a training loop": (
        [
            "import torch\nhelper = abs\nlosses = []",
            "for epoch in range(99):\n    for x in losses:\n        loss = helper(x)\n"
            "        losses.append(loss.item())\n        loss.backward()\n    torch.save(losses, 'a')",
            "while True: pass",
            "helper(3)\nprint(helper)",
        ],
        "helper = abs",
    ),
    "a name that is the answer's own": (["x = train()\nfor x in load():\n    pass", "helper = abs"], "helper = abs"),
    "what cannot be meant": (["helper: int", "'helper'", "helper"], ""),
    "the answer's name elsewhere": (["first = train()", "helper = abs"], "helper = abs"),
    "a broken cell": (["helper = (", "helper = abs"], "helper = abs"),
    "another language": (["%%bash\nhelper = 1", "helper = abs"], "helper = abs"),
    # cells below
    "a function below": ([FIRST, "def helper(x):\n    return x"], "def helper(x):\n    return x", 0),
    "a call below, where nothing above gives a meaning": ([FIRST, "helper = dict(a=1)"], "helper = dict(a=1)", 0),
    "a call below, where something above does": (["helper = dict()", FIRST, "helper = train()"], "helper = dict()", 1),
    "a change below": (["helper = dict()", FIRST, "helper.clear()\nhelper['a'] = 1"], "helper = dict()", 1),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_of_other_cells(name):
    cells, wanted, *own = TAKEN[name]
    cells = cells if own else [*cells, FIRST]
    found, _ = pieces(cells, own[0] if own else len(cells) - 1)
    assert [ast.unparse(piece.tree) for piece in needed(found, "first") if not piece.own] == [
        ast.unparse(ast.parse(text)) for text in wanted.split("|") if text
    ]


def test_what_only_the_rest_of_the_cell_needs_is_taken_where_it_calls_nothing():
    cells = [
        "images = load()\nsize = 3\nimport torch",
        "def first(x):\n    return x\nprint(first(images), size)\ncheck(torch)",
    ]
    found, _ = pieces(cells, 1)
    taken = [ast.unparse(piece.tree) for piece in needed(found, "first") if not piece.own]
    assert taken == ["size = 3", "import torch"]


def test_without_calls_definitions_alone_are_taken():
    cells = ["import torch\ntwo = torch.tensor(2)\nthree = 3", "def first(x):\n    return two * three * torch.ones(1)"]
    found, _ = pieces(cells, 1)
    taken = [ast.unparse(piece.tree) for piece in needed(found, "first", calls=False) if not piece.own]
    assert taken == ["import torch", "three = 3"]


def test_what_cannot_be_read_is_told_by_cell():
    found, broken = pieces(["x = 1", "y = )", "def first(x):\n\treturn x\n        return"], 2)
    assert [type(broken[number]) for number in sorted(broken)] == [SyntaxError, TabError]
    assert [piece.cell for piece in found] == [0]


def test_a_reading_that_is_stopped_costs_its_cell():
    def reading(source):
        if "slow" in source:
            raise TimeoutError
        return ast.parse(source)

    found, broken = pieces(["slow", "x = 1"], 1, reading)
    assert isinstance(broken[0], TimeoutError)
    assert len(found) == 1
