"""A training run on disk: one safetensors file with everything that it takes to go on. Nothing is ever unpickled.

    model.d0.conv1.weight …            the network
    optimizer.0.exp_avg …              the optimiser's memory of parameter 0
    header: {"training": JSON}         recipe, seed, data, steps done, history

The file is replaced in one step, so that there is always a whole one, whenever the run is killed.
"""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from unet_edu.files import written_whole


def save_state(path, model, optimizer, facts):
    """Write tensors and facts (plain JSON) into one safetensors file, whole or not at all."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for place, parameter in enumerate(optimizer.param_groups[0]["params"]):
        tensors |= {f"optimizer.{place}.{name}": tensor for name, tensor in optimizer.state[parameter].items()}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items() if tensor is not None}
    with written_whole(path) as partial:
        save_file(tensors, partial, metadata={"training": json.dumps(facts)})


def load_state(path, model, optimizer, run):
    """Put the tensors of the file back, return (steps done, history as a dict); (0, {}) if there is no file.

    Raises ValueError for a file that is damaged, or of another run: other recipe, seed, data or network.
    """
    if path is None or not Path(path).exists():
        return 0, {}
    fix = "give another path, or move the file away to start anew"
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["training"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, for it is no dict
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a checkpoint of training, or damaged ({error}): {fix}") from error
    if facts["run"] != run:
        other = ", ".join(key for key in run if facts["run"].get(key) != run[key])
        raise ValueError(f"{path} is of another run, with another {other}: {fix}")
    weights = {name.removeprefix("model."): tensor for name, tensor in tensors.items() if name.startswith("model.")}
    here = model.state_dict()
    if {name: tensor.shape for name, tensor in weights.items()} != {
        name: tensor.shape for name, tensor in here.items()
    }:
        raise ValueError(f"{path} is of another network: {fix}")
    model.load_state_dict(weights)
    for name in (name for name in tensors if name.startswith("optimizer.")):
        _, place, key = name.split(".")
        parameter = optimizer.param_groups[0]["params"][int(place)]
        if tensors[name].shape == parameter.shape:  # laid out in memory as before, or the last bit may differ
            tensors[name] = torch.empty_like(parameter).copy_(tensors[name])
        optimizer.state[parameter][key] = tensors[name]
    return facts["done"], facts["history"]
