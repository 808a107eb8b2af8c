"""Answers to the exercises of the chapter on blocks: two right ones each, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional

# ------------------------------------------------------------------------------------------------ blocks.conv_params


@right("blocks.conv_params")
def by_the_layer(in_channels, out_channels, kernel):
    return sum(each.numel() for each in nn.Conv2d(in_channels, out_channels, kernel).parameters())


@right("blocks.conv_params")
def weights_and_biases(in_channels, out_channels, kernel):
    weights = in_channels * out_channels * kernel**2
    return weights + out_channels


@wrong("blocks.conv_params", "the biases are missing")
def no_biases(in_channels, out_channels, kernel):
    return in_channels * out_channels * kernel**2


@wrong("blocks.conv_params", "not that goes in")
def biases_going_in(in_channels, out_channels, kernel):
    return in_channels * out_channels * kernel**2 + in_channels


@wrong("blocks.conv_params", "not one for all")
def one_bias(in_channels, out_channels, kernel):
    return in_channels * out_channels * kernel**2 + 1


@wrong("blocks.conv_params", "not for each pair of channels")
def bias_for_each_pair(in_channels, out_channels, kernel):
    return in_channels * out_channels * (kernel**2 + 1)


@wrong("blocks.conv_params", "a kernel has height and width")
def one_dimension(in_channels, out_channels, kernel):
    return out_channels * (in_channels * kernel + 1)


@wrong("blocks.conv_params", "looks at all that go in")
def each_its_own(in_channels, out_channels, kernel):
    return out_channels * (kernel**2 + 1)


@wrong("blocks.conv_params", "one of the channels that come out")
def one_channel(in_channels, out_channels, kernel):
    return in_channels * kernel**2 + 1


@wrong("blocks.conv_params", "has weights of its own")
def shared_weights(in_channels, out_channels, kernel):
    return in_channels * kernel**2 + out_channels


# ------------------------------------------------------------------------------------------------ blocks.double_conv


@right("blocks.double_conv")
class BySequential(nn.Sequential):
    def __init__(self, in_channels, out_channels):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3),
            nn.ReLU(inplace=True),
        )


@right("blocks.double_conv")
class SecondFirst(nn.Module):
    """Layers made in another order, under other names, and a ReLU that is written as a maximum."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.last = nn.Conv2d(out_channels, out_channels, kernel_size=(3, 3))
        self.begin = nn.Conv2d(in_channels, out_channels, kernel_size=(3, 3), padding=0)

    def forward(self, x):
        return self.last(self.begin(x).clamp(min=0)).clamp(min=0)


