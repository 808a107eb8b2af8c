"""Pictures of the chapter on training (``book/08_training.md``), and what its prose says of recorded runs."""

from __future__ import annotations

import numpy as np

from unet_edu.plots import shared
from unet_edu.plots.style import DOWN, EXTRA, GRID, INK, MUTED, SKIP, UP, WRONG


def entropy(p):
    """Return the loss of the best single grey: p is the share of one of two classes, strictly between 0 and 1."""
    return float(-(p * np.log(p) + (1 - p) * np.log(1 - p)))


def untrained(sample, count=12, base_width=8, smaller=100):
    """Return facts about the losses of U-Nets before their first step, with the paper's initial weights.

    sample: a `Sample`, whose image and label are at least 188 pixels a side and a legal size.  count: of seeds.
    smaller: by how much the last layer's weights are divided for the calm ones.
    Facts: count; least, most: of the losses; calm_least, calm_most: of those with the small last layer.
    """
    import torch
    from torch.nn.functional import cross_entropy

    from unet_edu.models import UNet
    from unet_edu.training.loop import centre

    image = torch.tensor((sample.image - sample.image.mean()) / sample.image.std())[None, None]
    label = torch.tensor(sample.label).long()[None]
    plain, calm = [], []
    with torch.random.fork_rng([]), torch.no_grad():
        for seed in range(count):
            torch.manual_seed(seed)
            logits = UNet(base_width=base_width).eval()(image)
            inner = centre(label, logits.shape[-1])
            plain.append(cross_entropy(logits, inner).item())
            calm.append(cross_entropy(logits / smaller, inner).item())
    return {
        "count": count,
        "least": min(plain),
        "most": max(plain),
        "calm_least": min(calm),
        "calm_most": max(calm),
    }


def same_loss(young, dead, steps=10):
    """Return the numbers of two networks with the same loss, of which one begins to learn and one never will.

    young, dead: the numbers of a recorded run, lists ``steps`` and ``loss``. steps: after how many of them the first
    network is looked at; the other one is at its end. The facts: steps, ``few`` and ``many``; mean loss, ``few_loss``
    of all steps so far and ``many_loss`` of the last hundred.
    """
    few_loss, many_loss = float(np.mean(young["loss"][:steps])), float(np.mean(dead["loss"][-100:]))
    return {"few": steps, "many": dead["steps"][-1], "few_loss": few_loss, "many_loss": many_loss}


def softmax_twice(lead=8.0, at=-4.0):
    """Draw the loss of a pixel and how hard it pulls against the lead of its true class, with one softmax and with two.

    lead: the largest lead that is drawn, in logits. at: the lead whose numbers are facts.
    Returns (figure, facts): ``floor``, below which the loss of two cannot fall; ``once_pull`` and ``twice_pull``.
    """
    import matplotlib.pyplot as plt
    import torch
    from torch.nn.functional import cross_entropy

    leads = torch.linspace(-lead, lead, 321, requires_grad=True)
    once = torch.stack([leads, torch.zeros_like(leads)], 1)  # the true class first
    truth = torch.zeros(len(leads), dtype=torch.long)
    losses, pulls = {}, {}
    for name, logits in {"once": once, "twice": once.softmax(1)}.items():
        losses[name] = cross_entropy(logits, truth, reduction="none")
        pulls[name] = -torch.autograd.grad(losses[name].sum(), leads, retain_graph=True)[0]
    places = leads.detach().numpy()
    floor = float(np.log(1 + np.exp(-1)))

    fig, panels = plt.subplots(1, 2, figsize=(8.6, 3.2))
    looks = {"once": (DOWN, "-"), "twice": (SKIP, "--")}
    for axes, values, title in zip(panels, (losses, pulls), ("loss of the pixel", "how hard it pulls"), strict=True):
        for name, (colour, style) in looks.items():
            axes.plot(places, values[name].detach().numpy(), color=colour, ls=style, lw=2.2)
        axes.set(title=title, xlabel="lead of the true class, in logits", xlim=(-lead, lead))
    left, right = panels
    left.set_ylim(0, 4)
    right.set_ylim(0, 1.08)
    left.axhline(floor, color=MUTED, lw=1, ls=":")
    left.text(0.2 - lead, floor - 0.08, f"{floor:.3f}", color=MUTED, va="top", fontsize=9.5)
    for axes, x, y, name in (
        (left, -2.4, 3.1, "once"),
        (left, -7.6, 1.5, "twice"),
        (right, -4.9, 0.88, "once"),
        (right, -5.6, 0.13, "twice"),
    ):
        axes.text(x, y, name, color=looks[name][0], fontweight="bold")
    fig.tight_layout(w_pad=2)
    nearest = int(np.argmin(abs(places - at)))
    return fig, {"floor": floor} | {f"{name}_pull": float(pull[nearest]) for name, pull in pulls.items()}


