"""Augmentation: image, label and weights move together, pixel centres are exact, and the random numbers are as said."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unet_edu.data import augment as augmentation
from unet_edu.data import cells
from unet_edu.data.augment import Draw, augment, coordinates, displacements, draw, mirror, warp

STILL = {"sigma": 0, "rotation": 0, "flip": False, "shift": 0, "grey": 0}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(n, h, w, channels=1):
    images = torch.rand(n, channels, h, w, generator=seeded(99))
    return images, torch.randint(0, 5, (n, h, w), generator=seeded(98))


def by_hand(n=1, origin=(0, 0), angle=0.0, flip=(False, False), nodes=None):
    """A draw that is not random, the same for all of n tiles."""
    nodes = torch.zeros(2, 3, 3) if nodes is None else nodes
    return Draw(
        torch.tensor(origin, dtype=torch.float32).expand(n, 2),
        torch.full((n,), angle, dtype=torch.float64),
        torch.tensor(flip).expand(n, 2),
        nodes.expand(n, 2, 3, 3),
        None,
    )


def positions(n, h, w):
    """Images (N, 2, H, W) that hold their own row and column, and labels that number the pixels."""
    row, column = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    images = torch.stack([row, column]).float().expand(n, 2, h, w).contiguous()
    return images, (row * w + column).expand(n, h, w).contiguous()


sizes = pytest.mark.parametrize("size", [(64, 64), (37, 50), (101, 100), (2, 9)])


# ------------------------------------------------------------------------------------------ exact pixel centres


@sizes
def test_doing_nothing_changes_no_bit(size, device):
    images, labels = (part.to(device) for part in noise(3, *size, channels=2))
    tiles, moved, weights = augment(images, labels, generator=seeded(), weights=images[:, 0], **STILL)
    assert torch.equal(tiles, images)
    assert torch.equal(moved, labels)
    assert torch.equal(weights, images[:, 0])


@sizes
@pytest.mark.parametrize(("flip", "axes"), [((True, False), [-2]), ((False, True), [-1]), ((True, True), [-2, -1])])
def test_flips_change_no_bit(size, flip, axes):
    images, labels = noise(2, *size)
    tiles, moved = warp(images, labels, by_hand(2, flip=flip), size)
    assert torch.equal(tiles, images.flip(axes))
    assert torch.equal(moved, labels.flip(axes))


@pytest.mark.parametrize("side", [64, 51])
@pytest.mark.parametrize("turns", [-2, -1, 1, 2])
@pytest.mark.parametrize("flip", [False, True])
def test_quarter_turns_change_no_bit(side, turns, flip, device):
    images, labels = (part.to(device) for part in noise(1, side, side))
    tiles, moved = warp(images, labels, by_hand(angle=90.0 * turns, flip=(False, flip)), (side, side))
    flipped = (images.flip(-1), labels.flip(-1)) if flip else (images, labels)
    assert torch.equal(tiles, flipped[0].rot90(turns, (2, 3)))
    assert torch.equal(moved, flipped[1].rot90(turns, (1, 2)))


@pytest.mark.parametrize(("origin", "size"), [((3, 11), (20, 31)), ((-9, 4), (40, 60)), ((-50, -50), (140, 150))])
def test_a_tile_is_a_piece_of_the_image_mirrored_like_numpy(origin, size):
    images, labels = noise(1, 40, 56)
    tiles, moved = warp(images, labels, by_hand(origin=origin), size)
    top, left = origin
    for found, source in ((tiles[0, 0], images[0, 0]), (moved[0], labels[0])):
        padded = np.pad(source.numpy(), 120, mode="reflect")
        assert np.array_equal(found, padded[120 + top :, 120 + left :][: size[0], : size[1]])


def test_between_pixel_centres_images_are_interpolated_linearly_and_labels_are_not():
    images, labels = noise(1, 30, 40)
    nodes = torch.tensor([0.25, -0.4])[:, None, None].expand(2, 3, 3)
    tiles, moved = warp(images, labels, by_hand(origin=(3, 5), nodes=nodes), (10, 12))
    y, x = slice(3, 13), slice(5, 17)
    here, below = images[0, 0, y], images[0, 0, 4:14]
    rows = 0.75 * here + 0.25 * below
    assert (tiles[0, 0] - (0.6 * rows[:, x] + 0.4 * rows[:, 4:16])).abs().max() < 1e-4
    assert torch.equal(moved[0], labels[0, y, x])


def test_the_paper_s_tile_from_a_slice_of_512():
    """572 pixels from 512, and the window of 388 on the slice."""
    images, labels = noise(1, 512, 512)
    tiles, moved = augment(images, labels, generator=seeded(3), size=572, margin=92, **STILL)
    assert tiles.shape == (1, 1, 572, 572)
    assert moved.shape == (1, 572, 572)
    windows = np.lib.stride_tricks.sliding_window_view(images[0, 0].numpy(), (388, 388))
    window = tiles[0, 0, 92:-92, 92:-92].numpy()
    top, left = (int(i) for i in np.argwhere(windows[:, :, 0, 0] == window[0, 0])[0])
    assert np.array_equal(window, windows[top, left])
    padded = np.pad(images[0, 0].numpy(), 92, mode="reflect")
    assert np.array_equal(tiles[0, 0], padded[top : top + 572, left : left + 572])


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(2, 30), st.integers(0, 200))
def test_mirrors_are_numpy_s_reflect(n, beyond):
    found = mirror(torch.arange(-beyond, n + beyond, dtype=torch.float32), n)
    assert np.array_equal(found, np.pad(np.arange(n), beyond, mode="reflect"))


def test_an_angle_turns_the_picture_anticlockwise():
    images = torch.zeros(1, 1, 41, 41)
    images[0, 0, 18:23, 26:31] = 1  # a spot on the right, 8 pixels from the middle
    tiles, moved = warp(images, images[:, 0].long(), by_hand(angle=30.0), (41, 41))
    expected = [20 - 8 * np.sin(np.pi / 6), 20 + 8 * np.cos(np.pi / 6)]
    for picture in (tiles[0, 0], moved[0]):
        middle = np.average(np.indices((41, 41)), axis=(1, 2), weights=np.broadcast_to(picture.numpy(), (2, 41, 41)))
        assert middle == pytest.approx(expected, abs=0.1)


# ------------------------------------------------------------------------------------------ together


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    st.integers(0, 10**6),
    st.tuples(st.integers(20, 70), st.integers(20, 70)),
    st.tuples(st.integers(20, 90), st.integers(20, 90)),
)
def test_image_label_and_weights_move_together(seed, image_size, size):
    """Each pixel of the tile says where it comes from, once as image, once as label, once as weight."""
    images, labels = positions(2, *image_size)
    tiles, moved, weights = augment(
        images, labels, generator=seeded(seed), size=size, weights=images[:, 1].contiguous(), grey=0, sigma=4
    )
    width = image_size[1]
    assert tiles.shape == (2, 2, *size)
    assert (tiles[:, 0] - moved // width).abs().max() <= 0.5 + 1e-4
    assert (tiles[:, 1] - moved % width).abs().max() <= 0.5 + 1e-4
    assert torch.equal(weights, tiles[:, 1])


def test_a_deformed_label_is_the_label_of_the_deformed_image():
    label = torch.from_numpy(cells.round_cells(256, 2).label)[None]
    as_image, moved = augment(label[None].float(), label, generator=seeded(5), size=252, margin=20, grey=0)
    clear = (as_image[:, 0] < 1e-3) | (as_image[:, 0] > 1 - 1e-3)
    assert clear.float().mean() > 0.8
    assert torch.equal(moved[clear].float(), as_image[:, 0][clear].round())
    assert not torch.equal(moved, label[:, 2:-2, 2:-2])


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64, torch.bool])
def test_labels_stay_labels(dtype):
    images, labels = noise(2, 60, 60)
    labels = (labels * 50).to(dtype)
    _, moved = augment(images, labels, generator=seeded(1), size=(80, 44))
    assert moved.dtype == dtype
    assert set(moved.unique().tolist()) <= set(labels.unique().tolist())


def test_large_labels_are_not_rounded():
    images, _ = noise(1, 30, 30)
    labels = torch.full((1, 30, 30), 2**40 + 1)
    assert (augment(images, labels, generator=seeded(1))[1] == 2**40 + 1).all()


def test_the_input_is_left_alone():
    images, labels = noise(2, 40, 40)
    before = images.clone(), labels.clone()
    augment(images, labels, generator=seeded())
    assert torch.equal(images, before[0])
    assert torch.equal(labels, before[1])


# ------------------------------------------------------------------------------------------ elastic deformation


def cubic_convolution(t, a=-0.75):
    """Keys' kernel (1981) at the distances t."""
    t = np.abs(t)
    near = (a + 2) * t**3 - (a + 3) * t**2 + 1
    far = a * (t**3 - 5 * t**2 + 8 * t - 4)
    return np.where(t <= 1, near, np.where(t < 2, far, 0))


