"""UNet++ of Zhou, Siddiquee, Tajbakhsh and Liang (2018), depth 4: nodes (level, column), each two 3×3 convolutions.

    0,0 ─ 0,1 ─ 0,2 ─ 0,3 ─ 0,4 ▶ score      every node reads all nodes to its left on its level, and the one below
     │  ╱  │  ╱  │  ╱  │  ╱                   left, which comes up by an up-convolution
    1,0 ─ 1,1 ─ 1,2 ─ 1,3
     │  ╱  │  ╱  │  ╱                         the U-Net in it: the left column and the ends of the rows
    2,0 ─ 2,1 ─ 2,2
     │  ╱  │  ╱
    3,0 ─ 3,1
     │  ╱
    4,0

All convolutions are padded. Deep supervision, the other half of the paper, means further score layers on the top row.
"""

import torch
from torch import nn

from unet_edu.models.checks import check_count, check_images
from unet_edu.models.padded import check_multiple
from unet_edu.models.unet import conv_pair


class UNetPlusPlus(nn.Module):
    """in_channels, num_classes, depth: as for `UNet`. base_width: channels of level 0 (the paper: 32).

    supervised: give a score for each node of the top row but the first, not for the last alone.
    Raises TypeError or ValueError where a number is not an int ≥ 1.
    """

    def __init__(self, in_channels=1, num_classes=2, base_width=32, depth=4, supervised=False):
        super().__init__()
        check_count(in_channels=in_channels, num_classes=num_classes, base_width=base_width, depth=depth)
        self.in_channels, self.depth = in_channels, depth
        width = [base_width * 2**level for level in range(depth + 1)]
        self.pool = nn.MaxPool2d(2)
        for level in range(depth + 1):
            reads = width[level - 1] if level > 0 else in_channels
            self.add_module(f"node{level}_0", conv_pair(reads, width[level], padding=1))
        for column in range(1, depth + 1):
            for level in range(depth + 1 - column):
                up = nn.ConvTranspose2d(width[level + 1], width[level], 2, stride=2)
                self.add_module(f"up{level}_{column}", up)
                node = conv_pair((column + 1) * width[level], width[level], padding=1)
                self.add_module(f"node{level}_{column}", node)
        self.scored = range(1 if supervised else depth, depth + 1)
        for column in self.scored:
            self.add_module(f"score{column}", nn.Conv2d(base_width, num_classes, 1))

    def forward(self, images):
        """Return the logits (N, num_classes, H, W) of images (N, in_channels, H, W), supervised a list of them.

        H and W must be multiples of 2^depth, or it raises ValueError.
        """
        check_images(images, self.in_channels)
        check_multiple(images.shape[-2], 2**self.depth, "height")
        check_multiple(images.shape[-1], 2**self.depth, "width")
        rows, x = [], images
        for level in range(self.depth + 1):
            x = getattr(self, f"node{level}_0")(self.pool(x) if level > 0 else x)
            rows.append([x])
        for column in range(1, self.depth + 1):
            for level in range(self.depth + 1 - column):
                up = getattr(self, f"up{level}_{column}")(rows[level + 1][column - 1])
                joined = torch.cat([*rows[level], up], dim=1)
                rows[level].append(getattr(self, f"node{level}_{column}")(joined))
        scores = [getattr(self, f"score{column}")(rows[0][column]) for column in self.scored]
        return scores if len(scores) > 1 else scores[0]
