"""Train a network on your own images, within some minutes: `train(samples, path, minutes=10)`."""


def train(samples, path, minutes=10, *, scaling=None, max_memory=2**31, device=None, seed=0, say=print, preview=None):
    """Train a network within some minutes, write it to `path`, return what happened (``Trained``).

    samples: a list of `unet_edu.data.Sample` with labels, of any sizes (`unet_edu.data.files.load(…).samples`).
    path: of the network's file, ends in ".safetensors". scaling: (low, high), the grey values that became 0 and 1
    (`unet_edu.data.files.load(…).scaling`). say: called with each line about what was found and decided.
    """
    raise NotImplementedError
