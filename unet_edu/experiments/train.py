"""Train a U-Net from the command line, in one process or in several that share the batch.

    python -m unet_edu.experiments.train --steps 100 --tile 284 --base-width 8           drawn tissue, minutes on a CPU
    python -m unet_edu.experiments.train --data isbi2012 --recipe paper --checkpoint run.safetensors
    torchrun --nproc-per-node 4 -m unet_edu.experiments.train --data isbi2012 --batch 16

torchrun comes with PyTorch. It starts the same command as several processes, on a machine with GPUs each with one of
its own. A run with a checkpoint that was killed goes on where it was when the same command is given again.
"""

import argparse
import os
from dataclasses import replace
from functools import partial

import torch
from torch import distributed

from unet_edu.data import cells, isbi2012
from unet_edu.data.augment import augment
from unet_edu.data.weightmap import weight_map
from unet_edu.models import OneLevelUNet, UNet
from unet_edu.training import RECIPES, fit


def main(arguments=None):
    """Run the command line; return the `History`."""
    parser = argparse.ArgumentParser(prog="python -m unet_edu.experiments.train", description=__doc__.split("\n")[0])
    parser.add_argument("--data", choices=["cells", "isbi2012"], default="cells", help="drawn, or real where found")
    parser.add_argument("--samples", type=int, help="training slices (default: 18)")
    parser.add_argument("--size", type=int, default=512, help="of drawn tissue, in pixels")
    parser.add_argument("--network", choices=["unet", "one-level"], default="unet", help="one-level has no dropout")
    parser.add_argument("--base-width", type=int, default=16, help="channels of level 0 (default: 16; the paper: 64)")
    parser.add_argument("--weight-map", action="store_true", help="weigh pixels as the paper does")
    parser.add_argument("--recipe", choices=list(RECIPES), default="one-cycle")
    changeable = {"steps": int, "batch": int, "tile": int, "learning_rate": float, "clip": float}
    for name, kind in changeable.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, help="instead of the recipe's")
    elastic = "standard deviation of the elastic deformation, pixels (default: 6, for tiles of 300; the paper: 10)"
    parser.add_argument("--elastic", type=float, default=6.0, help=elastic)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=100, help="steps between validations and checkpoints")
    parser.add_argument("--checkpoint", help="a file to keep the state in, and to go on from")
    parser.add_argument("--device", help="cpu, cuda, mps (default: the best one that works)")
    options = parser.parse_args(arguments)

    count = 18 if options.samples is None else options.samples
    if options.data == "isbi2012":
        data, validation = isbi2012.load("train")[:count], isbi2012.load("validation")
    else:
        data = [cells.tissue(options.size, seed) for seed in range(count)]
        validation = [cells.tissue(options.size, seed) for seed in range(1000, 1002)]
    weights = [weight_map(sample.instances) for sample in data] if options.weight_map else None
    changes = {name: getattr(options, name) for name in changeable if getattr(options, name) is not None}
    recipe = replace(RECIPES[options.recipe], **changes)
    torch.manual_seed(options.seed)
    network = (UNet if options.network == "unet" else OneLevelUNet)(base_width=options.base_width)

    several = "RANK" in os.environ  # set by torchrun
    if several:
        gpu = options.device != "cpu" and torch.cuda.is_available()
        if gpu:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl" if gpu else "gloo")
    try:
        history = fit(
            network,
            data,
            recipe,
            validation=validation,
            weights=weights,
            augment=partial(augment, sigma=options.elastic),
            seed=options.seed,
            device=options.device,
            every=options.every,
            checkpoint=options.checkpoint,
        )
        if not several or distributed.get_rank() == 0:
            (steps, loss), seconds = history.validation_loss[-1], history.seconds[-1]
            print(f"{steps} steps in {seconds:.1f} s, loss of validation {loss:.4f}")
    finally:
        if several:
            distributed.destroy_process_group()
    return history


if __name__ == "__main__":
    main()
