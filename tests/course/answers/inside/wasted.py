"""Answers to the exercise inside.wasted: right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong


@right()
def in_a_loop(reads, readers):
    count = 3 * 3 * reads + 1
    for pixels, made in readers:
        count += pixels * made
    return count


@right()
def of_tensors(reads, readers):
    gone = [torch.empty(reads, 3, 3), torch.empty(1), *(torch.empty(made, pixels) for pixels, made in readers)]
    return sum(each.numel() for each in gone)


@right(side=5)
def of_a_cohort(reads, readers):
    return 25 * reads + 1 + sum(pixels * made for pixels, made in readers)


@wrong("the bias of the silent channel is missing")
def no_bias(reads, readers):
    return in_a_loop(reads, readers) - 1


@wrong("the weights that read the channel are missing")
def makers_alone(reads, readers):
    return 9 * reads + 1


@wrong("the weights that make the channel are missing")
def readers_alone(reads, readers):
    return sum(pixels * made for pixels, made in readers)


@wrong("biases of the readers go with their own channels")
def biases_of_readers(reads, readers):
    return 9 * reads + 1 + sum(pixels * made + made for pixels, made in readers)


@wrong("not one for each pixel")
def nine_biases(reads, readers):
    return 9 * (reads + 1) + readers_alone(reads, readers)


@wrong("a kernel has height and width")
def one_direction(reads, readers):
    return 3 * reads + 1 + readers_alone(reads, readers)


@wrong("given in pixels already")
def squared(reads, readers):
    return 9 * reads + 1 + sum(pixels**2 * made for pixels, made in readers)


@wrong("a reader's kernel need not have nine pixels")
def always_nine(reads, readers):
    return 9 * reads + 1 + sum(9 * made for _, made in readers)


@wrong("only the first of the readers")
def first_reader(reads, readers):
    return 9 * reads + 1 + readers_alone(reads, readers[:1])


@wrong("one channel of the convolution is silent, not all")
def whole_layer(reads, readers):
    return 9 * reads * reads + 1 + readers_alone(reads, readers)


@wrong("it is right for a convolution of 3×3 pixels", side=7)
def of_the_book(reads, readers):
    return in_a_loop(reads, readers)