def valley(roll, rate=1e-3, steps=700):
    """Draw six steps down a valley at three rates, and below them the way down at one rate with three momenta.

    roll: ``roll(rate, steps, momentum)``, where the weight is before the first and after each step, an array.
    rate, steps: of the lower picture.
    Returns (figure, facts): ``arrives``, the step after which momentum 0.99 is past the floor, and ``deepest``, how far
    it swings beyond; ``slow_end``, where the weight without momentum is in the end; ``halved``, the steps in which a
    swing becomes half as large; ``hundred_ago``, what a gradient from a hundred steps ago still counts.
    """
    import matplotlib.pyplot as plt

    fig = plt.figure(figsize=(8.6, 5.6))
    top, bottom = fig.subfigures(2, 1, height_ratios=[1, 1.15], hspace=0.06)
    curve = np.linspace(-2, 2, 200)
    rates = {0.2: "creeps", 1.9: "overshoots", 2.1: "climbs out"}
    for axes, (one, words) in zip(top.subplots(1, 3, sharey=True), rates.items(), strict=True):
        path = roll(one, 6)
        axes.plot(curve, curve**2 / 2, color=MUTED, lw=1)
        axes.plot(path, path**2 / 2, "o-", color=WRONG if one > 2 else DOWN, ms=5, lw=1.2)
        axes.set(title=f"rate {one}: {words}", xlim=(-2, 2), ylim=(-0.08, 1.9), xlabel="the weight")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)

    axes = bottom.subplots()
    looks = {
        0.0: (MUTED, ":", (420, 0.72), "no momentum"),
        0.9: (UP, "--", (118, 0.42), "momentum 0.9"),
        0.99: (SKIP, "-", (138, -0.62), "momentum 0.99"),
    }
    paths = {momentum: roll(rate, steps, momentum) for momentum in looks}
    for momentum, (colour, style, _, _) in looks.items():
        axes.plot(paths[momentum], color=colour, ls=style, lw=2)
    axes.axhline(0, color=GRID, lw=1, zorder=0)
    for colour, _, (x, y), words in looks.values():
        axes.text(x, y, words, color=colour, fontweight="bold")
    axes.set(xlim=(0, steps), ylim=(-0.8, 1.05), xlabel=f"steps, rate {rate:g}", ylabel="the weight")
    return fig, {
        "arrives": int(np.argmax(paths[0.99] < 0)),
        "deepest": float(-paths[0.99].min()),
        "slow_end": float(paths[0.0][-1]),
        "halved": np.log(2) / -np.log(np.sqrt(0.99)),
        "hundred_ago": 0.99**100,
    }


def recorded_runs(first, hasty, paper, hasty_frames, label):
    """Return facts on three recorded runs: today's recipe, ten times its rate at once, and the paper's recipe.

    first, hasty, paper: lists ``steps``, ``share_of_wrong_pixels`` and ``v_rand``, one entry a frame, and ``loss``, one
    a step.
    hasty_frames: (N, H, W). label: (H, W) of the image that is watched, 0 = membrane.
    ``nothing``: percent of the pixels that "all is cell" gets wrong. ``clearly``: the step from which on the first run
    gets clearly fewer wrong. ``good``: that from which on its V_Rand is above 0.95. Scores of the first run at these
    steps, at its start and at its end: ``clearly_rand``, ``good_error`` (percent) and so on. ``grey_from``: the step
    from which on the hasty run sees one grey, ``hasty_loss`` its loss after one step. ``paper_…``: the deepest fall of
    V_Rand from one frame to the next, ``before`` and ``after``, its steps ``from`` and ``to``; V_Rand at the ``end``.
    """
    nothing = float((label == 0).mean())
    clearly = _for_good(value < 0.9 * nothing for value in first["share_of_wrong_pixels"])
    good = _for_good(value > 0.95 for value in first["v_rand"])
    grey = _for_good(len(np.unique(frame)) == 1 for frame in hasty_frames)
    deep = int(np.diff(paper["v_rand"]).argmin())
    return {
        "nothing": 100 * nothing,
        "clearly": first["steps"][clearly],
        "clearly_rand": first["v_rand"][clearly],
        "start_rand": first["v_rand"][0],
        "good": first["steps"][good],
        "good_rand": first["v_rand"][good],
        "end_rand": first["v_rand"][-1],
        "good_error": 100 * first["share_of_wrong_pixels"][good],
        "end_error": 100 * first["share_of_wrong_pixels"][-1],
        "grey_from": hasty["steps"][grey],
        "hasty_loss": hasty["loss"][1],
        "paper_before": paper["v_rand"][deep],
        "paper_after": paper["v_rand"][deep + 1],
        "paper_from": paper["steps"][deep],
        "paper_to": paper["steps"][deep + 1],
        "paper_end": paper["v_rand"][-1],
    }


