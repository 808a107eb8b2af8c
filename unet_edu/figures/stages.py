"""The kernel's side of `FeatureMaps`: a network that is run and returns one of its maps at a time.

    network = StagedNetwork(net)
    network.run(image)                      every map stays on the device
    network.map("d3.relu2", 17)             what is looked at leaves it

`sources.js` answers the same questions in a page that has no kernel.
"""

import difflib
import time

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d

from unet_edu.activations import capture
from unet_edu.device import best_device, name_and_memory, synchronize
from unet_edu.predict import normalisation


class StagedNetwork:
    """A network whose maps can be looked at one by one, on `best_device()` unless `device` names another.

    net: an `nn.Module` in eval mode that takes (1, 1, H, W) and returns logits (1, classes, h, w). It is used as it is;
    moved to the device, nothing else of it changes.
    """

    def __init__(self, net, device=None):
        self.device = best_device() if device is None else torch.device(device)
        self.net = net.to(self.device).eval()
        self.modules = {name: module for name, module in self.net.named_modules() if name}
        self.maps = {}

    def run(self, image, off=()):
        """Run the network on an image (H, W) of grey values in [0, 1]; return (stages, milliseconds).

        off: names of stages to set to zero ("d3.relu2", "skip2" for what a skip hands over), or of one channel
        ("d3.relu2:17"). stages: [(name, channels, pixels)] in order of computation; "output" holds probabilities.
        Raises ValueError for an unknown name, and whatever the network raises for an image that it cannot take.
        """
        mean, std = normalisation(self.net)
        x = torch.as_tensor(image, dtype=torch.float32, device=self.device)[None, None]
        handles = [self._silence(part) for part in off]
        try:
            synchronize(self.device)
            start = time.perf_counter()
            maps = capture(self.net, (x - mean) / std)
            logits = maps["output"]
            maps["output"] = logits.softmax(1) if logits.shape[1] > 1 else logits.sigmoid()
            synchronize(self.device)
            milliseconds = 1000 * (time.perf_counter() - start)
        finally:
            for handle in handles:
                handle.remove()
        self.maps = {name: value[0] for name, value in maps.items() if value.ndim == 4 and self._is_shown(name, maps)}
        return [(name, *value.shape[:2]) for name, value in self.maps.items()], milliseconds

    def map(self, name, channel):
        """Return one channel of a stage of the last run: float32 (H, W)."""
        return self._stage(name)[channel].float().cpu().numpy()

    def thumbnails(self, name, side):
        """Return (each channel at `side` pixels or fewer, which are flat, the one whose values scatter most).

        Channels: uint8 (C, h, w) from the least value to the greatest, every pixel the mean of those that it stands
        for. Flat: [bool].
        """
        value = self._stage(name).float()
        small = adaptive_avg_pool2d(value, [min(side, length) for length in value.shape[-2:]])
        low, high = small.amin((1, 2), keepdim=True), small.amax((1, 2), keepdim=True)
        greys = (small - low) * (255 / (high - low).clamp_min(1e-30))
        flat = (high == low).flatten().tolist()
        busiest = int(value.var((1, 2), correction=0).argmax())
        return greys.round().clamp(0, 255).byte().cpu().numpy(), flat, busiest

    def filters(self, name, channel, most):
        """Return (number of inputs, kernel, bias, the `most` strongest inputs, their weights (k, kernel, kernel)).

        They are those of the convolution behind a stage; None where there is none. Strongest: largest sum of squares.
        """
        layer = self.modules.get(name.replace("relu", "conv"))
        if not isinstance(layer, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)) or layer.groups > 1:
            return None
        weight = layer.weight.detach().float()
        weight = weight[:, channel] if isinstance(layer, torch.nn.ConvTranspose2d) else weight[channel]
        order = weight.square().sum((1, 2)).argsort(descending=True, stable=True)[:most]
        bias = 0.0 if layer.bias is None else layer.bias[channel].item()
        return len(weight), weight.shape[-1], bias, order.tolist(), weight[order].cpu().numpy()

    def answer(self, question, buffers):
        """Return the reply to a message of `kernelSource` in sources.js: (content, buffers); to an error, too."""
        try:
            content, arrays = getattr(self, f"_answer_{question['type']}")(question, buffers)
        except Exception as error:  # whatever a reader's own network may raise
            content, arrays = {"type": "error", "message": f"{type(error).__name__}: {error}"}, []
        return {"type": "answer", **content, "id": question.get("id")}, [
            np.ascontiguousarray(a).tobytes() for a in arrays
        ]

    def _answer_run(self, question, buffers):
        side = question["size"]
        image = np.frombuffer(buffers[0], np.float32).reshape(side, side).copy()
        stages, milliseconds = self.run(image, question["off"])
        listed = [{"name": name, "channels": channels, "size": size} for name, channels, size in stages]
        output = self.maps["output"].float().cpu().numpy()
        shape = {"channels": output.shape[0], "size": output.shape[-1]}
        return {"stages": listed, "ms": milliseconds, "where": name_and_memory(self.device)[0], "output": shape}, [
            output
        ]

    def _answer_map(self, question, _):
        value = self.map(question["name"], question["channel"])
        return {"size": value.shape[-1]}, [value]

    def _answer_patch(self, question, _):
        x, y, side = (question[key] for key in ("x", "y", "side"))
        return {}, [self._stage(question["name"])[:, y : y + side, x : x + side].float().cpu().numpy()]

    def _answer_thumbnails(self, question, _):
        greys, flat, busiest = self.thumbnails(question["name"], question["side"])
        return {"side": greys.shape[-1], "flat": flat, "busiest": busiest}, [greys]

    def _answer_filters(self, question, _):
        found = self.filters(question["name"], question["channel"], question["most"])
        if found is None:
            return {"kernel": 0}, [np.zeros(0, np.float32)]
        inputs, kernel, bias, strongest, weights = found
        return {"inputs": inputs, "kernel": kernel, "bias": bias, "strongest": strongest}, [weights.astype(np.float32)]

    def _stage(self, name):
        if name not in self.maps:
            raise ValueError(f"there is no stage {name!r}{hint(name, self.maps)}")
        return self.maps[name]

    def _is_shown(self, name, maps):
        """Leave out what another map shows as well: a convolution before its ReLU, a dropout, what enters a skip."""
        module = self.modules.get(name)
        if name.endswith(".before") or isinstance(module, torch.nn.Dropout):
            return False
        after = name.replace("conv", "relu")
        return not isinstance(module, torch.nn.Conv2d) or after == name or after not in maps

    def _silence(self, part):
        """Hook that sets the output of a module, or one channel of it, to zero."""
        name, _, channel = part.partition(":")
        if name not in self.modules:
            raise ValueError(f"there is no stage {name!r} to switch off{hint(name, self.modules)}")

        def zero(module, inputs, output):
            if not channel:
                return torch.zeros_like(output)
            if int(channel) >= output.shape[1]:
                raise ValueError(f"{name} has the channels 0 to {output.shape[1] - 1}, not {channel}")
            output = output.clone()
            output[:, int(channel)] = 0
            return output

        return self.modules[name].register_forward_hook(zero)


def hint(name, names):
    """Return "; did you mean 'd3.relu2'?", or nothing where no name is close."""
    near = difflib.get_close_matches(name, list(names), 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
