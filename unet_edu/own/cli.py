"""The commands for your own images: ``unet-edu train``, ``unet-edu predict`` and ``unet-edu score``.

    unet-edu train images masks -o cells.safetensors               some minutes; says what it decides, and why
    unet-edu predict cells.safetensors new -o found --instances    masks, numbered objects, a table of areas
    unet-edu score new_masks found                                 how good that is, beside true masks of these

`add_commands` adds them to the parser of ``unet-edu``. On several GPUs: ``torchrun --nproc-per-node 4 -m
unet_edu.own.cli train …``, the same words after that.
"""

import argparse
import os
import sys
from pathlib import Path

GIB = 2**30
ENDINGS = "TIFF (also stacks), PNG, JPEG, BMP, GIF, WebP; 8, 12 or 16 bits, floats, grey or in colour"

TRAIN = f"""\
Train a network on your own images, within some minutes, and write it to one file.

    IMAGES    a folder, a stack of pages (TIFF), or a CSV with the columns image and mask
              {ENDINGS}
    MASKS     the same for the masks; files pair by name: cell3.png with cell3.tif or cell3_mask.png
              0 is background; other numbers, or 255, are inside. Cells that touch want a number each
              PNG or TIFF, never JPEG

It looks at the images and says what it decides and why: pixel size, depth, tile, border term, split, learning rate.
Images that validate are not trained on; threshold and watershed are chosen on them and kept in the file.

It draws on NET.preview.png what it finds meanwhile. Interrupt it at any time: the same command goes on where it was.
On a machine of two cores, ten minutes are enough for a first result from ten to thirty labelled images."""
PREDICT = """\
Find in images what a network has learned, and write it to a folder.

    IMAGES    a folder, a file or a stack, as for `train`; any size, one page in memory at a time
    OUT/probabilities/NAME.tif    the probability of being inside, 0 to 1
    OUT/masks/NAME.tif            0 outside, 255 inside: where the probability is above the network's threshold
    with --instances:
    OUT/labels/NAME.tif           a number for each object, 1, 2, 3 …
    OUT/overlays/NAME.png         their borders on the image
    OUT/areas.csv                 number, place, area in pixels and diameter of each object

--instances cuts what lies above the threshold at its waists: touching objects get numbers of their own. A seeded
watershed on the distance map does it; a long object may be cut, too. A line says how many pieces were cut."""
SCORE = """\
Compare predicted masks with true ones.

    TRUTH        masks or numbered labels: a folder, a file or a stack
    PREDICTED    the same, paired by name; or the folder that `predict` wrote: its labels are taken, or else its masks

    F1           objects matched at IoU 0.5: 2 · found / (2 · found + missed + invented)
    AP           the mean of found / (found + missed + invented) over the thresholds 0.5, 0.55 … 0.95
    merged       objects that lie in one with others; split: objects in several pieces
    IoU, Dice    of the masks, whatever touches"""


# ------------------------------------------------------------------------------------------------------- the commands


def train(args) -> None:
    """Read the files, train, and print what was found and decided."""
    from unet_edu.data.files import load
    from unet_edu.own.train import check, train

    starts = None if args.start is None else [args.start]
    check(args.out, args.minutes, starts)  # before minutes of reading
    with processes(args.device) as first:
        say = (lambda line: print(line, flush=True)) if first else (lambda line: None)
        data = load(args.images, args.masks, kind=args.kind, colours=dict(args.colour) or None)
        for note in data.notes:
            say(note)
        made = train(
            data.samples,
            args.out,
            args.minutes,
            scaling=data.scaling,
            max_memory=int(args.memory * GIB),
            device=args.device,
            seed=args.seed,
            starts=starts,
            say=say,
            preview=args.out.with_suffix(".preview.png"),
        )
        say(f"written: {args.out}")
        if made.threshold is not None:
            say(f"next: unet-edu predict {args.out} IMAGES -o OUT --instances")


def predict(args) -> None:
    """Write what a network finds, page by page, and print a line for each."""
    from unet_edu.own.stream import predict_files

    total = pages = 0
    for found in predict_files(
        args.net, args.images, args.out, numbered=args.instances, max_memory=int(args.memory * GIB), device=args.device
    ):
        print(f"{within(args.images, found.name)}: {found.text}", flush=True)
        pages, total = pages + 1, total + (found.count or 0)
    print(f"{pages} images" + (f", {total:,} objects" if args.instances else "") + f"; results are in {args.out}")


