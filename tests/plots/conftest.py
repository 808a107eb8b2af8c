"""Pictures are drawn in the book's look, without a screen, and closed after each test."""

import matplotlib as mpl
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from unet_edu.plots.style import use_style


@pytest.fixture(autouse=True)
def look_of_the_book(one_thread):
    with mpl.rc_context():
        use_style()
        yield
    plt.close("all")
