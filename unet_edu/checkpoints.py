"""Trained networks in small files: weights of 16 or 8 bits, and with them where they come from.

    names()                  what the package ships
    net = load("name")       one of them, ready to predict

    save(path, net)  or with where it comes from, {"data": …, "seed": …, "recipe": …, "commit": …, "scores": …}
    net, metadata = read(path)

A file is in the safetensors format, which holds numbers and text and no code:

    8 bytes        header, JSON                                                        payload
    ┌────────┬────────────────────────────────────────────────────────────────────┬──────────────────────┐
    │ length │ class, arguments, normalisation, metadata, sha256, table of tensors │ weights              │
    └────────┴────────────────────────────────────────────────────────────────────┴──────────────────────┘

Weights are float16, or, in half as many bytes, whole numbers from -127 to 127: each kernel of a layer times one factor
of its own, a float16 in a tensor beside it. Biases and normalisations, a hundredth of all numbers, stay float16.

The sha256 is that of the header without it and of the payload: a file that was damaged or altered afterwards is
refused. (Whoever rewrites both can sign anew: it guards against accidents, not against a forger.)
"""

import copy
import difflib
import hashlib
import json
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError

from unet_edu.files import written_whole
from unet_edu.greys import check_scale
from unet_edu.models import (
    ArticleUNet,
    FCN8s,
    FCN16s,
    FCN32s,
    OneLevelUNet,
    PaddedUNet,
    SlidingWindowNet,
    SubpixelUNet,
    UNet,
)
from unet_edu.predict import normalisation, unwrapped

FOLDER = Path(__file__).parent / "weights"
ENDING = ".safetensors"
GIVEN = ("data", "seed", "recipe", "commit", "scores")  # what metadata must hold, None where there is no value
OWN = ("network", "arguments", "normalisation", "precision", "sha256")  # what `save` adds
SCALING = "scaling"  # and this, where the network carries one
PRECISIONS = ("float16", "int8")
FACTOR = ".factor"  # behind the name of a tensor of whole numbers: what they are to be multiplied by
LONGEST_HEADER = 10**7  # bytes; ours have a few thousand


def attributes(*names):
    """Return a function that reads a network's arguments off its attributes."""
    return lambda net: {name: getattr(net, name) for name in names}


def fcn_arguments(net):
    """Return the arguments of an FCN, most of which only its layers hold."""
    return {
        "num_classes": net.score_fr.out_channels,
        "in_channels": net.in_channels,
        "width": net.conv1_1.out_channels,
        "hidden": net.fc7.out_channels,
    }


def subpixel_arguments(net):
    """Return the arguments of a `SubpixelUNet`, of which the U-Net in between holds two."""
    return {"factor": net.factor, "base_width": net[1].base_width, "depth": net[1].depth}


# Every network that a file may hold, and how to find the arguments it was built with. No other class is ever looked up.
NETWORKS = {
    UNet: attributes("in_channels", "num_classes", "base_width", "depth"),
    PaddedUNet: attributes("in_channels", "num_classes", "base_width", "depth"),
    OneLevelUNet: attributes("in_channels", "num_classes", "base_width"),
    SlidingWindowNet: attributes("in_channels", "num_classes"),
    FCN32s: fcn_arguments,
    FCN16s: fcn_arguments,
    FCN8s: fcn_arguments,
    ArticleUNet: attributes("num_classes", "base_width"),
    SubpixelUNet: subpixel_arguments,
}
BY_NAME = {network.__name__: network for network in NETWORKS}


# ---------------------------------------------------------------------------------------------------- shipped weights


def names(folder=None) -> list[str]:
    """Return the names of the trained networks in the package, sorted, or of those in another folder."""
    folder = FOLDER if folder is None else Path(folder)
    return sorted(path.name.removesuffix(ENDING) for path in folder.glob(f"*{ENDING}"))


