"""How good is a segmentation? `score(truth, predicted)`: objects found, missed, merged, split; overlap of the masks."""


def score(truth, predicted):
    """Return the scores of a prediction (``Scores``): maps ``(H, W)`` of numbers, or masks; or lists of such."""
    raise NotImplementedError