@right("blocks.double_conv")
class BareParameters(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.offsets = nn.ParameterList([nn.Parameter(torch.zeros(out_channels)) for _ in range(2)])
        shapes = (out_channels, in_channels, 3, 3), (out_channels, out_channels, 3, 3)
        self.kernels = nn.ParameterList([nn.Parameter(torch.zeros(shape)) for shape in shapes])

    def forward(self, x):
        for kernel, offset in zip(self.kernels, self.offsets, strict=True):
            x = functional.relu(functional.conv2d(x, kernel, offset))
        return x


class Block(nn.Module):
    """What the wrong ones are made of."""

    options = {}

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.one = nn.Conv2d(in_channels, out_channels, 3, **self.options)
        self.two = nn.Conv2d(out_channels, out_channels, 3, **self.options)

    def forward(self, x):
        return self.two(self.one(x).relu()).relu()


@wrong("blocks.double_conv", "the ReLU after the second convolution is missing")
class LastReluMissing(Block):
    def forward(self, x):
        return self.two(self.one(x).relu())


@wrong("blocks.double_conv", "the ReLU between the two convolutions is missing")
class FirstReluMissing(Block):
    def forward(self, x):
        return self.two(self.one(x)).relu()


@wrong("blocks.double_conv", "there is no ReLU")
class NoRelu(Block):
    def forward(self, x):
        return self.two(self.one(x))


@wrong("blocks.double_conv", "it pads")
class Padded(Block):
    options = {"padding": 1}


@wrong("blocks.double_conv", "the biases are missing")
class NoBias(Block):
    options = {"bias": False}


@wrong("blocks.double_conv", "the second convolution changes the number of channels here")
class LateChange(Block):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.one = nn.Conv2d(in_channels, in_channels, 3)
        self.two = nn.Conv2d(in_channels, out_channels, 3)


@wrong("blocks.double_conv", "there is one convolution; a block has two")
class OneConvolution(Block):
    def forward(self, x):
        return self.one(x).relu()


@wrong("blocks.double_conv", "one convolution and no ReLU")
class OneLayer(Block):
    def forward(self, x):
        return self.one(x)


@wrong("blocks.double_conv", "the pooling is not part of the block")
class Pooled(Block):
    def forward(self, x):
        return functional.max_pool2d(super().forward(x), 2) if min(x.shape[2:]) > 5 else super().forward(x)


@wrong("blocks.double_conv", "it has other weights than two convolutions")
class MoreWeights(Block):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.unused = nn.Linear(2, 2)


@wrong("blocks.double_conv", "returns None")
class ReturnForgotten(Block):
    def forward(self, x):
        self.two(self.one(x).relu()).relu()


@wrong("blocks.double_conv", "stops with AttributeError")
class SuperForgotten(nn.Module):
    def __init__(self, in_channels, out_channels):
        self.one = nn.Conv2d(in_channels, out_channels, 3)


@wrong("blocks.double_conv", "half precision")
class Half(Block):
    def forward(self, x):
        return super().forward(x).half()


# --------------------------------------------------------------------------------------------- blocks.incoming_nodes


@right("blocks.incoming_nodes")
def by_weight(layer):
    if isinstance(layer, nn.ConvTranspose2d):
        return layer.weight.shape[0]
    return layer.weight[0].numel()


@right("blocks.incoming_nodes")
def by_trying(layer):
    with torch.no_grad():
        ones = nn.utils.skip_init(type(layer), layer.in_channels, 1, layer.kernel_size, stride=layer.stride, bias=False)
        ones.weight.fill_(1)
        return ones(torch.ones(1, layer.in_channels, 11, 11)).max().long()


@wrong("blocks.incoming_nodes", "a value is made of a whole window")
def channels_alone(layer):
    return layer.in_channels


@wrong("blocks.incoming_nodes", "it counts the channels that come out")
def coming_out(layer):
    if isinstance(layer, nn.ConvTranspose2d):
        return layer.out_channels
    return layer.out_channels * layer.kernel_size[0] * layer.kernel_size[1]


@wrong("blocks.incoming_nodes", "all weights of the layer")
def all_weights(layer):
    return layer.weight.numel()


@wrong("blocks.incoming_nodes", "a window has height and width")
def a_row(layer):
    return layer.in_channels * (layer.kernel_size[0] if isinstance(layer, nn.Conv2d) else 1)


@wrong("blocks.incoming_nodes", "the kernel is not square")
def squared(layer):
    return layer.in_channels * (layer.kernel_size[0] ** 2 if isinstance(layer, nn.Conv2d) else 1)


@wrong("blocks.incoming_nodes", "every channel that goes in")
def window_alone(layer):
    return layer.kernel_size[0] * layer.kernel_size[1] if isinstance(layer, nn.Conv2d) else layer.in_channels


@wrong("blocks.incoming_nodes", "the bias is no incoming value")
def bias_too(layer):
    return by_weight(layer) + isinstance(layer, nn.Conv2d)


@wrong("blocks.incoming_nodes", "each output value gets one pixel of the input")
def as_a_convolution(layer):
    return layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]


@wrong("blocks.incoming_nodes", "an up-convolution's weight is (in, out, …)")
def weight_of_the_first(layer):
    return layer.weight[0].numel()