def load(name, folder=None):
    """Return a trained network by its name (see `names`): on the CPU, in float32, in eval mode.

    Raises ValueError for another name (it lists those there are) or a damaged file, TypeError where it is no str.
    """
    folder = FOLDER if folder is None else Path(folder)
    if not isinstance(name, str):
        file = f"; of a file take `read({str(name)!r})[0]`" if isinstance(name, Path) else ""
        raise TypeError(f"the name of a trained network is a str, not {type(name).__name__}{file}")
    known = names(folder)
    if name not in known and (name.endswith(ENDING) or Path(name).is_file()):
        raise ValueError(f"{name!r} is a file, and load takes the name of a shipped network: `read({name!r})[0]`")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0)
        there = f"there are {', '.join(map(repr, known))}; the nearest is {near[0]!r}" if near else "there are none"
        raise ValueError(f"there is no trained network {name!r}: {there}")
    net, _ = read(folder / f"{name}{ENDING}")
    return net


# -------------------------------------------------------------------------------------------------- writing, reading


def rounded(net, precision="float16"):
    """Return a copy of a network with its weights rounded to what a file holds, in float32, in eval mode.

    precision: "float16", or "int8", where a kernel's weights are whole numbers, -127 to 127, times one factor.

    It is what `read` gives after `save`, bit for bit, so its scores are those of the file. Raises ValueError where a
    weight is not finite or too large for float16, which ends at 65504, and for another precision.
    """
    net = copy.deepcopy(net).float().eval()
    net.load_state_dict(widened(stored(net, precision)))
    return net


def save(path, net, metadata=None, precision="float16"):
    """Write a network to `path`, whole or not at all, and return the path. Its weights are rounded.

    path: ends in ".safetensors"; its folder is made if missing.
    net: one of the networks of `unet_edu.models`, perhaps in `DataParallel`; where it carries `normalisation` or
        `scaling` (the two grey values that became 0 and 1, for `predict`), they are kept.
    metadata: a dict of what JSON can hold. It must hold data, seed, recipe, commit and scores (None where there is
        no value); the scores should be those of `rounded(net, precision)`, since these are the weights in the file.
        Without it all five are None.
    precision: as of `rounded`. The networks in web pages need "float16".

    Raises TypeError or ValueError where one of them is not as above, or where a weight does not fit into float16; an
    older file then stays as it was.
    """
    path = Path(path)
    if path.suffix != ENDING:
        raise ValueError(f"the file's name must end in {ENDING}, not {path.name!r}: {path.stem}{ENDING}")
    net = unwrapped(getattr(net, "_orig_mod", net))  # of torch.compile(net)
    if type(net) not in NETWORKS:
        raise TypeError(
            f"a file holds one of {', '.join(BY_NAME)}, not {type(net).__name__}: keep the weights of your own network "
            "with `safetensors.torch.save_file(net.state_dict(), path)`"
        )
    metadata = dict.fromkeys(GIVEN) if metadata is None else metadata
    check_metadata(metadata)
    entries = {
        "network": type(net).__name__,
        "arguments": NETWORKS[type(net)](net),
        "normalisation": None if getattr(net, "normalisation", None) is None else normalisation(net),
        "precision": precision,
        **metadata,
    }
    if getattr(net, "scaling", None) is not None:
        entries[SCALING] = check_scale(net.scaling)
    content = pack(stored(net, precision), {key: to_json(key, value) for key, value in entries.items()})

    with written_whole(path) as partial:
        partial.write_bytes(content)
    return path


def read(path):
    """Return (network, metadata) of a file that `save` wrote: on the CPU, in float32, in eval mode.

    metadata: what was given to `save`, and "network", "arguments", "normalisation", "precision" and "sha256".
    The weights become float32 without another rounding. No random number is drawn and no code is run from it.

    Raises FileNotFoundError, or ValueError for a file that is damaged or altered, or holds no network of this package.
    """
    path = Path(path)
    content = path.read_bytes()
    try:
        metadata = unpack(content)
        tensors = safetensors.torch.load(content)
        net = build(metadata, tensors)
    except (Refused, SafetensorError) as fault:
        raise ValueError(f"{path} was refused: {fault}. {other_weights(content)}Fetch or save it again") from None
    net.load_state_dict(widened(tensors), assign=True)
    return net.eval(), metadata