@pytest.mark.parametrize("size", [(21, 21), (33, 48), (188, 100)])
def test_displacements_are_bicubic(size):
    """By hand: each axis weighs its three nodes, the outer ones repeated, by the cubic kernel."""
    nodes = torch.randn(2, 2, 3, 3, generator=seeded(4)) * 10

    def weigh(n):
        t = np.linspace(0, 2, n)[:, None]
        kernel = cubic_convolution(t - np.arange(-2, 5))  # nodes −2 … 4
        return np.stack([kernel[:, :3].sum(1), kernel[:, 3], kernel[:, 4:].sum(1)], 1)

    expected = np.einsum("yi,xj,ncij->ncyx", weigh(size[0]), weigh(size[1]), nodes.numpy())
    assert np.abs(displacements(nodes, size).numpy() - expected).max() < 1e-4


def test_displacements_pass_through_the_nodes_and_stay_smooth():
    nodes = torch.randn(3, 2, 3, 3, generator=seeded(4)) * 10
    field = displacements(nodes, (101, 201))
    assert (field[:, :, ::50, ::100] - nodes).abs().max() < 1e-4
    assert field.diff(dim=3).abs().max() < 1.5  # pixels from one pixel to the next: 100 lie between two nodes


def test_nodes_are_gaussian_with_ten_pixels():
    nodes = draw(4000, (512, 512), (572, 572), generator=seeded(1), margin=92).nodes
    assert nodes.shape == (4000, 2, 3, 3)
    spread = nodes.std(0)
    assert ((spread - 10).abs() < 0.5).all()  # one in a thousand samples of 4000 is off by more than 0.37
    assert (nodes.mean(0).abs() < 0.7).all()
    together = torch.corrcoef(nodes.flatten(1).T) - torch.eye(18)
    assert together.abs().max() < 0.07
    assert (nodes.abs() > 20).float().mean() == pytest.approx(0.0455, abs=0.005)  # beyond two sigma


