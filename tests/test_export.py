"""Networks as ONNX files: onnxruntime computes what the network does, and refuses the sizes that it refuses."""

import sys

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from unet_edu import export
from unet_edu.models import FCN32s, OneLevelUNet, PaddedUNet, UNet

pytestmark = pytest.mark.usefixtures("one_thread")


def network(kind, **options):
    torch.manual_seed(0)
    net = kind(**({"base_width": 2} | options)).eval()
    net.normalisation = (0.4, 0.2)
    return net


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def drawn(*shape):
    return np.random.default_rng(0).random(shape, dtype=np.float32)


@pytest.mark.parametrize(
    ("kind", "options", "sizes", "illegal"),
    [
        (UNet, {"depth": 2}, [(44, 44), (60, 48), (80, 44)], [42, 45, 46, 61, 62, 63]),
        (PaddedUNet, {"depth": 1, "num_classes": 1, "in_channels": 3}, [(2, 2), (16, 24), (40, 32)], [3, 17]),
        pytest.param(
            OneLevelUNet, {"num_classes": 3}, [(18, 18), (20, 40), (52, 36)], [17, 21], marks=pytest.mark.slow
        ),
    ],
)
def test_onnxruntime_computes_the_same_at_any_legal_size(kind, options, sizes, illegal, tmp_path):
    net = network(kind, **options)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    run = session(export.onnx(net, tmp_path / "net.onnx"))
    compute = export.load(tmp_path / "net.onnx")
    (source,), (result,) = run.get_inputs(), run.get_outputs()
    assert (source.name, result.name) == ("image", "probabilities")
    for images, (height, width) in zip((1, 3, 2), sizes, strict=True):
        image = drawn(images, net.in_channels, height, width)
        with torch.no_grad():
            logits = net((torch.from_numpy(image) - 0.4) / 0.2)
        wanted = logits.sigmoid() if net.num_classes == 1 else logits.softmax(dim=1)
        (found,) = run.run(None, {"image": image})
        assert found.shape == tuple(wanted.shape)
        np.testing.assert_allclose(found, wanted.numpy(), rtol=0, atol=1e-5)
        np.testing.assert_allclose(compute(image), wanted.numpy(), rtol=0, atol=1e-5)
    legal = max(sizes)[1]
    for size in illegal:
        for shape in ((size, legal), (legal, size)):
            with pytest.raises(ValueError, match="height|width|size"):
                net(torch.zeros(1, net.in_channels, *shape))
            with pytest.raises(Exception, match="Concat|Invalid|invalid|negative|shape"):
                run.run(None, {"image": drawn(1, net.in_channels, *shape)})
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


@pytest.mark.parametrize("strict", [False, True])
def test_both_modes_of_torch_export_keep_the_sizes_open(strict):
    net = network(UNet, depth=2)
    rows, columns = torch.export.Dim("rows", min=10, max=100), torch.export.Dim("columns", min=10, max=100)
    open_ = ({0: torch.export.Dim("images"), 2: 4 * rows + 4, 3: 4 * columns + 4},)
    program = torch.export.export(net, (torch.zeros(2, 1, 52, 48),), dynamic_shapes=open_, strict=strict).module()
    for height, width in ((44, 44), (60, 80)):
        image = torch.from_numpy(drawn(1, 1, height, width))
        with torch.no_grad():
            torch.testing.assert_close(program(image), net(image))


def test_what_cannot_be_written(tmp_path, monkeypatch):
    with pytest.raises(TypeError, match="UNet, OneLevelUNet and PaddedUNet can be written, not FCN32s"):
        export.onnx(FCN32s(2, 1, width=1), tmp_path / "net.onnx")
    with pytest.raises(TypeError, match="not Conv2d"):
        export.onnx(nn.DataParallel(nn.Conv2d(1, 2, 3)), tmp_path / "net.onnx")
    with pytest.raises(ValueError, match=r"end in \.onnx, not 'net\.pt': net\.onnx"):
        export.onnx(network(OneLevelUNet), tmp_path / "net.pt")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'unet-edu\[export\]'"):
        export.onnx(network(OneLevelUNet), tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'unet-edu\[export\]'"):
        export.load(tmp_path / "net.onnx")