def other_weights(content):
    """Return how to load the weights of a safetensors file that some other program wrote; "" for any other content."""
    try:
        found = safetensors.torch.load(content)
        if not found or "network" in json.loads(split(content)[0]).get("__metadata__", ()):
            return ""
    except (SafetensorError, Refused, ValueError, AttributeError, TypeError):
        return ""
    strip = ""
    if all(name.startswith("module.") for name in found):  # of DataParallel
        strip = "torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, 'module.'); "
    return (
        f"It holds weights that another program wrote. Build the network that they belong to, then "
        f"`state = safetensors.torch.load_file(path); {strip}net.load_state_dict(state)`. "
    )


class Refused(Exception):
    """What is wrong with the content of a file; `read` adds which file."""


def stored(net, precision):
    """Return {name: tensor} of what a file holds of a network, on the CPU; raise ValueError for what does not fit."""
    state = {name: tensor.detach().cpu() for name, tensor in net.state_dict().items()}
    for name, tensor in state.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} holds NaN or infinity: save the network as it was before training failed")
        if tensor.is_floating_point() and tensor.abs().max() > torch.finfo(torch.float16).max:
            raise ValueError(f"{name} holds {tensor.abs().max():g}, too large for float16, which ends at 65504")
    return held(state, precision)


def held(state, precision):
    """Return {name: tensor} as a file holds it of {name: tensor} of a network: the one place that knows its layout."""
    check_precision(precision)
    tensors = {}
    for name, tensor in state.items():
        if precision == "int8" and is_kernel(tensor):
            tensors[name], tensors[name + FACTOR] = whole_numbers(tensor)
        else:
            tensors[name] = tensor.to(torch.float16 if tensor.is_floating_point() else tensor.dtype).contiguous()
    return tensors


def is_kernel(tensor):
    """Return whether a tensor holds the kernels of a layer, one for each first index."""
    return tensor.is_floating_point() and tensor.ndim > 1


def whole_numbers(kernels):
    """Return (int8 of the same shape, float16 factors (n, 1, …)): their product is nearest to the n kernels."""
    factors = (kernels.float().abs().amax(dim=tuple(range(1, kernels.ndim)), keepdim=True) / 127).half()
    factors = torch.where(factors == 0, 1, factors)  # of a kernel of zeros, or of less than a float16 can be
    return (kernels / factors.float()).round().clamp(-127, 127).to(torch.int8), factors


def widened(tensors):
    """Return {name: tensor} of a network, floats as float32, of what a file holds: each value is the same number."""
    state = {}
    for name, tensor in tensors.items():
        if name + FACTOR in tensors:
            state[name] = tensor.float() * tensors[name + FACTOR].float()
        elif not name.endswith(FACTOR):
            state[name] = tensor.float() if tensor.is_floating_point() else tensor
    return state


# ---------------------------------------------------------------------------------------------------------- the format


def pack(tensors, metadata) -> bytes:
    """Return a safetensors file. The same tensors and texts give the same bytes."""
    plain = safetensors.torch.save(tensors)
    header, payload = split(plain)
    header = {**json.loads(header), "__metadata__": metadata}
    metadata = {**metadata, "sha256": to_json("sha256", digest(header, payload))}
    text = encoded({**header, "__metadata__": metadata})
    text += b" " * (-len(text) % 8)  # the payload begins at a multiple of 8, as the format wants it
    return len(text).to_bytes(8, "little") + text + payload


def unpack(content):
    """Return the metadata of a safetensors file of ours; raise `Refused` for any other content."""
    text, payload = split(content)
    try:
        table = json.loads(text)
        texts = table.pop("__metadata__")
        metadata = {key: json.loads(value) for key, value in texts.items()}
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise Refused("its header is not that of a network of this package") from None
    missing = [key for key in (*OWN, *GIVEN) if key not in metadata]
    if missing:
        raise Refused(f"its header lacks {', '.join(missing)}")
    unsigned = {key: value for key, value in texts.items() if key != "sha256"}
    found = digest({**table, "__metadata__": unsigned}, payload)
    # The second condition finds what JSON forgives: blanks, and entries that are there twice.
    if found != metadata["sha256"] or text.rstrip(b" ") != encoded({**table, "__metadata__": texts}):
        raise Refused(f"it is damaged or was altered: the sha256 is {found}, and it should be {metadata['sha256']}")
    return metadata


