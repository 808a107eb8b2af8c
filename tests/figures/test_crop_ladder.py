"""CropLadder: the limits, the poster. Its sizes are those of test_arithmetic.py."""

import pytest
import traitlets

from unet_edu import figures


def test_the_script_keeps_to_the_limits_of_python(node):
    from unet_edu.figures.crop_ladder import LIMITS

    module = type("Limits", (), {"_esm": figures.CropLadder._esm + "\nexport { LIMITS };"})
    assert node(module, "console.log(JSON.stringify(figure.LIMITS))") == {
        key: list(value) for key, value in LIMITS.items()
    }


def test_the_ladder_refuses_what_it_cannot_draw():
    too_small = [("size", 0, 1), ("depth", 0, 1), ("padding", -1, 0)]
    too_large = [("size", 1101, 1100), ("depth", 6, 5), ("kernel", 8, 7)]
    for cases, words in ((too_small, "less"), (too_large, "greater")):
        for name, value, nearest in cases:
            message = f"'{name}' trait .* should not be {words} than {nearest}, but a value of {value} was"
            with pytest.raises(traitlets.TraitError, match=message):
                figures.CropLadder(**{name: value})


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