def score(args) -> None:
    """Print the scores of each image, and of all together."""
    from unet_edu.own.score import score_files

    each = score_files(args.truth, args.predicted)
    together = each.pop("all")
    each = {within(args.truth, name): one for name, one in each.items()}
    width = max(map(len, each))
    print(f"{'image':{width}}  objects  found  missed  invented  merged  split     F1     AP    IoU")
    for name, one in each.items():
        print(
            f"{name:{width}}  {one.objects:7}  {one.found:5}  {one.missed:6}  {one.invented:8}  {one.merged:6}  "
            f"{one.split:5}  {one.f1:5.3f}  {one.ap:5.3f}  {one.iou:5.3f}"
        )
    print(f"all {together.images} images")
    print(together)


def within(folder, name) -> str:
    """Return the name of an image in a folder that was typed, without that folder; any other name as it is."""
    return name.removeprefix(f"{Path(folder)}{os.sep}")


class processes:
    """A block in which the processes of torchrun, if any, work together; it gives whether this is the first."""

    def __init__(self, device):
        self.device, self.several = device, "RANK" in os.environ

    def __enter__(self):
        if not self.several:
            return True
        import torch
        from torch import distributed

        gpu = self.device != "cpu" and torch.cuda.is_available()
        if gpu:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl" if gpu else "gloo")
        return distributed.get_rank() == 0

    def __exit__(self, *error):
        if self.several:
            from torch import distributed

            distributed.destroy_process_group()


# ------------------------------------------------------------------------------------------------------ what is typed


def positive(text) -> float:
    """Return a number above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def colour(text) -> tuple:
    """Return ((red, green, blue), class) of a text such as "255,0,0=1"."""
    values, _, number = text.partition("=")
    red, green, blue = (int(value) for value in values.split(","))
    return (red, green, blue), int(number)


def add_commands(topics) -> None:
    """Add the three commands to the subparsers of ``unet-edu``."""

    def command(name, run, description):
        added = topics.add_parser(
            name,
            help=description.partition("\n")[0],
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run, mistakes=(ValueError, TypeError, FloatingPointError))
        return added.add_argument

    def computing(add):
        add("--memory", type=positive, default=2.0, metavar="GB", help="that the network's maps may take (%(default)g)")
        add("--device", metavar="NAME", help="cpu, cuda or mps (usually: the best one that works)")

    add = command("train", train, TRAIN)
    add("images", metavar="IMAGES", help="a folder, a stack, or a CSV that names the masks, too")
    add("masks", metavar="MASKS", nargs="?", help="a folder or a stack; left out where a CSV names them")
    add("-o", "--out", required=True, type=Path, metavar="NET", help="the network's file, ends in .safetensors")
    add("--minutes", type=positive, default=10.0, metavar="M", help="about how long it takes in all (%(default)g)")
    add(
        "--kind",
        choices=("auto", "mask", "classes", "numbers"),
        default="auto",
        help="what masks hold: inside or not, classes, or numbers of cells (auto: found from the values)",
    )
    add(
        "--colour",
        type=colour,
        action="append",
        default=[],
        metavar="R,G,B=CLASS",
        help="a class of masks in colour, once for each: --colour 0,0,0=0 --colour 255,0,0=1",
    )
    add(
        "--from",  # not --start, which torchrun takes for an abbreviation of its own --start-method
        dest="start",
        choices=("scratch", "unet8-nuclei", "unet8-cells", "unet8-isbi"),
        help="begin with new weights, or with those of a shipped network (usually: what does best in a short try)",
    )
    add("--seed", type=int, default=0, metavar="N", help="another run of the same kind (%(default)s)")
    computing(add)

    add = command("predict", predict, PREDICT)
    add("net", type=Path, metavar="NET", help="a file that `unet-edu train` wrote")
    add("images", metavar="IMAGES", help="a folder, a file or a stack")
    add("-o", "--out", required=True, type=Path, metavar="OUT", help="the folder to write into")
    add("--instances", action="store_true", help="number the objects, draw their borders, write a table of areas")
    computing(add)

    add = command("score", score, SCORE)
    add("truth", metavar="TRUTH", help="true masks or labels")
    add("predicted", metavar="PREDICTED", help="predicted ones, or the folder that `predict` wrote")


def main(arguments=None) -> None:
    """Run one of the three commands, as torchrun starts them."""
    parser = argparse.ArgumentParser("python -m unet_edu.own.cli", allow_abbrev=False)
    add_commands(parser.add_subparsers(required=True))
    args = parser.parse_args(arguments)
    args.run(args)


if __name__ == "__main__":
    sys.exit(main())