def test_a_node_says_how_much_further_the_tile_looks():
    nodes = torch.zeros(2, 3, 3)
    nodes[0, 1, 1], nodes[1, 0, 2] = 5, -3  # centre: 5 rows down; corner at the top right: 3 columns to the left
    images, labels = positions(1, 61, 81)
    tiles, _ = warp(images, labels, by_hand(nodes=nodes), (61, 81))
    assert tiles[0, :, 30, 40].tolist() == pytest.approx([35, 40], abs=1e-3)
    assert tiles[0, :, 0, 80].tolist() == pytest.approx([0, 77], abs=1e-3)
    assert tiles[0, :, 60, 0].tolist() == pytest.approx([60, 0], abs=1e-3)


# ------------------------------------------------------------------------------------------ the other random numbers


def test_the_window_goes_to_every_place_on_the_image_and_to_no_other():
    drawn = draw(6000, (60, 52), (40, 40), generator=seeded(2), margin=4, shift=0)  # window 32
    for axis, room in ((0, 28), (1, 20)):
        places, counts = (drawn.origin[:, axis] + 4).unique(return_counts=True)
        assert places.tolist() == list(range(room + 1))
        assert counts.min() > 0.6 * 6000 / (room + 1)


def test_a_window_larger_than_the_image_holds_all_of_it():
    origin = draw(2000, (30, 30), (40, 30), generator=seeded(2), shift=0).origin
    assert origin[:, 0].unique().tolist() == list(range(-10, 1))
    assert origin[:, 1].unique().tolist() == [0]


def test_shift_lets_the_window_leave_the_image():
    origin = draw(2000, (64, 64), (64, 64), generator=seeded(2), shift=5).origin
    assert origin[:, 0].unique().tolist() == list(range(-5, 6))


