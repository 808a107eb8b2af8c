"""Live figures: the reader turns a knob and the picture answers.

    from unet_edu.figures import CropLadder
    CropLadder(size=572)

Each figure is one class here and one script beside it. The script computes what it shows, so a figure is alive in a
page without a kernel; where a kernel runs, the traits of the widget follow what the reader does.

    CropLadder      every size in a U-Net to scale, and what each skip connection cuts off
    FcnFusion       FCN-32s, 16s, 8s and U-Net on the same image, and what each fusion adds
    FeatureMaps     inside a U-Net that runs in the page or on the kernel: its maps, its filters, what a part is worth
    Instances       nuclei of a prediction, by threshold and by seeded watershed: what is merged, what is split
    ForwardPass     a small U-Net at work, map by map: move its window, cut its skips
    OverlapTile     a large image in tiles: what they cost, and where a network contradicts itself at their seams
    Playground      a U-Net that learns in the page: switch a part, press play, and watch
    ReceptiveField  which pixels a value is made of, which values a pixel reaches, and how much of that counts
    SlidingWindow   a window for every pixel: what is computed again and again, counted
    TrainingReplay  what a network predicts for an image while it learns, with its loss and its scores
    Upsampling      four ways to make a map twice as large, and who paints which pixel
    WeightMap       how much each pixel counts in the loss: d1, d2, w0 and σ on cells that nearly touch

The small ones of the chapters' first screens, in ``openers``:

    TwoWindows      which of two windows has a membrane in its middle
    RowOfTen        a window slides over ten pixels
    WhoLooks        two networks, and where each has its evidence from
    SeamComb        what changes when a tile is moved, pixel by pixel
    OnePixel        one pixel of sixteen cells, and five scores
    BetAndSee       one part of U-Net taken away at a time: bet, then the dots fall
    CubeOut         how much of a row, a square, a cube comes out
    Curtain         two pictures and a curtain: with skips and without, FCN and U-Net, …
"""

from importlib import import_module

_HOMES = {
    "BetAndSee": "openers.bet_and_see",
    "CropLadder": "crop_ladder",
    "CubeOut": "openers.cube_out",
    "Curtain": "openers.curtain",
    "FcnFusion": "fcn_fusion",
    "FeatureMaps": "feature_maps",
    "ForwardPass": "forward_pass",
    "Instances": "instances",
    "OnePixel": "openers.one_pixel",
    "OverlapTile": "overlap_tile",
    "Playground": "playground",
    "ReceptiveField": "receptive_field",
    "RowOfTen": "openers.row_of_ten",
    "SeamComb": "openers.seam_comb",
    "SlidingWindow": "sliding_window",
    "TrainingReplay": "training_replay",
    "TwoWindows": "openers.two_windows",
    "Upsampling": "upsampling",
    "WeightMap": "weight_map",
    "WhoLooks": "openers.who_looks",
}
__all__ = sorted(_HOMES)


def __getattr__(name):  # a figure's module is loaded at its first use
    if name not in _HOMES:
        raise AttributeError(f"unet_edu.figures has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
