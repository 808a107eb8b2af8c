"""Look inside a network while it works: the output of every named layer, and each skip map before and after its crop.

    maps = capture(UNet(base_width=8).eval(), image)
    maps["d0.relu2"]       what level 0 hands down
    maps["skip0.before"]   the same map as it enters the skip connection
    maps["skip0.after"]    what the crop left of it

The names are those of the modules, so whatever network names its layers can be looked into.
"""

import torch


def capture(model, x):
    """Run `model(x)` once and return every map on the way, {name: tensor}, in the order of computation.

    model: any `nn.Module`; its layers are named as in `model.named_modules()`.
    x: what the model takes, for images (N, C, H, W), on the model's device.

    The names are "input", each leaf module's own name ("d0.conv1", "pool1", …), "skip0.before" and "skip0.after"
    for a module that bears `is_skip = True` (its first argument, and what it made of it), and "output". A module
    that is called again adds "name#2", "name#3", …; outputs that are no tensors are passed over.

    The tensors are copies without gradient: nothing that the model does later, in place either, alters them. The
    model stays as it was: train or eval mode (capture in eval mode unless you want one random draw of the dropout),
    gradients, buffers such as BatchNorm's running means. No hook is left behind, also where the model raises; its
    error comes through unchanged.
    """
    model = getattr(model, "_orig_mod", model)  # of torch.compile(model), whose compiled code calls no hooks
    maps = {"input": copy(x)}
    calls = {}

    def record(name):
        def hook(module, inputs, output):
            calls[name] = calls.get(name, 0) + 1
            label = name if calls[name] == 1 else f"{name}#{calls[name]}"
            if getattr(module, "is_skip", False):
                maps[f"{label}.before"] = copy(inputs[0])
                maps[f"{label}.after"] = copy(output)
            elif isinstance(output, torch.Tensor):
                maps[label] = copy(output)

        return hook

    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    handles = []
    try:
        for name, module in model.named_modules():
            if name and is_stage(module):
                handles.append(module.register_forward_hook(record(name)))
        with torch.no_grad():
            maps["output"] = copy(model(x))
            return maps
    finally:
        for handle in handles:
            handle.remove()
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)


def is_stage(module):
    """Return whether `capture` records this module: a leaf of the module tree, or a skip connection."""
    return getattr(module, "is_skip", False) or next(module.children(), None) is None


def copy(tensor):
    """Return the tensor's values, cut off from the graph and from later changes in place."""
    return tensor.detach().clone()