def test_angles_and_flips_are_even():
    drawn = draw(4000, (64, 64), (64, 64), generator=seeded(2))
    assert torch.histc(drawn.angle, 8, -180, 180).min() > 400
    assert drawn.angle.abs().max() <= 180
    assert drawn.flip.float().mean(0).tolist() == pytest.approx([0.5, 0.5], abs=0.03)
    assert (drawn.flip[:, 0] == drawn.flip[:, 1]).float().mean() == pytest.approx(0.5, abs=0.03)
    assert draw(500, (64, 64), (64, 64), generator=seeded(2), rotation=10).angle.abs().max() <= 10


def test_greys_vary_within_their_range_and_keep_their_order():
    ramp = torch.linspace(0, 1, 256).view(1, 1, 16, 16).expand(300, 1, 16, 16).contiguous()
    labels = torch.zeros(300, 16, 16, dtype=torch.uint8)
    still = {**STILL, "grey": 0.2}
    tiles, _, weights = augment(ramp, labels, generator=seeded(3), weights=ramp[:, 0].contiguous(), **still)
    assert (tiles.min(), tiles.max()) == (0, 1)
    assert (tiles.flatten(1).diff(dim=1) >= -1e-6).all()
    assert torch.equal(weights, ramp[:, 0])
    middle = tiles.flatten(1)[:, 128]
    assert 0.3 < middle.min() < 0.38
    assert 0.62 < middle.max() < 0.7
    assert len(middle.unique()) > 290  # each tile has its own
    greys = draw(2000, (9, 9), (9, 9), generator=seeded(3)).greys
    assert greys.amin(0).tolist() == pytest.approx([1 / 1.2, 1 / 1.2, -0.1], abs=2e-3)
    assert greys.amax(0).tolist() == pytest.approx([1.2, 1.2, 0.1], abs=2e-3)


def test_focus_changes_fine_detail_and_nothing_else():
    row = torch.arange(40.0)
    board = ((row[:, None] + row) % 2).expand(500, 1, 40, 40).contiguous()  # all detail: its mean is next to even
    slope = (row / 40).expand(500, 1, 40, 40).contiguous()  # none, but at the edges
    labels = torch.zeros(500, 40, 40, dtype=torch.uint8)
    tiles, _ = augment(board, labels, generator=seeded(4), **STILL, focus=0.5)
    inner = tiles[..., 3:-3, 3:-3]
    heights = inner.amax((1, 2, 3)) - inner.amin((1, 2, 3))
    assert (heights.min(), heights.max()) == (pytest.approx(0.5, abs=0.02), pytest.approx(1.5, abs=0.02))
    assert heights.mean() == pytest.approx(1, abs=0.05)
    assert (inner.mean((1, 2, 3)) - 0.5).abs().max() < 1e-3
    plain, _ = augment(slope, labels, generator=seeded(4), **STILL, focus=0.5)
    assert (plain - slope)[..., 3:-3].abs().max() < 1e-6
    small, _ = augment(board[:2, ..., :2, :2].contiguous(), labels[:2, :2, :2], generator=seeded(), **STILL, focus=1.0)
    assert small.shape == (2, 1, 2, 2)


def test_all_channels_of_an_image_keep_their_colour_relation():
    images = torch.rand(2, 1, 20, 20, generator=seeded()).expand(2, 3, 20, 20).contiguous()
    tiles, _ = augment(images, torch.zeros(2, 20, 20, dtype=torch.uint8), generator=seeded(1))
    assert (tiles[:, 0] - tiles[:, 2]).abs().max() < 1e-6


# ------------------------------------------------------------------------------------------ reproducible


def test_a_seed_decides_everything_and_nothing_else_does():
    images, labels = noise(4, 50, 50)
    state = torch.get_rng_state()
    first = augment(images, labels, generator=seeded(7))
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(123)
    again, other = augment(images, labels, generator=seeded(7)), augment(images, labels, generator=seeded(8))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    assert len({tile.numpy().tobytes() for tile in first[0]}) == 4  # each tile of a batch has its own draw


