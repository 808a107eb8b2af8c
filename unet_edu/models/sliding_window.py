"""The sliding window that came before U-Net: one pass of a small network for every single pixel.

Cireşan, Giusti, Gambardella, Schmidhuber: Deep Neural Networks Segment Neuronal Membranes in Electron Microscopy Images
(NIPS 2012). This is their network N4: it sees a window of 95 × 95 pixels and returns the class of its middle pixel.

    window 95 ▶ conv1 92 ▶ pool1 46 ▶ conv2 42 ▶ pool2 21 ▶ conv3 18 ▶ pool3 9 ▶ conv4 6 ▶ pool4 3 ▶ fc5 200 ▶ score 2
                 4×4                   5×5                   4×4                  4×4       48 maps throughout

Neighbouring windows share nearly all of their pixels, and `predict` computes with each of them anew. `dense` computes
what they share once: the same answers, with 475 times fewer multiply-adds for an image of 512 × 512. That was the
group's own next step (Giusti, Cireşan, Masci, Gambardella, Schmidhuber: Fast Image Scanning with Deep Max-Pooling
Convolutional Neural Networks, ICIP 2013). They keep the maps of each offset apart; here they lie interleaved in one.
"""

import time
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import conv2d, max_pool2d

from unet_edu.arithmetic import conv_out, pool_out
from unet_edu.models.checks import check_count, check_images, division

WINDOW = 95
MAPS = 48
KERNELS = (4, 5, 4, 4)  # of conv1 … conv4; a 2×2 max-pooling follows each
HIDDEN = 200
BAND = 2**18  # pixels that `dense` computes at once: an image of 512 × 512
MIN_ROWS = 128  # of a band; each computes WINDOW - 1 rows beyond its own again


