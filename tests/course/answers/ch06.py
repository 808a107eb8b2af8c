"""Answers to the exercises of the chapter on reading somebody else's U-Net: right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional

from unet_edu.models import OneLevelUNet, UNet
from unet_edu.registration import evidence, home, registration, skip_modules

# ------------------------------------------------------------------------------------------------------ reading.added


@right("reading.added")
def by_layers(in_channels, num_classes):
    def count(channels, classes):
        first, last = nn.Conv2d(channels, 64, 3), nn.Conv2d(64, classes, 1)
        return sum(each.numel() for layer in (first, last) for each in layer.parameters())

    return count(in_channels, num_classes) - count(1, 2)


@right("reading.added")
def multiplied_out(in_channels, num_classes):
    return 576 * in_channels + 65 * num_classes - 706


@right("reading.added", width=32)
def for_a_cohort(in_channels, num_classes):
    return 288 * (in_channels - 1) + 33 * (num_classes - 2)


@wrong("reading.added", "it is right for another base width", width=32)
def of_last_year(in_channels, num_classes):
    return 576 * (in_channels - 1) + 65 * (num_classes - 2)


@wrong("reading.added", "how many more are there?")
def everything(in_channels, num_classes):
    with torch.device("meta"):
        return sum(each.numel() for each in UNet(in_channels, num_classes).parameters())


@wrong("reading.added", "a further class brings a bias, too")
def no_biases(in_channels, num_classes):
    return 64 * 9 * (in_channels - 1) + 64 * (num_classes - 2)


@wrong("reading.added", "brings no bias")
def a_bias_for_each_channel(in_channels, num_classes):
    return (64 * 9 + 1) * (in_channels - 1) + 65 * (num_classes - 2)


@wrong("reading.added", "one channel and two classes are there already")
def both_layers(in_channels, num_classes):
    return 576 * in_channels + 65 * num_classes


@wrong("reading.added", "one channel of the image is there already")
def nothing_off_the_channels(in_channels, num_classes):
    return 576 * in_channels + 65 * (num_classes - 2)


@wrong("reading.added", "two classes are there already, not one")
def one_class_off(in_channels, num_classes):
    return 576 * (in_channels - 1) + 65 * (num_classes - 1)


@wrong("reading.added", "the last convolution is 1×1")
def large_kernel_at_the_end(in_channels, num_classes):
    return 576 * (in_channels - 1) + (576 + 1) * (num_classes - 2)


@wrong("reading.added", "has height and width")
def a_row_of_weights(in_channels, num_classes):
    return 3 * 64 * (in_channels - 1) + 65 * (num_classes - 2)


@wrong("reading.added", "the classes make no difference here")
def channels_alone(in_channels, num_classes):
    return 576 * (in_channels - 1)


@wrong("reading.added", "less than nothing is possible")
def never_below_zero(in_channels, num_classes):
    return max(0, 576 * (in_channels - 1) + 65 * (num_classes - 2))


@wrong("reading.added", "the sign is lost")
def the_size_of_it(in_channels, num_classes):
    return abs(576 * (in_channels - 1) + 65 * (num_classes - 2))


# --------------------------------------------------------------------------------------------------- reading.way_down


def check_map(size, dilation):
    if size < 2 * dilation + 1:
        raise ValueError("too small")


@right("reading.way_down")
def step_by_step(size, dilation=1):
    found = []
    while len(found) < 4:
        for _ in range(2):
            check_map(size, dilation)
            size -= 2 * dilation
        size = -(-size // 2)
        found.append(size)
    return tuple(found)


@right("reading.way_down")
def by_layers_on_meta(size, dilation=1):
    level = nn.Sequential(
        *(nn.Conv1d(1, 1, 3, dilation=dilation, device="meta") for _ in range(2)), nn.MaxPool1d(2, ceil_mode=True)
    )
    x, found = torch.empty(1, 1, size, device="meta"), []
    for _ in range(4):
        if x.shape[-1] < 4 * dilation + 1:
            raise ValueError(f"a map of {x.shape[-1]} pixels is too small")
        x = level(x)
        found.append(x.shape[-1])
    return found


@right("reading.way_down", convs=4)
def for_four_convolutions(size, dilation=1):
    found = []
    for _ in range(4):
        size = (size - 8 * dilation + 1) // 2
        found.append(size)
        if size < 1:
            raise ValueError
    return found


@wrong("reading.way_down", "it is right for another number of convolutions", convs=1)
def two_of_them(size, dilation=1):
    return step_by_step(size, dilation)


def walked(size, eaten, levels=4, up=1):
    found = []
    for _ in range(levels):
        if size <= eaten:
            raise ValueError("too small")
        size = (size - eaten + up) // 2
        found.append(size)
    return found


@wrong("reading.way_down", "the poolings round down here")
def rounding_down(size, dilation=1):
    return walked(size, 4 * dilation, up=0)


@wrong("reading.way_down", "the dilation makes no difference here")
def undilated(size, dilation=1):
    return walked(size, 4)


@wrong("reading.way_down", "too little is eaten")
def one_convolution(size, dilation=1):
    return walked(size, 2 * dilation)


@wrong("reading.way_down", "does not eat as much as its kernel spans")
def eats_its_span(size, dilation=1):
    return walked(size, 2 * (2 * dilation + 1))


@wrong("reading.way_down", "as wide as the dilation")
def dilated_on_one_side(size, dilation=1):
    return walked(size, 2 * (dilation + 1))


@wrong("reading.way_down", "one level too many")
def five_levels(size, dilation=1):
    return walked(size, 4 * dilation, levels=5)


@wrong("reading.way_down", "the first number is that of the image")
def from_the_image(size, dilation=1):
    return [size, *step_by_step(size, dilation)[:-1]]


@wrong("reading.way_down", "these are the sizes before the poolings")
def before_the_poolings(size, dilation=1):
    return [each - 4 * dilation for each in from_the_image(size, dilation)]


@wrong("reading.way_down", "fits nowhere: this is a case for a ValueError")
def without_a_test(size, dilation=1):
    found = []
    for _ in range(4):
        size = (size - 4 * dilation + 1) // 2
        found.append(size)
    return found


@wrong("reading.way_down", "stops early and says nothing")
def stopping_early(size, dilation=1):
    found = []
    for _ in range(4):
        size -= 4 * dilation
        if size < 1:
            break
        size = (size + 1) // 2
        found.append(size)
    return found


@wrong("reading.way_down", "a map of one pixel is still a map")
def too_strict(size, dilation=1):
    found = []
    for _ in range(4):
        size -= 4 * dilation
        if size <= 1:
            raise ValueError("too small")
        size = (size + 1) // 2
        found.append(size)
    return found


@wrong("reading.way_down", "but a float: a count is an integer")
def in_floats(size, dilation=1):
    return [float(each) for each in step_by_step(size, dilation)]


# --------------------------------------------------------------------------------------------------- reading.find_bug

SIDES = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
RELUS = tuple((part, number) for part in ("d0", "d1", "u0") for number in (0, 2))


def suspects(net, image, sides=SIDES[1:], relus=RELUS):
    """Pairs of a name and what comes out, made by exchanging modules."""

    def joined(fine, up, side=(0, 0), swapped=False):
        top, left = (4 + step for step in side)
        skip = fine[..., top : top + up.shape[2], left : left + up.shape[3]]
        return net.score(net.u0(torch.cat([up, skip] if swapped else [skip, up], 1)))

    def run(**options):
        fine = net.d0(image)
        return joined(fine, net.up0(net.d1(net.pool1(fine))), **options)

    yield "none", run()
    for side in sides:
        yield "off_by_one", run(side=side)
    yield "swapped", run(swapped=True)
    yield "softmax", run().softmax(1)
    pooled = net.pool1(net.d0(image))
    yield "late", joined(pooled.repeat_interleave(2, 2).repeat_interleave(2, 3), net.up0(net.d1(pooled)))
    for part, number in relus:
        conv = getattr(net, part)[number]
        getattr(net, part)[number + 1] = nn.Identity()
        yield "no_relu", run()
        getattr(net, part)[number + 1] = nn.ReLU()
        assert isinstance(conv, nn.Conv2d)


def first_that_fits(forward, net, image, **options):
    with torch.no_grad():
        came = forward(net, image)
        for name, made in suspects(net, image, **options):
            if came.shape == made.shape and (came - made).abs().max() < 1e-5:
                return name
    return None


def raised(name):
    if name is None:
        raise ValueError("another mistake")
    return name


@right("reading.find_bug")
def by_exchanging_modules(forward):
    return raised(first_that_fits(forward, OneLevelUNet(base_width=3), torch.randn(2, 1, 20, 26)))


@right("reading.find_bug")
def by_the_nearest(forward):
    """The suspect with the smallest distance, if that is next to nothing."""
    net, image = OneLevelUNet(), torch.rand(1, 1, 24, 24)
    with torch.no_grad():
        came = forward(net, image)
        far = [((came - made).abs().max().item(), name) for name, made in suspects(net, image)]
    distance, name = min(far)
    if distance > 1e-4:
        raise ValueError(f"the nearest is {name}, but it is not the same")
    return name


@wrong("reading.find_bug", "on an image with structure?")
def by_shapes(forward):
    net, image = OneLevelUNet(base_width=2), torch.randn(1, 1, 20, 20)
    for name, made in suspects(net, image):
        if forward(net, image).shape == made.shape:
            return name
    raise ValueError


@wrong("reading.find_bug", "on an image with structure?")
def on_a_grey_card(forward):
    return raised(first_that_fits(forward, OneLevelUNet(base_width=2), torch.ones(1, 1, 20, 20)))


@wrong("reading.find_bug", "in more places than are tried?")
def one_side(forward):
    net, image = OneLevelUNet(base_width=2), torch.randn(1, 1, 20, 20)
    return raised(first_that_fits(forward, net, image, sides=[(1, 1)]))


@wrong("reading.find_bug", "in more places than are tried?")
def no_relu_tried(forward):
    net, image = OneLevelUNet(base_width=2), torch.randn(1, 1, 20, 20)
    return raised(first_that_fits(forward, net, image, relus=()))


@wrong("reading.find_bug", "the same network and the same image?")
def another_image(forward):
    net = OneLevelUNet(base_width=2)
    came = forward(net, torch.randn(1, 1, 20, 20))
    return raised(first_that_fits(lambda *args: came, net, torch.randn(1, 1, 20, 20)))


@wrong("reading.find_bug", "this is a case for a ValueError")
def right_if_nothing_fits(forward):
    return first_that_fits(forward, OneLevelUNet(base_width=3), torch.randn(1, 1, 20, 20)) or "none"


@wrong("reading.find_bug", "it ends without a word")
def nothing_if_nothing_fits(forward):
    return first_that_fits(forward, OneLevelUNet(base_width=3), torch.randn(1, 1, 20, 20))


@wrong("reading.find_bug", "but with that mistake something else comes out")
def names_mixed_up(forward):
    name = by_exchanging_modules(forward)
    return {"late": "swapped", "swapped": "late"}.get(name, name)


@wrong("reading.find_bug", "of a forward pass that is right")
def always_swapped(forward):
    return "swapped"


@wrong("reading.find_bug", "none of the six names")
def in_words(forward):
    return by_exchanging_modules(forward).replace("no_relu", "missing ReLU")


@wrong("reading.find_bug", "small and capital letters")
def in_capitals(forward):
    return by_exchanging_modules(forward).upper()


@wrong("reading.find_bug", "stops with RuntimeError")
def stacked(forward):
    net, image = OneLevelUNet(base_width=2), torch.randn(1, 1, 20, 20)
    with torch.no_grad():
        return ["none", "swapped"][int((forward(net, image)[..., 1:] == net(image)).all())]


# -------------------------------------------------------------------------------------------------------- reading.five


def centre(x, like, beside=0):
    top, left = ((a - b) // 2 + beside for a, b in zip(x.shape[2:], like.shape[2:], strict=True))
    return x[..., top : top + like.shape[2], left : left + like.shape[3]]


def two_levels(net, image, late=False, swapped=False, relu=True, beside=(0, 0), softmax=False):
    """The file of the exercise, with what is left of its mistakes."""
    d0 = net.d0(image)
    p1 = net.pool1(d0)
    d1 = net.d1(p1)
    p2 = net.pool2(d1)
    up1 = net.up1(net.d2(p2))
    skip1 = centre(functional.interpolate(p2, scale_factor=2) if late else d1, up1, beside[1])
    x = net.u1.conv2(net.u1.conv1(torch.cat([up1, skip1] if swapped else [skip1, up1], dim=1)).relu())
    up0 = net.up0(x.relu() if relu else x)
    scores = net.score(net.u0(torch.cat([centre(d0, up0, beside[0]), up0], dim=1)))
    return scores.softmax(dim=1) if softmax else scores


@right("reading.five")
def line_by_line(net, image):
    return two_levels(net, image)


@right("reading.five")
def by_skip_modules(net, image):
    fine = net.d0(image)
    middle = net.d1(net.pool1(fine))
    x = net.up1(net.d2(net.pool2(middle)))
    x = net.up0(net.u1(torch.cat([net.skip1(middle, x), x], 1)))
    return net.score(net.u0(torch.cat([net.skip0(fine, x), x], 1)))


@wrong("reading.five", "all five mistakes are in there")
def as_it_was(net, image):
    return two_levels(net, image, True, True, False, (1, 1), True)


@wrong("reading.five", "is still taken after the pooling")
def late_left(net, image):
    return two_levels(net, image, late=True)


@wrong("reading.five", "still in the other order")
def swapped_left(net, image):
    return two_levels(net, image, swapped=True)


@wrong("reading.five", "a ReLU is still missing")
def relu_left_out(net, image):
    return two_levels(net, image, relu=False)


@wrong("reading.five", "the skips are still cut beside the centre")
def beside_left(net, image):
    return two_levels(net, image, beside=(1, 1))


@wrong("reading.five", "the skip of the upper join is still cut beside")
def upper_cut_left(net, image):
    return two_levels(net, image, beside=(1, 0))


@wrong("reading.five", "the skip of the lower join is still cut beside")
def lower_cut_left(net, image):
    return two_levels(net, image, beside=(0, 1))


@wrong("reading.five", "through a softmax, and the loss")
def softmax_left(net, image):
    return two_levels(net, image, softmax=True)


@wrong("reading.five", "two of the five mistakes are left")
def two_left(net, image):
    return two_levels(net, image, late=True, relu=False)


@wrong("reading.five", "three of the five mistakes are left")
def three_left(net, image):
    return two_levels(net, image, swapped=True, beside=(1, 1), softmax=True)


@wrong("reading.five", "the loss takes the logarithm of the softmax itself")
def log_probabilities(net, image):
    return two_levels(net, image).log_softmax(1)


@wrong("reading.five", "is each skip cut?")
def uncut(net, image):
    fine = net.d0(image)
    middle = net.d1(net.pool1(fine))
    return torch.cat([middle, net.up1(net.d2(net.pool2(middle)))], 1)


@wrong("reading.five", "call its layers one by one")
def by_itself(net, image):
    return net(image)


# ------------------------------------------------------------------------------------------------ reading.in_register


def of_path(model, size, path, tolerance):
    offsets = registration(model, size, path=path)
    quarter = len(offsets) // 4
    return bool((np.abs(offsets[quarter : 3 * quarter]) <= tolerance).all())


def paths_of(model):
    return ["deep", *skip_modules(model, "deep")]


@right("reading.in_register")
def by_all(model, size, tolerance=1.0):
    return all(of_path(model, size, path, tolerance) for path in paths_of(model))


@right("reading.in_register")
def by_evidence(model, size, tolerance=1.0):
    """From the weights of a few output columns: the first and the last of the middle half, and the centre."""
    columns = np.arange(size)
    width = len(registration(model, size))
    for path in paths_of(model):
        for position in (width // 4, width // 2, width - width // 4 - 1):
            place = (evidence(model, size, position, path) * columns).sum()
            if not abs(place - home(size, width)[position]) <= tolerance:
                return False
    return True


@right("reading.in_register")
def by_the_largest(model, size, tolerance=1.0):
    offsets = np.array([registration(model, size, path=path) for path in paths_of(model)])
    quarter = offsets.shape[1] // 4
    return np.abs(offsets[:, quarter:-quarter]).max() <= tolerance


@wrong("reading.in_register", "looks at the deep path alone")
def deep_alone(model, size, tolerance=1.0):
    return of_path(model, size, "deep", tolerance)


@wrong("reading.in_register", "looks at the skips alone")
def skips_alone(model, size, tolerance=1.0):
    return all(of_path(model, size, path, tolerance) for path in paths_of(model)[1:])


@wrong("reading.in_register", "only the last path decides")
def overwritten(model, size, tolerance=1.0):
    for path in paths_of(model):
        result = of_path(model, size, path, tolerance)
    return result


@wrong("reading.in_register", "the deep path alone")
def early_return(model, size, tolerance=1.0):
    for path in paths_of(model):
        return of_path(model, size, path, tolerance)


@wrong("reading.in_register", "off to the left counts as in register")
def no_absolute_value(model, size, tolerance=1.0):
    for path in paths_of(model):
        offsets = registration(model, size, path=path)
        quarter = len(offsets) // 4
        if (offsets[quarter:-quarter] > tolerance).any():
            return False
    return True


@wrong("reading.in_register", "the whole row is looked at")
def whole_row(model, size, tolerance=1.0):
    return all((np.abs(registration(model, size, path=path)) <= tolerance).all() for path in paths_of(model))


@wrong("reading.in_register", "the mean over a row is looked at")
def the_mean(model, size, tolerance=1.0):
    return all(abs(registration(model, size, path=path)[5:-5].mean()) <= tolerance for path in paths_of(model))


@wrong("reading.in_register", "the tolerance makes no difference here")
def fixed_tolerance(model, size, tolerance=1.0):
    return by_all(model, size)


@wrong("reading.in_register", "it is the other way round")
def upside_down(model, size, tolerance=1.0):
    return not by_all(model, size, tolerance)


@wrong("reading.in_register", "where True or False is wanted")
def a_row_of_truths(model, size, tolerance=1.0):
    return np.abs(registration(model, size)) <= tolerance


# ------------------------------------------------------------------------------------------------------- reading.mend


class Enlarging(nn.Module):
    """What the answers are made of."""

    is_skip = True

    def enlarged(self, skip):
        return functional.interpolate(skip, scale_factor=2)

    def rest(self, skip, like):
        return [2 * a - b for a, b in zip(skip.shape[2:], like.shape[2:], strict=True)]

    def checked(self, rest):
        if min(rest) < 0 or any(each % 2 for each in rest):
            raise ValueError(f"cannot cut {rest} evenly")

    def forward(self, skip, like):
        rows, columns = self.rest(skip, like)
        self.checked((rows, columns))
        return self.cut(self.enlarged(skip), like, rows // 2, columns // 2)

    def cut(self, fine, like, top, left):
        return fine[..., top : top + like.shape[2], left : left + like.shape[3]]


@right("reading.mend")
class ByRepeating(Enlarging):
    def enlarged(self, skip):
        return skip.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


@right("reading.mend")
class ByMeans(Enlarging):
    """Pixels of the enlarged map lie a quarter of a pixel beside those that they come from."""

    def enlarged(self, skip):
        return functional.interpolate(skip, scale_factor=2, mode="bilinear", align_corners=False)


@right("reading.mend")
class ByPadding(nn.Module):
    is_skip = True

    def forward(self, skip, like):
        fine = torch.kron(skip, torch.ones(2, 2, dtype=skip.dtype))
        down, right = like.shape[-2] - fine.shape[-2], like.shape[-1] - fine.shape[-1]
        if down > 0 or right > 0 or down % 2 or right % 2:
            raise ValueError("no centre")
        return functional.pad(fine, (right // 2, right // 2, down // 2, down // 2))


@wrong("reading.mend", "resized to the other map's size, as before")
class ResizedAsBefore(nn.Module):
    is_skip = True

    def forward(self, skip, like):
        return functional.interpolate(skip, like.shape[2:], mode="bilinear", align_corners=True)


@wrong("reading.mend", "resized to the other map's size, as before")
class ResizedToTheNearest(nn.Module):
    is_skip = True

    def forward(self, skip, like):
        return functional.interpolate(skip, like.shape[2:])


@wrong("reading.mend", "from the top left corner")
class FromTheCorner(Enlarging):
    def cut(self, fine, like, top, left):
        return super().cut(fine, like, 0, 0)


@wrong("reading.mend", "shifted by one row and one column")
class OneOff(Enlarging):
    def cut(self, fine, like, top, left):
        return super().cut(fine, like, max(top - 1, 0), max(left - 1, 0))


@wrong("reading.mend", "where it begins")
class MixedUp(Enlarging):
    def cut(self, fine, like, top, left):
        return super().cut(fine, like, left, top)


@wrong("reading.mend", "a slice up to -0 is empty")
class MinusNothing(Enlarging):
    def cut(self, fine, like, top, left):
        return fine[..., top:-top, left:-left]


@wrong("reading.mend", "enlarged, but not cut to fit")
class Uncut(Enlarging):
    def cut(self, fine, like, top, left):
        return fine


@wrong("reading.mend", "each of its pixels is to become 2×2")
class Tiled(Enlarging):
    def enlarged(self, skip):
        return skip.repeat(1, 1, 2, 2)


@wrong("reading.mend", "which stretches the map")
class CornersAligned(Enlarging):
    def enlarged(self, skip):
        return functional.interpolate(skip, scale_factor=2, mode="bilinear", align_corners=True)


@wrong("reading.mend", "there are zeros between the pixels")
class Unpooled(Enlarging):
    def enlarged(self, skip):
        fine = skip.new_zeros(*skip.shape[:2], 2 * skip.shape[2], 2 * skip.shape[3])
        fine[..., ::2, ::2] = skip
        return fine


@wrong("reading.mend", "an odd rest cannot be cut evenly")
class Rounding(Enlarging):
    def checked(self, rest):
        if min(rest) < 0:
            raise ValueError("too small")


@wrong("reading.mend", "a map that is too small has nothing to cut")
class Growing(Enlarging):
    def checked(self, rest):
        if any(each % 2 for each in rest):
            raise ValueError("odd")

    def cut(self, fine, like, top, left):
        return functional.pad(fine, (-left, -left, -top, -top))


@wrong("reading.mend", "is the test too strict?")
class TooStrict(Enlarging):
    def checked(self, rest):
        if min(rest) <= 0 or any(each % 2 for each in rest):
            raise ValueError("nothing to cut")


@wrong("reading.mend", "lacks is_skip = True")
class Unmarked(ByRepeating):
    is_skip = False


@wrong("reading.mend", "None: does every way through it end in a return?")
class ReturnForgotten(Enlarging):
    def forward(self, skip, like):
        super().forward(skip, like)
