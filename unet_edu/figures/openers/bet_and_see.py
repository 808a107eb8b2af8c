"""One part of U-Net taken away at a time: bet which one is missed most, then let the dots of the runs fall."""

from __future__ import annotations

from functools import cache

import numpy as np
import traitlets

from unet_edu import results
from unet_edu.experiments.runs import rows, values
from unet_edu.figures.base import LiveFigure, integer

RECORD = "ablation"


class BetAndSee(LiveFigure):
    """Bet on a change, let the dots fall, and look where it came.

    bet: which change, 1 to the number of changes, or 0 for none. fallen: whether the dots have fallen. order: of the
    rows, "drawn" or "mean". Raises TraitError for anything else.
    """

    kept = ("bet", "fallen", "order")

    bet = integer(0, (0, 99))
    fallen = traitlets.Bool(False).tag(sync=True)
    order = traitlets.Enum(("drawn", "mean"), "drawn").tag(sync=True)
    names = traitlets.List().tag(sync=True)
    scores = traitlets.List().tag(sync=True)
    caption = traitlets.Unicode(
        "V_Rand of the complete network and of others, each changed in one thing; one dot is one run, trained from a "
        "seed of its own. The dashed line is the mean of the complete network."
    ).tag(sync=True)

    def __init__(self, bet=0, **more):
        found = runs()
        super().__init__(bet=bet, names=list(found), scores=[list(one) for one in found.values()], **more)

    @traitlets.validate("bet")
    def _one_of_the_changes(self, proposal):
        if not 0 <= proposal.value < max(len(self.names), 1):
            raise traitlets.TraitError(f"bet must be 0 to {len(self.names) - 1}, not {proposal.value}")
        return proposal.value

    def legal_values(self):
        """Return the rules of `LiveFigure.legal_values`; a bet is on one of the changes."""
        return super().legal_values() | {"bet": {"least": 0, "most": len(self.names) - 1}}

    def poster(self):
        """Draw all runs, a row a network, the best mean on top."""
        import matplotlib.pyplot as plt

        from unet_edu.plots.style import DOWN, MUTED, SKIP

        found = dict(sorted(runs().items(), key=lambda one: np.mean(one[1])))
        fig, axes = plt.subplots(figsize=(7.5, 0.32 * len(found) + 0.8))
        first = np.mean(runs()[next(iter(runs()))])
        for row, (name, scores) in enumerate(found.items()):
            axes.plot(
                scores, [row] * len(scores), "o", color=DOWN if name == next(iter(runs())) else SKIP, ms=6, alpha=0.8
            )
        axes.axvline(first, color=MUTED, ls="--", lw=1)
        axes.set_yticks(range(len(found)), found)
        axes.set_xlabel("V_Rand")
        worst = next(iter(found))
        alt = (
            f"One row of dots for each of {len(found)} networks, a dot a run. The complete network has a mean V_Rand "
            f"of {first:.3f}; the lowest row, {worst}, has {np.mean(found[worst]):.3f}."
        )
        return fig, alt


@cache
def runs():
    """Return {network: V_Rand of its runs, rounded}; the complete network comes first."""
    return {
        name: tuple(round(float(one), 4) for one in values(entries))
        for name, entries in rows(results.read(RECORD)).items()
    }