# --------------------------------------------------------------------------------------------------- blocks.assemble


def parts(net, image):
    fine = net.d0(image)
    return fine, net.up0(net.d1(net.pool1(fine)))


def cut(fine, up):
    top, left = ((a - b) // 2 for a, b in zip(fine.shape[2:], up.shape[2:], strict=True))
    return fine[..., top : top + up.shape[2], left : left + up.shape[3]]


def end(net, *maps):
    return net.score(net.u0(torch.cat(maps, dim=1)))


@right("blocks.assemble")
def by_own_crop(net, image):
    fine, up = parts(net, image)
    return end(net, cut(fine, up), up)


@right("blocks.assemble")
def by_skip_module(net, image):
    fine, up = parts(net, image)
    return net.score(net.u0(torch.concat((net.skip0(fine, up), up), axis=-3)))


@wrong("blocks.assemble", "the skip comes first")
def swapped(net, image):
    fine, up = parts(net, image)
    return end(net, up, cut(fine, up))


@wrong("blocks.assemble", "top left corner")
def from_the_corner(net, image):
    fine, up = parts(net, image)
    return end(net, fine[..., : up.shape[2], : up.shape[3]], up)


@wrong("blocks.assemble", "bottom right corner")
def from_the_other_corner(net, image):
    fine, up = parts(net, image)
    return end(net, fine[..., -up.shape[2] :, -up.shape[3] :], up)


@wrong("blocks.assemble", "the skip is resized, not cut")
def resized(net, image):
    fine, up = parts(net, image)
    return end(net, functional.interpolate(fine, up.shape[2:], mode="bilinear"), up)


@wrong("blocks.assemble", "nothing comes through the skip connection")
def zeros_across(net, image):
    fine, up = parts(net, image)
    return end(net, torch.zeros_like(up), up)


@wrong("blocks.assemble", "nothing comes up from below")
def zeros_up(net, image):
    fine, up = parts(net, image)
    return end(net, cut(fine, up), torch.zeros_like(up))


@wrong("blocks.assemble", "the skip is joined to itself")
def skip_twice(net, image):
    fine, up = parts(net, image)
    return end(net, cut(fine, up), cut(fine, up))


@wrong("blocks.assemble", "what comes up is joined to itself")
def up_twice(net, image):
    _, up = parts(net, image)
    return end(net, up, up)


@wrong("blocks.assemble", "score, is missing")
def no_scores(net, image):
    fine, up = parts(net, image)
    return net.u0(torch.cat([cut(fine, up), up], dim=1))


@wrong("blocks.assemble", "without a softmax")
def probabilities(net, image):
    return by_own_crop(net, image).softmax(dim=1)


@wrong("blocks.assemble", "no ReLU after the scores")
def relu_at_the_end(net, image):
    return by_own_crop(net, image).relu()


@wrong("blocks.assemble", "not the classes")
def classes(net, image):
    return by_own_crop(net, image).argmax(dim=1)


@wrong("blocks.assemble", "the deep map is padded")
def padded(net, image):
    fine, up = parts(net, image)
    down, right = ((a - b) // 2 for a, b in zip(fine.shape[2:], up.shape[2:], strict=True))
    return end(net, fine, functional.pad(up, (right, right, down, down)))


@wrong("blocks.assemble", "the deep map is resized")
def deep_resized(net, image):
    fine, up = parts(net, image)
    return end(net, fine, functional.interpolate(up, fine.shape[2:], mode="bilinear"))


@wrong("blocks.assemble", "is the skip cut?")
def uncut(net, image):
    fine, up = parts(net, image)
    return end(net, fine, up)


@wrong("blocks.assemble", "call its layers one by one")
def by_itself(net, image):
    return net(image)


@wrong("blocks.assemble", "call its layers one by one")
def by_its_class(net, image):
    return type(net).forward(net, image)