def split(content):
    """Return (header, payload) of a safetensors file as bytes."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(len(content) - 8, LONGEST_HEADER):
        raise Refused(f"it has {len(content)} bytes, and no whole header: it was cut off, or is another kind of file")
    return content[8 : 8 + length], content[8 + length :]


def digest(header, payload):
    """Return the sha256 of a header (a dict without its sha256) and a payload."""
    return hashlib.sha256(encoded(header) + payload).hexdigest()


def encoded(header):
    """Return a dict as JSON, in the one order and spelling that has the sha256."""
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def build(metadata, tensors):
    """Return the network of a file, still without values; raise `Refused` unless the tensors are those it has."""
    kind, arguments = metadata["network"], metadata["arguments"]
    if kind not in list(BY_NAME):  # a list compares, where a dict would fail on what has no hash
        raise Refused(f"it holds a network {kind!r}, and this package has {', '.join(BY_NAME)}")
    try:
        with torch.device("meta"):  # neither memory nor random numbers, whatever the arguments are
            net = BY_NAME[kind](**arguments)
        if metadata["normalisation"] is not None:
            net.normalisation = tuple(metadata["normalisation"])
            normalisation(net)
        if metadata.get(SCALING) is not None:
            net.scaling = check_scale(metadata[SCALING])
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise Refused(f"there is no {kind} with the arguments {arguments!r} and that normalisation: {error}") from None
    if NETWORKS[type(net)](net) != arguments:
        raise Refused(f"the arguments of {kind} are {NETWORKS[type(net)](net)} in full, not {arguments}")

    try:
        empty = held(net.state_dict(), metadata["precision"])  # shapes and types alone
    except ValueError as error:
        raise Refused(str(error)) from None
    wanted, there = ({name: (tuple(x.shape), x.dtype) for name, x in found.items()} for found in (empty, tensors))
    unlike = [name for name in {**wanted, **there} if wanted.get(name) != there.get(name)]
    if unlike:
        name = unlike[0]
        raise Refused(
            f"{len(unlike)} tensors are not those of {kind}(**{arguments}); {name} should be "
            f"{wanted.get(name, 'absent')} and is {there.get(name, 'absent')}"
        )
    return net


# --------------------------------------------------------------------------------------------------- checking arguments


def check_precision(precision):
    """Raise ValueError unless precision is one that files have."""
    if precision not in PRECISIONS:
        raise ValueError(f"the weights of a file are {' or '.join(map(repr, PRECISIONS))}, not {precision!r}")


def check_metadata(metadata):
    """Raise TypeError or ValueError unless metadata is a dict that holds what it must, and not what `save` adds."""
    if not isinstance(metadata, dict) or not all(isinstance(key, str) for key in metadata):
        raise TypeError(f"metadata must be a dict with names for keys, such as {{'seed': 0}}, not {metadata!r}")
    missing = [key for key in GIVEN if key not in metadata]
    if missing:
        raise ValueError(f"metadata must hold {', '.join(missing)}: give None where there is no value")
    taken = [key for key in (*OWN, SCALING) if key in metadata]
    if taken:
        raise ValueError(f"save itself writes {', '.join(taken)}: leave that out of the metadata")


def to_json(key, value):
    """Return one entry of the metadata as JSON; raise TypeError or ValueError, with its name, for what JSON has not."""
    try:
        return json.dumps(value, allow_nan=False)
    except TypeError:
        raise TypeError(f"{key} must be made of dict, list, str, int, float, bool and None, not {value!r}") from None
    except ValueError:
        raise ValueError(f"{key} holds NaN or infinity, which JSON has not: {value!r}; give None instead") from None