def _for_good(passed):
    """Return the first place from which on everything has passed."""
    return 1 + max(at for at, has in enumerate(passed) if not has)


def own_run(sample, before, after, window=slice(128, 384)):
    """Draw the middle of an image, its probability of cell before and after training, and its label.

    sample: with ``image`` and ``label`` (H, W). before, after: (H, W). window: rows and columns that are shown.
    Returns (figure, facts) of the whole image: V_Rand, ``rand_before`` and ``rand_after``; wrong pixels in percent,
    ``error_before`` and ``error_after``; ``young``, the standard deviation of ``before``.
    """
    from unet_edu.metrics import share_of_wrong_pixels, v_rand

    facts = {}
    for when, found in (("before", before), ("after", after)):
        facts[f"rand_{when}"] = v_rand(sample.label, found).score
        facts[f"error_{when}"] = 100 * share_of_wrong_pixels(sample.label, (found >= 0.5).astype(np.uint8))
    titles = [
        "the image",
        f"before: V_Rand {facts['rand_before']:.2f}",
        f"after: V_Rand {facts['rand_after']:.2f}",
        "the label",
    ]
    images = [image[window, window] for image in (sample.image, before, after, sample.label)]
    fig = shared.image_row(images, titles, limits=(0, 1), columns=2, figsize=(6.6, 7))
    return fig, facts | {"young": before.std()}


def loss_curve(history, baseline, highest, kernel=20):
    """Draw the loss of each step, its running mean, the loss of unseen images, and below them the learning rate.

    history: of `unet_edu.training.fit`. baseline: the loss of the best single grey. highest: the highest learning rate.
    kernel: how many steps a mean is taken over.
    Returns (figure, facts): ``begins``, the first loss; ``passed``, the step after which the mean is below the
    baseline; ``ends``, the last mean.
    """
    import matplotlib.pyplot as plt

    loss = np.array(history.loss)
    smooth = np.convolve(loss, np.ones(kernel) / kernel, mode="valid")
    ends = np.arange(kernel, len(loss) + 1)
    heights = {"height_ratios": [4, 1], "hspace": 0.12}
    fig, (axes, rates) = plt.subplots(2, 1, figsize=(8.6, 4.4), sharex=True, gridspec_kw=heights)
    axes.plot(np.arange(1, len(loss) + 1), loss, "o", color=MUTED, ms=3, alpha=0.6)
    axes.plot(ends, smooth, color=DOWN, lw=2.4)
    axes.plot(*zip(*history.validation_loss, strict=True), "s", color=SKIP, ms=5)
    for height, words in ((np.log(2), "knows nothing"), (baseline, "knows the share")):
        axes.axhline(height, color=INK, lw=1, ls=":")
        axes.text(len(loss) + 2, height, words, va="center", fontsize=9.5)
    axes.set(ylabel="loss", ylim=(0, min(1.5, 1.05 * loss.max())), xlim=(0, len(loss) + 1))
    axes.text(ends[12], smooth[12] + 0.13, f"mean of {kernel} steps", color=DOWN, fontweight="bold")
    axes.text(0.7 * len(loss), 0.8, "■ unseen image", color=SKIP, fontweight="bold", fontsize=9.5)
    axes.text(0.7 * len(loss), 0.9, "● single steps", color=MUTED, fontweight="bold", fontsize=9.5)
    rates.plot(np.arange(1, len(loss) + 1), history.learning_rate, color=EXTRA, lw=2)
    rates.set(xlabel="step", ylabel="rate", yticks=[0, highest])
    passed = int(ends[np.argmax(smooth < baseline)])
    return fig, {"begins": loss[0], "passed": passed, "ends": smooth[-1]}


