"""Compute R² of a linear probe on images that were left out."""

import itertools
from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, recognising, telling
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Something to be read off, a constant, images that differ, too few of them."""
    import numpy as np

    def images(counts, channels, noise, constant=0.0, differ=0.0):
        """Features and targets of images: a weighted sum of the channels and noise."""
        weights = rng.normal(size=channels)
        features = [np.maximum(rng.normal(size=(count, channels)), 0) for count in counts]
        targets = [
            x @ weights + constant + noise * rng.normal(size=len(x)) + differ * number
            for number, x in enumerate(features)
        ]
        return features, targets

    def blocks():
        return int(rng.integers(14, 30))

    silent, far = images([blocks() for _ in range(3)], 4, 0.5)
    silent = [np.c_[x, np.zeros(len(x))] for x in silent]
    one, only = images([blocks()], 3, 0.5)
    return [
        Case(images([blocks()] * 3, 3, 0.3), "three images of equally many blocks"),
        Case(images([blocks(), 2 * blocks(), blocks() + 30], 4, 0.5), "images of different sizes", 2),
        Case(images([blocks(), blocks()], 2, 0.4), "two images"),
        Case(images([blocks() for _ in range(4)], 3, 0.4, constant=9.0), "targets far from zero"),
        Case(images([blocks() for _ in range(3)], 3, 0.3, differ=4.0), "one image that is unlike the others", 2),
        Case((silent, far), "a channel that is silent in all images"),
        Case((one, only), "one image alone", why="one image leaves none to fit"),
    ]


def oracle(args, params):
    """From one fit of all images: what each leaves, corrected for how much it pulled the fit towards itself."""
    import numpy as np

    features, targets = args
    if len(features) < 2:
        return Raised("ValueError")
    full = np.concatenate([np.c_[np.ones(len(x)), x] for x in features])
    truth = np.concatenate(targets)
    pull = full @ np.linalg.pinv(full)
    left = truth - pull @ truth
    ends = np.cumsum([0, *(len(x) for x in features)])
    errors = []
    for start, stop in itertools.pairwise(ends):
        own = np.s_[start:stop]
        errors.append(np.linalg.solve(np.eye(stop - start) - pull[own, own], left[own]))
    return float(1 - (np.concatenate(errors) ** 2).mean() / truth.var())


def mistakes(args, params):
    """What is fitted on what, and what the score is made of."""
    import numpy as np

    features, targets = args
    if len(features) < 2:
        return
    truth, parts = np.concatenate(targets), range(len(features))

    def guesses(fitted, constant=True):
        """For each image the guess of a fit on the images that `fitted` names."""
        full = [np.c_[x, np.ones(len(x))] if constant else x for x in features]
        for out in parts:
            fit, wanted = (np.concatenate([each[at] for at in fitted(out)]) for each in (full, targets))
            yield full[out] @ np.linalg.lstsq(fit, wanted, rcond=None)[0]

    def others(out):
        return [at for at in parts if at != out]

    def r2(guess, truth=truth):
        return float(1 - np.mean((guess - truth) ** 2) / truth.var())

    each = list(guesses(others))
    honest = np.concatenate(each)
    yield r2(np.concatenate(list(guesses(others, constant=False)))), "the fit has no constant"
    yield r2(np.concatenate(list(guesses(lambda out: parts)))), "each image has a part in the fit that predicts it"
    yield r2(np.concatenate(list(guesses(lambda out: [out])))), "each image is predicted by a fit on itself"
    single = [r2(guess, target) for guess, target in zip(each, targets, strict=True)]
    yield float(np.mean(single)), "it is the mean of one R² for each image; one for all predictions together is wanted"
    yield float(np.median(single)), "it is the median of one R² for each image; one for all is wanted"
    yield single[-1], "it is the R² of the last image alone"
    yield single[0], "it is the R² of the first image alone"
    yield single, "these are several R², one for each image; one for all predictions together is wanted"
    yield 1 - r2(honest), "it is the share that is not explained: R² is one less that"
    yield float(np.mean((honest - truth) ** 2)), "it is the mean squared error; R² sets it against the variance"
    yield 1 - float(np.mean((honest - truth) ** 2)), "the error is not set against the variance of the targets"
    correlation = float(np.corrcoef(honest, truth)[0, 1])
    yield correlation**2, "it is the correlation squared, which forgives a constant error and a wrong scale"
    yield correlation, "it is the correlation; it forgives a constant error and a wrong scale"
    yield float(honest.var() / truth.var()), "it is how much the predictions vary; how far are they off?"
    yield (
        float(1 - np.mean((honest - truth) ** 2) / truth.var(ddof=1)),
        "the variance divides by one less than the number of blocks, the error by their number",
    )
    yield (
        float(1 - np.mean((honest - truth) ** 2) / np.mean(truth**2)),
        "the variance is about zero, not the mean",
    )
    yield float(1 - np.mean(np.abs(honest - truth)) / truth.std()), "errors are squared, not taken without their sign"
    yield float(1 - np.mean((honest - truth) ** 2) / truth.std()), "the error is set against the standard deviation"
    within = np.concatenate([target - target.mean() for target in targets])
    yield (
        float(1 - np.mean((honest - truth) ** 2) / within.var()),
        "the variance is that within the images; one for all blocks together is wanted",
    )
    alone = np.concatenate([np.c_[x, np.ones(len(x))] for x in features])
    pull = alone @ np.linalg.pinv(alone)
    block = truth - (truth - pull @ truth) / (1 - np.diag(pull))
    yield r2(block), "each block is left out by itself; its neighbours in the image still help"


def solved(args, got, wanted, params):
    """Compare the values; name the reason for which a plain inverse fails."""
    verdict = judge_value(args, got, wanted, params)
    if isinstance(got, Raised) and got.is_a("LinAlgError"):
        words = "a channel that is silent leaves a plain inverse without an answer; least squares has one"
        return replace(verdict, message=words)
    return verdict


EXERCISE = telling(
    Exercise(
        id="inside.probe",
        chapter="12_inside",
        name="left_out_r2",
        points=5,
        minutes=25,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes, solved),
        needs=("import numpy as np",),
    ),
    dict.fromkeys((0, 1, 2, 3, 5), ("each block is left", "it is", "the fit has", "the variance is")),
)
