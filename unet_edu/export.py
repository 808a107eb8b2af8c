"""A trained network as a file that other programs run: ONNX, for onnxruntime, OpenCV, ImageJ, a web page, a microscope.

    image (N, C, H, W) in [0, 1] ──► (image - mean) / std ──► network ──► softmax ──► probabilities (N, classes, h, w)
                                   └──────────────────── one ONNX graph ───────────────────┘

The graph takes every legal size. It holds each crop as a number, so that an illegal size meets two maps that do not fit
in a Concat, and the runtime refuses it: where a pooling drops the last row of an odd map, the skip map is odd and the
up-convolved map is even, and no even crop makes them equal. Needs the extra `export`: onnx, onnxscript, onnxruntime.
"""

import copy
from pathlib import Path

import torch
from torch import nn

from unet_edu.arithmetic import plan, valid_sizes
from unet_edu.files import written_whole
from unet_edu.models import OneLevelUNet, PaddedUNet, UNet
from unet_edu.predict import normalisation, unwrapped

LARGEST = 2**14  # pixels a side that the graph is checked for; nothing in it depends on that


def onnx(net, path):
    """Write a network as an ONNX file that takes every legal size, and return the path.

    net: a `UNet`, `OneLevelUNet` or `PaddedUNet`. Its `normalisation` is part of the graph; its `scaling` is not: the
        input holds floats in [0, 1].
    path: ends in ".onnx". The file appears whole or not at all, in float32, with its weights inside.

    Input "image", float32 (N, in_channels, H, W); output "probabilities", float32 (N, num_classes, h, w), where h and w
    are those of the network's logits: for `UNet` of depth 4, H - 184 and W - 184, for `PaddedUNet` H and W. Of one
    class they are the sigmoid. A runtime refuses an illegal size: "Concat" of maps that do not fit.

    Raises TypeError for another network, ValueError for another ending, ModuleNotFoundError without the extra `export`.
    """
    path, net = Path(path), unwrapped(net)
    if path.suffix != ".onnx":
        raise ValueError(f"the file's name must end in .onnx, not {path.name!r}: {path.stem}.onnx")
    if not isinstance(net, UNet | OneLevelUNet | PaddedUNet):
        raise TypeError(f"UNet, OneLevelUNet and PaddedUNet can be written, not {type(net).__name__}")
    try:
        import onnxscript  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error}: install the extra, pip install 'unet-edu[export]'") from None

    step = 2**net.depth
    example = 4 * step if isinstance(net, PaddedUNet) else valid_sizes(net.depth)[3]
    blocks = (torch.export.Dim(name, min=1, max=LARGEST // step) for name in ("rows", "columns"))
    height, width = (step * block + example % step for block in blocks)
    program = torch.onnx.export(
        Whole(net).eval(),
        (torch.zeros(2, net.in_channels, example, example + step),),
        dynamic_shapes=({0: torch.export.Dim("images"), 2: height, 3: width},),
        input_names=["image"],
        output_names=["probabilities"],
        dynamo=True,
        verbose=False,
    )
    with written_whole(path) as partial:
        program.save(partial, external_data=False)
    return path


def load(path):
    """Return a function from images (N, C, H, W), float32 in [0, 1], to probabilities: an ONNX file in onnxruntime.

    path: a file that `onnx` wrote; it is read at once. It computes on the CPU, with as many threads as PyTorch.
    Raises ModuleNotFoundError without the extra `export`; what onnxruntime raises for another file, or for images of an
    illegal size.
    """
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error}: install the extra, pip install 'unet-edu[export]'") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"image": images})[0]


class Whole(nn.Module):
    """A copy of a network from grey values to probabilities, its skips cropped by fixed numbers of pixels."""

    def __init__(self, net):
        super().__init__()
        mean, std = normalisation(net)
        self.net = copy.deepcopy(net).float().cpu()
        self.mean, self.std = mean, std
        self.one = net.num_classes == 1
        crops = [0] * net.depth
        if not isinstance(net, PaddedUNet):
            crops = plan(valid_sizes(net.depth)[0], net.depth).crops
        for level, crop in enumerate(crops):
            setattr(self.net, f"skip{level}", FixedCrop(crop))

    def forward(self, image):
        """Return the probabilities of images in [0, 1]."""
        logits = self.net((image - self.mean) / self.std)
        return logits.sigmoid() if self.one else logits.softmax(dim=1)


class FixedCrop(nn.Module):
    """`CenterCrop` by a number that is known beforehand: what a level of a U-Net loses does not depend on the size."""

    def __init__(self, pixels):
        super().__init__()
        self.pixels = pixels

    def forward(self, skip, like):
        """Return skip (N, C, H, W) without so many pixels on each side, (N, C, h, w)."""
        return nn.functional.pad(skip, (-self.pixels,) * 4)
