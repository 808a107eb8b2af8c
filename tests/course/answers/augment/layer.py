"""Answers to the exercise augment.layer: two right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn

from unet_edu.data.augment import Draw, augment, draw, warp


def moved(images, labels, nodes):
    n = len(images)
    still = torch.zeros(n, 2), torch.zeros(n, dtype=torch.float64), torch.zeros(n, 2, dtype=torch.bool)
    return warp(images, labels, Draw(*still, nodes, None), tuple(images.shape[2:]))


class Layer(nn.Module):
    """What the answers are made of."""

    def __init__(self, sigma=10.0, seed=0):
        super().__init__()
        if sigma < 0:
            raise ValueError("sigma must be 0 or more")
        self.sigma, self.seed = sigma, seed
        self.generator = torch.Generator().manual_seed(seed)

    def nodes(self, n):
        return self.sigma * torch.randn(n, 2, 3, 3, generator=self.generator)

    def forward(self, images, labels):
        return moved(images, labels, self.nodes(len(images))) if self.training else (images, labels)


@right()
class ByReplacing(Layer):
    """A draw that changes nothing but for its nodes, with random numbers that are thrown away."""

    def forward(self, images, labels):
        if not self.training:
            return images, labels
        size = tuple(images.shape[2:])
        nothing = dict.fromkeys(("sigma", "rotation", "shift", "grey"), 0)
        calm = draw(len(images), size, size, generator=torch.Generator(), flip=False, **nothing)
        return warp(images, labels, calm._replace(nodes=self.nodes(len(images))), size)


@right()
class OneByOne(Layer):
    """Each image by itself, and an error when it is called."""

    def __init__(self, sigma=10.0, seed=0):
        super().__init__(abs(sigma), seed)
        self.deviation = sigma

    def forward(self, images, labels):
        if self.deviation < 0:
            raise ValueError("no negative deviation")
        if not self.training:
            return images, labels
        pairs = zip(images[:, None], labels[:, None], self.nodes(len(images))[:, None], strict=True)
        tiles, found = zip(*(moved(*each) for each in pairs), strict=True)
        return torch.cat(tiles), torch.cat(found)


@wrong("it bends in eval(), too")
class Always(Layer):
    def forward(self, images, labels):
        return moved(images, labels, self.nodes(len(images)))


@wrong("it is the other way round")
class InEval(Layer):
    def forward(self, images, labels):
        return (images, labels) if self.training else moved(images, labels, self.nodes(len(images)))


@wrong("the generator is seeded once")
class SeededAgain(Layer):
    def nodes(self, n):
        self.generator.manual_seed(self.seed)
        return super().nodes(n)


@wrong("bent by different nodes")
class BentApart(Layer):
    def forward(self, images, labels):
        if not self.training:
            return images, labels
        return moved(images, labels, self.nodes(len(images)))[0], moved(images, labels, self.nodes(len(images)))[1]


@wrong("the label stays where it was")
class LabelStays(Layer):
    def forward(self, images, labels):
        return super().forward(images, labels)[0], labels


@wrong("random numbers that all share")
class SharedNumbers(Layer):
    def __init__(self, sigma=10.0, seed=0):
        super().__init__(sigma, seed)
        torch.manual_seed(seed)

    def nodes(self, n):
        return self.sigma * torch.randn(n, 2, 3, 3)


@wrong("all images of a call are bent alike")
class OneForAll(Layer):
    def nodes(self, n):
        return super().nodes(1).expand(n, -1, -1, -1)


@wrong("`sigma` makes no difference here")
class SigmaForgotten(Layer):
    def nodes(self, n):
        return torch.randn(n, 2, 3, 3, generator=self.generator)


@wrong("`sigma` is the standard deviation, not its root")
class Squared(Layer):
    def nodes(self, n):
        return self.sigma * super().nodes(n)


@wrong("rows and columns of the displacements are swapped")
class Swapped(Layer):
    def nodes(self, n):
        return super().nodes(n).flip(1)


@wrong("other random numbers are drawn first")
class ByDraw(Layer):
    def nodes(self, n):
        return draw(n, (20, 20), (20, 20), generator=self.generator, sigma=self.sigma).nodes


@wrong("the first call, images: the shape is right")
class TurnedToo(Layer):
    def forward(self, images, labels):
        if not self.training:
            return images, labels
        return augment(images, labels, generator=self.generator, sigma=self.sigma)


@wrong("read in between pixels")
class LabelsInBetween(Layer):
    def forward(self, images, labels):
        if not self.training:
            return images, labels
        n = len(images)
        still = torch.zeros(n, 2), torch.zeros(n, dtype=torch.float64), torch.zeros(n, 2, dtype=torch.bool)
        move = Draw(*still, self.nodes(n), None)
        tiles, _, between = warp(images, labels, move, tuple(images.shape[2:]), labels.float())
        return tiles, between.long()


@wrong("there is no negative standard deviation")
class Unchecked(Layer):
    def __init__(self, sigma=10.0, seed=0):
        super().__init__(abs(sigma), seed)
        self.sigma = sigma


@wrong("does not return two tensors")
class ImagesAlone(Layer):
    def forward(self, images, labels):
        return [*super().forward(images, labels), None]


@wrong("stops with AttributeError")
class SuperForgotten(nn.Module):
    def __init__(self, sigma=10.0, seed=0):
        if sigma < 0:
            raise ValueError("sigma must be 0 or more")
        self.sigma = sigma

    def forward(self, images, labels):
        return images, labels
