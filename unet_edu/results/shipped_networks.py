"""The trained networks of the package, each with the scores of exactly its weights."""

import json
from typing import NamedTuple

from unet_edu import checkpoints
from unet_edu.data import isbi2012
from unet_edu.experiments.trial import cell_probability, fitting, slices
from unet_edu.metrics import v_rand
from unet_edu.models.fcn import num_parameters
from unet_edu.results import records
from unet_edu.results.records import days, hardware, listed


class Shipped(NamedTuple):
    """A trained network of the package. metadata: what its file holds (`checkpoints.read`). bytes: size of the file.

    entry: of the record of the run that made exactly this file; None where the records have none.
    """

    name: str
    parameters: int
    metadata: dict
    bytes: int
    entry: dict | None

    @property
    def data(self):
        """What it was trained on: "isbi2012", "cells" or "grey nuclei"."""
        return self.metadata["recipe"]["data"]


def shipped():
    """Return the trained networks of the package, by data and then by size, the largest first: a list of `Shipped`."""
    paths = sorted(records.RECORDS.glob("checkpoints-*.json"))
    entries = [entry for path in paths for entry in json.loads(path.read_text(encoding="utf-8"))["runs"]]
    found = []
    for name in checkpoints.names():
        path = checkpoints.FOLDER / f"{name}{checkpoints.ENDING}"
        net, metadata = checkpoints.read(path)
        same = [one for one in entries if one["row"] == name and one["scores"] == metadata["scores"]]
        found.append(Shipped(name, num_parameters(net), metadata, path.stat().st_size, same[0] if same else None))
    return sorted(found, key=lambda one: (one.data != "isbi2012", -one.parameters))


def shipped_table(networks):
    """Return (head, rows) of texts for `unet_edu.book.table`. ± is the standard deviation over the six slices.

    Networks for nuclei are left out: they are scored by their cells (`unet_edu.results.nuclei.shipped_table`).
    """
    head = ["network", "parameters", "kB", "seconds", "V_Rand", "V_Rand, stack", "V_Info, stack"]
    lines = []
    for one in networks:
        scores = one.metadata["scores"]
        if "groups" in scores:
            continue
        seconds = "–" if one.entry is None else f"{one.entry['training']['seconds']:,.0f}"
        line = [one.name, f"{one.parameters:,}", f"{one.bytes / 1000:,.0f}", seconds]
        line.append(f"{scores['mean']['v_rand']:.4f} ± {scores['sd']['v_rand']:.4f}")
        lines.append(line + [f"{scores['stack'][key]:.4f}" for key in ("v_rand", "v_info")])
    return head, lines


def error_table(networks):
    """Return (head, rows) of texts for `unet_edu.book.table`: the three errors of the paper's Table 1, in its order.

    Beside them stands the share of wrong pixels, which it does not have.
    """
    lines = []
    for one in networks:
        errors = one.metadata["scores"]["stack"]
        others = (f"{errors[key]:.4f}" for key in ("rand_error", "pixel_error", "share_of_wrong_pixels"))
        lines.append([one.name, f"{errors['warping_error']:.6f}", *others])
    return ["network", "warping error", "Rand error", "pixel error", "wrong pixels"], lines


def shipped_origin(networks):
    """Return a sentence: on which machines, on which days and at which commits the shipped networks were trained."""
    heads = [one.entry["made"] for one in networks if one.entry]
    if not networks:
        return "No trained network is shipped yet: python -m unet_edu.experiments.checkpoints --record trains them."
    if not heads:
        return "The runs that made these files are in no record."
    machines = listed(sorted({hardware(head["machine"]) for head in heads}))
    commits = listed(sorted({str(one.metadata["commit"])[:7] for one in networks}))
    return f"Trained on {machines}; {days(heads)}; commit {commits}; one run each, seed 0."


def validation(data):
    """Return the validation slices of a data set (`Sample`); () where these slices are not on this machine."""
    if data == "isbi2012" and isbi2012.find() is None:
        return ()
    try:
        return slices(data, "validation")
    except FileNotFoundError:
        return ()


def usable(networks):
    """Return those networks whose validation slices are on this machine, of the first data set that has any."""
    for data in ("isbi2012", "cells"):
        found = [one for one in networks if one.data == data]
        if found and validation(data):
            return found
    return []


def recompute(network, count=None):
    """Return [(slice, V_Rand in the file, V_Rand of its weights now)] of a `Shipped` network.

    count: only so many slices. A slice of 512² pixels, seen eight ways, takes a few seconds on two cores.
    """
    net = checkpoints.load(network.name)
    scores = network.metadata["scores"]
    recorded = scores["slices"][:count]
    found = []
    for one, sample in zip(recorded, validation(network.data)[:count], strict=True):
        now = v_rand(sample.label, cell_probability(net, fitting(sample, net).image, scores["average8"])).score
        found.append((one["name"], one["v_rand"], now))
    return found