@pytest.mark.parametrize(
    ("off", "part"),
    [
        ({"sigma": 0}, "nodes"),
        ({"rotation": 0}, "angle"),
        ({"flip": False}, "flip"),
        ({"grey": 0}, "greys"),
        ({}, "focus"),
    ],
)
def test_what_is_switched_off_leaves_the_rest_as_it_was(off, part):
    """A comparison with and without elastic deformation sees the same turns, places and greys."""
    every = draw(5, (60, 60), (40, 40), generator=(first := seeded(6)), focus=0.5)
    fewer = draw(5, (60, 60), (40, 40), generator=(second := seeded(6)), **({"focus": 0.5} | off if off else {}))
    for name in set(Draw._fields) - {part}:
        assert torch.equal(getattr(every, name), getattr(fewer, name))
    gone = getattr(fewer, part)
    assert gone is None or not gone.any()
    assert torch.equal(first.get_state(), second.get_state()) == bool(off)  # focus comes last, and only where it varies


@pytest.mark.gpu
def test_a_gpu_makes_the_same_tiles():
    images, labels = noise(3, 200, 150)
    here = augment(images, labels, generator=seeded(7), size=252, margin=20, weights=images[:, 0])
    there = augment(images.cuda(), labels.cuda(), generator=seeded(7), size=252, margin=20, weights=images[:, 0].cuda())
    assert (here[0] - there[0].cpu()).abs().max() < 1e-3  # 1e-4 pixels, in noise
    assert (here[1] != there[1].cpu()).float().mean() < 1e-3
    assert (here[2] - there[2].cpu()).abs().max() < 1e-3


def test_one_pass_over_the_images(monkeypatch):
    calls = []
    sample = torch.nn.functional.grid_sample
    monkeypatch.setattr(
        augmentation.F, "grid_sample", lambda *given, **named: calls.append(1) or sample(*given, **named)
    )
    images, labels = noise(3, 40, 40, channels=3)
    augment(images, labels, generator=seeded(), weights=images[:, 0])
    assert calls == [1]


def test_coordinates_are_those_of_the_image():
    rows, columns = coordinates(by_hand(2, origin=(-3, 7)), (4, 5))
    assert rows[0, :, 0].tolist() == [-3, -2, -1, 0]
    assert columns[1, 0].tolist() == [7, 8, 9, 10, 11]


# ------------------------------------------------------------------------------------------ errors

IMAGES, LABELS = torch.zeros(2, 1, 20, 20), torch.zeros(2, 20, 20, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"images": np.zeros((2, 1, 20, 20))}, TypeError, "torch tensor"),
        ({"images": IMAGES[0]}, ValueError, r"\(N, C, H, W\), not of shape \(1, 20, 20\)"),
        ({"images": IMAGES.double()}, TypeError, r"float32.*images.float\(\)"),
        ({"images": IMAGES[:, :, :1], "labels": LABELS[:, :1]}, ValueError, "2 × 2 pixels"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, ValueError, "at least one"),
        ({"labels": LABELS[:, :9]}, ValueError, r"shape \(2, 20, 20\), not \(2, 9, 20\)"),
        ({"labels": LABELS.float()}, TypeError, "whole numbers or bool"),
        ({"weights": LABELS}, TypeError, "weights are float32"),
        ({"generator": None}, TypeError, r"torch.Generator\(\).manual_seed"),
        ({"size": 0}, ValueError, "nearest legal size is 1"),
        ({"size": 2.5}, TypeError, "whole number of pixels"),
        ({"size": 20, "margin": 10}, ValueError, "margin is 0 to 9 pixels, not 10; the nearest legal value is 9"),
        ({"margin": 1.0}, TypeError, "margin is a whole number"),
        ({"shift": -1}, ValueError, "nearest legal value is 0"),
        ({"sigma": -1}, ValueError, "sigma is 0 to 1000, not -1; the nearest legal value is 0"),
        ({"sigma": float("nan")}, ValueError, "sigma is 0 to 1000"),
        ({"rotation": 360}, ValueError, "nearest legal value is 180"),
        ({"grey": "much"}, TypeError, "grey is a number"),
        ({"grey": 2}, ValueError, "grey is 0 to 1"),
        ({"focus": 1.5}, ValueError, "focus is 0 to 1"),
    ],
)
def test_errors_say_what_is_wrong(changed, error, says):
    call = {"images": IMAGES, "labels": LABELS, "generator": seeded(), **changed}
    with pytest.raises(error, match=says):
        augment(call.pop("images"), call.pop("labels"), **call)


def test_a_draw_for_other_tiles_is_refused():
    with pytest.raises(ValueError, match="drawn is for 3 tiles, the images are 2"):
        warp(IMAGES, LABELS, by_hand(3), (20, 20))