class SlidingWindowNet(nn.Module):
    """Network N4: windows (N, in_channels, 95, 95) in, logits (N, num_classes) of their middle pixels out.

    in_channels: channels of the image (the paper: 1).  num_classes: classes of a pixel (the paper: 2).

    Raises TypeError or ValueError where one of them is not an int ≥ 1.
    """

    def __init__(self, in_channels=1, num_classes=2):
        super().__init__()
        check_count(in_channels=in_channels, num_classes=num_classes)
        self.in_channels = in_channels
        self.num_classes = num_classes
        self.macs_per_window = 0  # multiply-adds, as `unet_edu.arithmetic.unet_macs` counts them

        channels, size = in_channels, WINDOW
        for level, kernel in enumerate(KERNELS, start=1):
            self.add_module(f"conv{level}", nn.Conv2d(channels, MAPS, kernel))
            # ReLU is our choice: we found no public source for N4's activation, and earlier networks of the
            # group have a scaled tanh. With U-Net's own, the two differ in geometry; the counts do not depend on it.
            self.add_module(f"relu{level}", nn.ReLU())
            self.add_module(f"pool{level}", nn.MaxPool2d(2))
            size = conv_out(size, kernel)
            self.macs_per_window += size**2 * MAPS * channels * kernel**2
            channels, size = MAPS, pool_out(size)
        self.flatten = nn.Flatten()
        self.fc5 = nn.Linear(MAPS * size**2, HIDDEN)
        self.relu5 = nn.ReLU()
        self.score = nn.Linear(HIDDEN, num_classes)
        self.macs_per_window += self.fc5.weight.numel() + self.score.weight.numel()

        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                incoming = layer.weight[0].numel()
                nn.init.normal_(layer.weight, std=(2 / incoming) ** 0.5)  # as U-Net's; here too the choice is ours
                nn.init.zeros_(layer.bias)

    def forward(self, windows):
        """Return the logits (N, num_classes) of windows (N, in_channels, 95, 95): of their middle pixels (47, 47).

        Raises TypeError or ValueError for a tensor of another kind or shape.
        """
        check_images(windows, self.in_channels)
        if windows.shape[2:] != (WINDOW, WINDOW):
            raise ValueError(
                f"SlidingWindowNet takes windows of exactly {WINDOW} × {WINDOW} pixels, not {windows.shape[2]} × "
                f"{windows.shape[3]}: give a whole image of any size to `predict`, which cuts a window for each pixel"
            )
        x = windows
        for level in range(1, len(KERNELS) + 1):
            x = getattr(self, f"conv{level}")(x)  # (N, 48, 92, 92), 42, 18, 6
            x = getattr(self, f"relu{level}")(x)
            x = getattr(self, f"pool{level}")(x)  # (N, 48, 46, 46), 21, 9, 3
        x = self.relu5(self.fc5(self.flatten(x)))  # (N, 432), (N, 200)
        return self.score(x)  # (N, num_classes)

    @torch.no_grad()
    def predict(self, image, batch_size=64, progress=False):
        """Classify every pixel of an image by a window of its own; return a `DensePrediction`, with the cost.

        image: array or tensor of floats, (H, W) for one channel or (in_channels, H, W), of any size, on any device.
        batch_size: windows in one pass.  progress: show a bar.

        Beyond its border the image is mirrored, again and again if it is small; the border pixel itself does not
        come twice. Windows are cut batch by batch, so that memory does not grow with their number.

        Raises TypeError for an image of integers, ValueError for another shape, TypeError or ValueError for a
        batch_size that is not an int ≥ 1.
        """
        start = time.perf_counter()
        check_count(batch_size=batch_size)
        image = self.check_image(image)
        height, width = image.shape[1:]
        extended = self.extend(image)
        windows = extended.unfold(1, WINDOW, 1).unfold(2, WINDOW, 1)  # (C, H, W, 95, 95), a view: no pixel is copied

        pixels = height * width
        probabilities = torch.empty(self.num_classes, pixels)
        batches = range(0, pixels, batch_size)
        if progress:
            from tqdm.auto import tqdm

            batches = tqdm(batches, desc="windows", unit="batch")
        for first in batches:
            pixel = torch.arange(first, min(first + batch_size, pixels), device=image.device)
            batch = windows[:, pixel // width, pixel % width].transpose(0, 1)  # (N, C, 95, 95)
            probabilities[:, first : first + batch_size] = self(batch).softmax(dim=1).T.cpu()
        return DensePrediction(
            probabilities=probabilities.reshape(self.num_classes, height, width),
            patches=pixels,
            macs=pixels * self.macs_per_window,
            seconds=time.perf_counter() - start,
        )

    @torch.no_grad()
    def dense(self, image):
        """Classify every pixel as `predict` does, but for rounding, in one pass; return a `DensePrediction`.

        image: as for `predict`, mirrored likewise.

        Poolings go on in steps of one pixel, so that no window's answer is left out. What a window reads after n
        poolings then lies 2^n pixels apart, and the layers' kernels are spread as far: dilation 1, 2, 4, 8, and 16 for
        fc5, which becomes a convolution over 3 × 3 values. The work is done in bands of rows, so that memory does not
        grow with the image's height: measured on a CPU, 2 kB for each pixel of a band, 0.5 GB for 512 × 512.

        Raises the errors of `predict` for an image that is not as described there.
        """
        start = time.perf_counter()
        image = self.check_image(image)
        height, width = image.shape[1:]
        extended = self.extend(image)
        rows = max(BAND // width, MIN_ROWS)
        probabilities = torch.empty(self.num_classes, height, width)
        macs = 0
        for first in range(0, height, rows):
            x = extended[None, :, first : first + rows + WINDOW - 1]  # (1, C, 606, 606) for 512 × 512
            dilation = 1
            for level in range(1, len(KERNELS) + 1):
                conv = getattr(self, f"conv{level}")
                x = conv2d(x, conv.weight, conv.bias, dilation=dilation).relu_()  # (1, 48, 603, 603), 594, 580, 552
                macs += x[0].numel() * conv.weight[0].numel()
                x = max_pool2d(x, 2, stride=1, dilation=dilation)  # 602, 592, 576, 544
                dilation *= 2
            fc5 = self.fc5.weight.unflatten(1, (MAPS, 3, 3))
            x = conv2d(x, fc5, self.fc5.bias, dilation=dilation).relu_()  # (1, 200, 512, 512)
            macs += x[0].numel() * fc5[0].numel()
            x = conv2d(x, self.score.weight[..., None, None], self.score.bias)  # (1, num_classes, 512, 512)
            macs += x[0].numel() * HIDDEN
            probabilities[:, first : first + rows] = x[0].softmax(dim=0).cpu()
        return DensePrediction(probabilities, patches=height * width, macs=macs, seconds=time.perf_counter() - start)

    def extend(self, image):
        """Return the image (C, H, W) mirrored beyond its border, (C, H + 94, W + 94): a whole window for each pixel."""
        rows, columns = (mirrored(size, WINDOW // 2).to(image.device) for size in image.shape[1:])
        return image[:, rows[:, None], columns]

    def check_image(self, image):
        """Return the image as a tensor (in_channels, H, W), in the network's dtype, on its device; else raise."""
        image = torch.as_tensor(image)
        if not image.dtype.is_floating_point:
            raise TypeError(f"the image must hold floats, not {image.dtype}: {division(image, 'image')}")
        shape = tuple(image.shape)
        if image.ndim == 2:
            image = image[None]
        if image.ndim != 3 or image.shape[0] != self.in_channels:
            raise ValueError(f"the image must be (H, W) for one channel or ({self.in_channels}, H, W), not {shape}")
        if 0 in shape:
            raise ValueError(f"the image must have at least one pixel, not {shape}")
        return image.to(self.score.weight)


@dataclass(frozen=True)
class DensePrediction:
    """What the sliding window predicts for an image, and what that cost.

    probabilities: (num_classes, H, W), float32 on the CPU, each pixel's classes adding up to 1.
    patches: windows that were answered, one for each pixel.  macs: multiply-adds that it took.  seconds: wall time.
    """

    probabilities: torch.Tensor
    patches: int
    macs: int
    seconds: float


def mirrored(size, border):
    """Return the indices (size + 2·border,) that extend an axis at both ends: 2 1 0 1 2 3 2 1 for size 4, border 2.

    `torch.nn.functional.pad` mirrors in the same way, but refuses a border that is not smaller than the axis.
    """
    period = max(2 * (size - 1), 1)  # there and back; one pixel alone repeats itself
    index = torch.arange(-border, size + border).remainder(period)
    return torch.minimum(index, period - index)
