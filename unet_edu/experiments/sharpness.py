"""Why does a network trained on two slices fail on others, though its loss is as low as any?

    python -m unet_edu.experiments.sharpness             two rows, eight seeds
    python -m unet_edu.experiments.sharpness --quick     tiny networks on drawn tissue, to see that it works
    python -m unet_edu.experiments.sharpness --record    keep the results in unet_edu/records/, go on where they end

    slices 0 and 1 ──train──▶ network with batch normalisation ──▶ what its normalisations measured while it learned
                                          │
    slices 18 to 23 ──────────────────────┴──▶ the same, measured there; V_Rand with these instead of those

A normalisation subtracts a mean and divides by a standard deviation, which it measures while the network is trained and
keeps. They fit other slices only if these look alike. The first layers see edges: where sections are sharper than those
the network was trained on, all that comes after is shifted. The second row varies the sharpness of the tiles.
"""

import copy
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import nn

from unet_edu.experiments.runs import as_text, main, rows
from unet_edu.experiments.trial import Trial, mean_v_rand, run
from unet_edu.models import UNet
from unet_edu.models.batch_norm import fold_batch_norm
from unet_edu.training import RECIPES

SLICES = 2
FOCUS = 1.0  # how much of its fine detail a tile may lose or gain, in the second row
SEEDS = 8


def trials(quick=False, device_type="cpu"):
    """Return the two rows: the run that failed, as it was, and the same with sharpness varied."""
    width, changes = (1, {"steps": 2, "batch": 1, "tile": 204}) if quick else (8, {"steps": 600})
    one = Trial(
        "two slices",
        partial(UNet, base_width=width),
        replace(RECIPES["one-cycle"], **changes),
        data="small cells" if quick else "isbi2012",
        samples=SLICES,
        elastic=6.0,
        weight_map=True,
        batch_norm=True,
        average8=False,
    )
    return [one, replace(one, row="two slices, sharpness varied", focus=FOCUS)]


def normalisations(net):
    """Return {name: batch normalisation} of a network, in the order of computation; names as "d0.conv1"."""
    found = {name: module for name, module in net.named_modules() if isinstance(module, nn.BatchNorm2d)}
    return {name.removesuffix(".norm"): module for name, module in found.items()}


def quarters(sample, mean, std, size):
    """Return four tiles (1, 1, size, size) of a slice, one in each corner, normalised; they overlap in small slices."""
    image = (torch.tensor(sample.image)[None, None] - mean) / std
    last = [side - size for side in image.shape[2:]]
    return [image[..., top : top + size, left : left + size] for top in (0, last[0]) for left in (0, last[1])]


def remeasured(net, samples, size, layers=None):
    """Return a copy of a network in eval mode whose normalisations hold what they measure on samples.

    samples: a list of `Sample`, grey.  size: of the tiles they are seen in, pixels.  layers: the beginnings of the
    names of those that are measured anew, such as ("d0", "d1"); None: all.  Dropout drops nothing. A layer's numbers
    are the mean over the tiles, of which each counts alike.
    """
    net = copy.deepcopy(net).eval()
    for name, module in normalisations(net).items():
        if layers is None or name.startswith(tuple(layers)):
            module.reset_running_stats()
            module.momentum = None  # the plain mean of all batches
            module.train()
    with torch.no_grad():
        for sample in samples:
            for tile in quarters(sample, *net.normalisation, size):
                net(tile)
    return net.eval()


def shift(net, samples, size):
    """Return {layer: {"mean": …, "sd": …}}: how far what it sees of samples is from what its normalisation holds.

    mean: mean over the channels of the distance of the means, in the standard deviations held. sd: mean over the
    channels of the standard deviation seen, as a multiple of the one held. Every layer is measured with the layers
    before it as they are held. 0 and 1: the samples look like those it was trained on.
    """
    net, seen, hooks = copy.deepcopy(net).eval(), {}, []
    for name, module in normalisations(net).items():
        seen[name] = []

        def note(module, inputs, output, found=seen[name]):
            found.append((inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3))))

        hooks.append(module.register_forward_hook(note))
    with torch.no_grad():
        for sample in samples:
            for tile in quarters(sample, *net.normalisation, size):
                net(tile)
    found = {}
    for name, module in normalisations(net).items():
        mean, variance = (torch.stack(part).mean(0) for part in zip(*seen[name], strict=True))
        held = module.running_var.sqrt()
        found[name] = {
            "mean": float(((mean - module.running_mean) / held).abs().mean()),
            "sd": float((variance.sqrt() / held).mean()),
        }
    return found


def diagnosis(net, train, validation, size, levels=("d0", "d0 d1", "all")):
    """Return what the record keeps: the shift on both sets of slices, and V_Rand with statistics of the validation.

    "repaired": of the validation slices, with the normalisations of these layers measured on them, without a label.
    """

    def score(layers):
        plain = fold_batch_norm(remeasured(net, validation, size, None if layers == "all" else layers.split()))
        plain.normalisation = net.normalisation
        return mean_v_rand(plain, validation)

    return {
        "shift": {"train": shift(net, train, size), "validation": shift(net, validation, size)},
        "repaired": {layers: score(layers) for layers in levels},
    }


def entry_of(trial, seed, device, bf16, path):
    """Return the record's entry of one run, with its diagnosis."""

    def watch(net, train, validation):
        net = copy.deepcopy(net).cpu().to(memory_format=torch.contiguous_format)
        return {"statistics": diagnosis(net, train, validation, trial.recipe.tile)}

    return run(trial, seed, device, bf16, watch=watch)[1]


def text(record):
    """Return the table, and for each run what its normalisations saw."""
    lines = [as_text(record)]
    for row, entries in rows(record).items():
        for entry in entries:
            found = entry["training"]["statistics"]
            shifts = [np.mean([one["mean"] for one in found["shift"][split].values()]) for split in found["shift"]]
            repaired = ", ".join(f"{layers} {value:.3f}" for layers, value in found["repaired"].items())
            lines.append(
                f"{row}, seed {entry['seed']}: V_Rand {entry['scores']['mean']['v_rand']:.3f}; measured anew on the "
                f"validation slices: {repaired}; shift {shifts[0]:.2f} (train), {shifts[1]:.2f} (validation)"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main("sharpness", __doc__.split("\n")[0], trials, seeds=SEEDS, work=entry_of, text=text)