def broken_run(record):
    """Draw what the normalisations of a run that failed see on other slices, and V_Rand of all runs of both rows.

    record: of the experiment ``sharpness``; the run that failed worst is that of its first row with the lowest V_Rand.
    Left, for each normalisation in the order of computation: the standard deviation of what it sees, as a multiple of
    the one that it measured in training, on the training and on the validation slices. Right: V_Rand of each run.
    Returns (figure, facts): ``seed`` of that run, its V_Rand ``broken`` and loss at the end ``loss``, of the other runs
    of the row the lowest and highest loss ``loss_low``, ``loss_high``; the first layer's multiple ``edges``; the mean
    shift of the layers after it in standard deviations, ``moved`` and on the training slices ``at_home``; V_Rand with
    normalisations measured anew in level 0, in levels 0 and 1, and in all: ``one_level``, ``two_levels`` and
    ``all_levels``; V_Rand of the run of that seed with sharpness varied, ``varied``; of the other runs of the first row
    the lowest and highest of: ``edges``, ``moved``, V_Rand ``sound``, and V_Rand with all measured anew ``repaired``,
    each as ``…_low`` and ``…_high``; their median with that run ``plain_median``; ``sound_gain``, the mean of what
    varying adds to them; in how many of all pairs it is ``higher``; the number of ``runs`` a row.
    """
    import matplotlib.pyplot as plt

    from unet_edu.experiments.runs import by_seed, rows, values

    plain, varied = rows(record).values()
    worst = min(plain, key=lambda entry: entry["scores"]["mean"]["v_rand"])
    same = next(entry for entry in varied if entry["seed"] == worst["seed"])
    found = worst["training"]["statistics"]
    layers = list(found["shift"]["train"])
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.6), gridspec_kw={"width_ratios": [3, 1.5]})
    left.axhline(1, color=MUTED, lw=1)
    looks = (("train", DOWN, "o", "the two it learned from"), ("validation", SKIP, "s", "slices it never saw"))
    for split, colour, marker, name in looks:
        ratios = [found["shift"][split][layer]["sd"] for layer in layers]
        left.plot(range(len(layers)), ratios, marker=marker, color=colour, lw=1.8, ms=4.5, label=name)
    left.set_xticks(range(len(layers)), [layer.replace(".conv", "\n") for layer in layers], fontsize=8.5)
    left.set_title("spread that a layer sees, for 1 that it expects", fontsize=10.5, loc="left")
    left.legend(fontsize=9.5)
    for place, (entries, colour, marker) in enumerate(((plain, SKIP, "s"), (varied, DOWN, "o"))):
        scores = values(entries)
        right.plot([place] * len(scores), scores, marker, ms=6, mfc="none", mec=colour, mew=1.3)
    pair = [worst["scores"]["mean"]["v_rand"], same["scores"]["mean"]["v_rand"]]
    right.plot([0, 1], pair, color=GRID, lw=1.5, zorder=0)
    right.set_xticks([0, 1], ["as always", "sharpness\nvaried"])
    right.set(xlim=(-0.5, 1.5), ylim=(0, 1.02))
    right.set_title("V_Rand, each run", fontsize=10.5, loc="left")
    fig.tight_layout(w_pad=1.6)

    def moved(entry, split="validation"):
        """Return the mean shift of the layers behind the first."""
        shift = entry["training"]["statistics"]["shift"][split]
        return float(np.mean([shift[layer]["mean"] for layer in layers[1:]]))

    def edges(entry):
        """Return the multiple of the first layer's spread."""
        return entry["training"]["statistics"]["shift"]["validation"][layers[0]]["sd"]

    others = [entry for entry in plain if entry is not worst]
    ranges = {
        "loss": [entry["training"]["loss"][-1] for entry in others],
        "edges": [edges(entry) for entry in others],
        "moved": [moved(entry) for entry in others],
        "sound": values(others),
        "repaired": [entry["training"]["statistics"]["repaired"]["all"] for entry in others],
    }
    before, after = by_seed(plain), by_seed(varied)
    gains = {seed: after[seed] - score for seed, score in before.items() if seed in after}
    one, two, every = found["repaired"].values()
    return fig, {
        "seed": worst["seed"],
        "broken": pair[0],
        "loss": worst["training"]["loss"][-1],
        "edges": edges(worst),
        "moved": moved(worst),
        "at_home": moved(worst, "train"),
        **{f"{name}_low": min(numbers) for name, numbers in ranges.items()},
        **{f"{name}_high": max(numbers) for name, numbers in ranges.items()},
        "one_level": one,
        "two_levels": two,
        "all_levels": every,
        "varied": pair[1],
        "plain_median": float(np.median(values(plain))),
        "sound_gain": float(np.mean([gain for seed, gain in gains.items() if seed != worst["seed"]])),
        "higher": sum(gain > 0 for gain in gains.values()),
        "runs": len(gains),
    }
