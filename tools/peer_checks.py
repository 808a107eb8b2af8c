"""One part of ``make peers``, in the environment of tools/peers.txt: ``python -m tools.peer_checks PART found.json``.

Each part returns what it measured as a dict and raises AssertionError where the book's words would be wrong. Numbers
are inserted into the pages from the record (`unet_edu.results.peers`).
"""

import contextlib
import importlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from unet_edu import arithmetic
from unet_edu.data import cells
from unet_edu.experiments import record
from unet_edu.models import UNet
from unet_edu.predict import predict

ROOT = Path(__file__).resolve().parents[1]
ENV = ROOT / "_build" / "peers" / "env"
PAGE = ROOT / "book" / "13_after.md"
PACKAGES = (
    *("monai", "segmentation-models-pytorch", "nnunetv2", "batchgeneratorsv2", "elasticdeform", "albumentations"),
    *("torchvision", "fvcore", "ultralytics-thop", "calflops", "deepspeed", "ptflops", "torchinfo", "scikit-image"),
)
SMP = ("Unet", "UnetPlusPlus", "MAnet", "Linknet", "FPN", "PSPNet", "DeepLabV3", "DeepLabV3Plus", "PAN", "UPerNet")
SMP += ("Segformer", "DPT")
ODD = 511
LIBRARY = torch.library.Library("torchvision", "FRAGMENT")
warnings.filterwarnings("ignore")


def define_missing_operators():
    """Make torchvision importable where its compiled part was built for CUDA and PyTorch was not."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        for name in ("nms", "qnms"):
            LIBRARY.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        importlib.import_module("torchvision")


def code_blocks(page=PAGE, heading="Moving house"):
    """Return {language: code} of the blocks of one section that the page itself does not execute."""
    text = page.read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^```(python|bash)\n(.*?)^```$", text, re.M | re.S))


def blocks():
    """Run the page's Python block on small images; the valid network's tiles must give what `predict` gives."""
    code = code_blocks()["python"].replace('"imagenet"', "None")  # weights of photographs would be downloaded
    torch.manual_seed(0)
    names = {"images": torch.rand(2, 1, 96, 96), "image": torch.rand(1, 1, 772, 772), "ours": UNet(base_width=4).eval()}
    with torch.no_grad():
        exec(code, names)
        photo = names["photo_net"](names["images"])
    labels = (names["images"] > 0.5).long()
    loss = names["loss"](names["logits"], labels).item(), names["photo_loss"](photo, labels[:, 0]).item()
    assert names["logits"].shape == photo.shape == (2, 2, 96, 96)
    assert np.isfinite(loss).all()
    whole = names["whole"].softmax(1)[0].detach().numpy()
    assert whole.std() > 0.01
    apart = float(np.abs(whole - predict(names["ours"], names["image"][0, 0].numpy())).max())
    assert apart < 1e-5, apart
    return {"loss": {"monai": loss[0], "smp": loss[1]}, "apart_from_predict": apart, **pretrained()}


def pretrained():
    """Return how many weights the parts of smp's network have; only those of the encoder can be pretrained."""
    import segmentation_models_pytorch as smp

    net = smp.Unet("resnet34", encoder_weights=None, in_channels=1, classes=2)
    count = {name: sum(p.numel() for p in part.parameters()) for name, part in net.named_children()}
    options = smp.encoders.encoders["resnet34"]["pretrained_settings"]
    assert "imagenet" in options
    return {"smp_parameters": count}


def outcome(net, side, channels=1):
    """Return what a network makes of a square image: its output's side, or the type and text of its error."""
    try:
        with torch.no_grad():
            made = net(torch.rand(1, channels, side, side))
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error).split("\n")[0]}
    made = made[0] if isinstance(made, list | tuple) else made
    return {"side": made.shape[-1]}


def monai_networks():
    """Return {name: network} of MONAI's 2D networks with skips, small."""
    from monai.networks import nets

    wide, steps = (8, 16, 32, 64, 128), (2, 2, 2, 2)
    return {
        "BasicUNet": nets.BasicUNet(2, 1, 2, (8,) * 6),
        "UNet": nets.UNet(2, 1, 2, wide, steps),
        "AttentionUnet": nets.AttentionUnet(2, 1, 2, wide, steps),
        "SegResNet": nets.SegResNet(2, 8, 1, 2),
        "DynUNet": nets.DynUNet(2, 1, 2, (3,) * 5, (1, *steps), steps),
        "FlexibleUNet": nets.FlexibleUNet(1, 2, "efficientnet-b0", pretrained=False, spatial_dims=2),
        "FlexibleUNet, resnet18": nets.FlexibleUNet(1, 2, "resnet18", pretrained=False, spatial_dims=2),
    }


def sizes():
    """Give every network sizes that do not halve evenly, and 16 pixels."""
    import segmentation_models_pytorch as smp

    found = {"smp": {}, "monai": {}}
    for name in SMP:
        channels, encoder = (3, {}) if name == "DPT" else (1, {"encoder_name": "resnet18"})
        net = getattr(smp, name)(encoder_weights=None, in_channels=channels, classes=2, **encoder).eval()
        found["smp"][name] = {str(ODD): outcome(net, ODD, channels)}
    for name, net in monai_networks().items():
        found["monai"][name] = {str(side): outcome(net.eval(), side) for side in (16, 500, ODD)}
    refuse = [name for name, one in found["smp"].items() if "divisible by" in one[str(ODD)].get("text", "")]
    assert refuse == [name for name in SMP if name != "Unet"], refuse
    monai = found["monai"]
    assert found["smp"]["Unet"][str(ODD)] == monai["BasicUNet"][str(ODD)] == {"side": ODD}
    assert "error" in monai["BasicUNet"]["16"]
    assert monai["UNet"][str(ODD)] == {"side": ODD + 1}
    assert monai["FlexibleUNet"][str(ODD)] == {"side": ODD - 1}
    for name in ("AttentionUnet", "SegResNet", "DynUNet"):
        assert "error" in monai[name][str(ODD)], name
        assert "divisible" not in monai[name][str(ODD)]["text"], name
    assert "error" in monai["UNet"]["500"]
    check_table(monai_networks()["BasicUNet"], smp.Unet("resnet18", encoder_weights=None, in_channels=1, classes=2))
    return found | {"smp_refuse": len(refuse)}


def check_table(basic, photo):
    """Hold MONAI's and smp's rows of the table in chapter 4: normalisation, way up, 572 pixels in and out."""
    kinds = [{type(module).__name__ for module in net.modules()} for net in (basic, photo)]
    assert "InstanceNorm2d" in kinds[0]
    assert "ConvTranspose2d" in kinds[0]
    assert "BatchNorm2d" in kinds[1]
    assert "ConvTranspose2d" not in kinds[1]
    assert outcome(basic.eval(), 572) == outcome(photo.eval(), 572) == {"side": 572}


def window():
    """Give the valid network to MONAI's sliding window; find where the rows of its map really come from."""
    from monai.inferers import sliding_window_inference

    margin, tile, side = arithmetic.border(4), 572, 1144
    rows = torch.arange(side, dtype=torch.float32)[None, None, :, None].expand(1, 1, side, side)
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stderr(io.StringIO()) as said:
        warnings.simplefilter("always")
        made = sliding_window_inference(
            rows, (tile, tile), 1, lambda x: x[..., margin:-margin, margin:-margin].clone(), overlap=0, mode="constant"
        )
    shown = made[0, 0, :, made.shape[-1] // 2]
    centred = torch.arange(len(shown)) + (side - len(shown)) / 2
    spread = (torch.arange(len(shown)) + 0.5) * side / len(shown) - 0.5
    real = sliding_window_inference(torch.rand(1, 1, side, side), (tile, tile), 1, UNet(base_width=2).eval(), overlap=0)
    assert real.shape[2:] == made.shape[2:]
    assert not said.getvalue()
    return {
        "tile": tile,
        "side": side,
        "map": len(shown),
        "off_centred": (shown - centred).abs().max().item(),
        "off_stretched": (shown - spread).abs().max().item(),
        "warnings": [str(one.message) for one in warned if "out" in str(one.message).lower()],
    }


def counts():
    """Count the multiply-adds of the paper's network with each package."""
    net, x = UNet().eval(), torch.rand(1, 1, 572, 572)
    ours = sum(row.macs for row in arithmetic.layer_table(572))
    ups = sum(row.macs for row in arithmetic.layer_table(572) if row.name.startswith("up"))
    import calflops
    import ptflops
    import thop
    import torchinfo
    from deepspeed.profiling.flops_profiler import get_model_profile
    from fvcore.nn import FlopCountAnalysis
    from torch.utils.flop_counter import FlopCounterMode

    def by_torch():
        with FlopCounterMode(display=False) as counter:
            net(x)
        return counter.get_total_flops()

    def by_ptflops(backend):
        return ptflops.get_model_complexity_info(
            net, (1, 572, 572), as_strings=False, print_per_layer_stat=False, backend=backend
        )[0]

    older = (
        "import sys, torch, thop; from unet_edu.models import UNet;"
        "print(thop.profile(UNet(), (torch.rand(1, 1, 572, 572),), verbose=False)[0])"
    )
    path = os.pathsep.join([str(ENV / "thop"), str(ROOT)])
    environment = os.environ | {"PYTHONPATH": path}

    def by_older():
        run = subprocess.run([sys.executable, "-c", older], env=environment, capture_output=True, text=True, check=True)
        return float(run.stdout.split()[-1])

    by = {
        "fvcore": lambda: FlopCountAnalysis(net, x).unsupported_ops_warnings(False).total(),
        "ultralytics-thop": lambda: thop.profile(net, (x,), verbose=False)[0],
        "calflops": lambda: calflops.calculate_flops(
            net, (1, 1, 572, 572), print_results=False, output_as_string=False
        )[1],
        "deepspeed": lambda: get_model_profile(net, (1, 1, 572, 572), print_profile=False, as_string=False)[1],
        "torch": by_torch,
        "ptflops, aten": lambda: by_ptflops("aten"),
        "ptflops, pytorch": lambda: by_ptflops("pytorch"),
        "thop": by_older,
        "torchinfo": lambda: torchinfo.summary(net, input_data=x, verbose=0).total_mult_adds,
    }
    found = {}
    with torch.no_grad():
        for name, count in by.items():
            with contextlib.redirect_stdout(io.StringIO()):
                found[name] = int(count())
            print(f"{name:18} {found[name]:,}", flush=True)
    exact = ("fvcore", "ultralytics-thop", "calflops", "deepspeed")
    assert all(found[name] == ours for name in exact)
    assert found["torch"] == 2 * ours
    # `thop` charges an up-convolution for its whole kernel at each pixel, four times too much, and so does torchinfo
    four = ours + 3 * ups
    assert four <= found["thop"] < found["torchinfo"] < 1.002 * four
    return {"ours": ours, "ups": ups, "found": found}


def moved(transform, size, draws, rim=60):
    """Return how far a transform of an image (2, size, size) makes its pixels look: RMS of one component, pixels.

    The image holds each pixel's own row and column, so what comes out is where it was read. A rim is left out.
    """
    ramp = np.stack(np.meshgrid(np.arange(size), np.arange(size), indexing="ij")).astype(np.float32)
    cut = np.s_[:, rim:-rim, rim:-rim]
    squares = [np.square((np.asarray(transform(ramp, n)) - ramp)[cut]).mean() for n in range(draws)]
    return float(np.sqrt(np.mean(squares)))


def sigma(size=572, draws=20):
    """Ask each package for a deformation of 10 pixels on a tile of 572, or for its default, and measure it."""
    define_missing_operators()
    import albumentations
    import elasticdeform
    from batchgeneratorsv2.transforms.spatial.spatial import SpatialTransform
    from monai.transforms import Rand2DElastic
    from torchvision.transforms import v2

    from unet_edu.data.augment import displacements

    rim = np.s_[:, :, 60:-60, 60:-60]
    nodes = 10 * torch.randn(200, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    found = {"this package": displacements(nodes, (size, size))[rim].square().mean().sqrt().item()}

    def grid(ramp, n):
        np.random.seed(n)  # noqa: NPY002 - the package draws from NumPy's global state
        return np.stack(elasticdeform.deform_random_grid(list(ramp), sigma=10, points=3, order=1, mode="nearest"))

    found["elasticdeform"] = moved(grid, size, draws)
    for spacing in (30, size // 2):
        bend = Rand2DElastic((spacing, spacing), (10, 10), prob=1, padding_mode="border")
        bend.set_random_state(0)
        found[f"MONAI, nodes {spacing} apart"] = moved(lambda ramp, n, bend=bend: bend(ramp), size, draws)
    torch.manual_seed(0)
    for name, options in (("torchvision", {"alpha": 10.0, "sigma": 10.0}), ("torchvision, default", {})):
        bend = v2.ElasticTransform(**options)
        found[name] = moved(lambda ramp, n, bend=bend: bend(torch.tensor(ramp)), size, draws)
    for name, options in (("albumentations", {"alpha": 10, "sigma": 10}), ("albumentations, default", {})):
        bend = albumentations.ElasticTransform(p=1, **options)
        bend.set_random_seed(0)

        def columns_last(ramp, n, bend=bend):
            return bend(image=np.ascontiguousarray(ramp.transpose(1, 2, 0)))["image"].transpose(2, 0, 1)

        found[name] = moved(columns_last, size, draws)
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    bend = SpatialTransform((size, size), 0, False, p_elastic_deform=1)
    found["batchgeneratorsv2, default"] = moved(lambda ramp, n: bend(image=torch.tensor(ramp))["image"], size, draws)
    for name, value in found.items():
        print(f"{name:28} {value:.3f} px", flush=True)
    assert abs(found["this package"] - found["elasticdeform"]) < 1
    return {"size": size, "pixels": found}


def rand():
    """Compare precision and recall of scikit-image's `adapted_rand_error` with their documentation.

    Documented: precision is the share of pairs of one *test* segment that belong together, recall of one *true* label.
    """
    from skimage.metrics import adapted_rand_error

    truth = np.ones((4, 8), int)
    truth[:, 4:] = 2
    merged = np.ones_like(truth)  # one segment: every true pair is together, half of the found pairs are wrong
    _, precision, recall = adapted_rand_error(truth, merged, ignore_labels=())
    assert precision > recall, "merging now lowers precision, as it should: the chapter's words are out of date"
    words = " ".join(adapted_rand_error.__doc__.split())
    assert "Rand precision" in words
    assert "divided by the number in the test image" in words.split("Rand precision")[1].split("Rand recall")[0]
    return {"merged": {"precision": float(precision), "recall": float(recall)}}


HALVES = """
import time
import torch
from unet_edu.models import UNet

torch.set_num_threads(1)
kinds = torch.float32, torch.bfloat16
runs = [(UNet(base_width=16).eval().to(kind), torch.rand(1, 1, 220, 220).to(kind)) for kind in kinds]
times = [[], []]
with torch.inference_mode():
    for _ in range(4):
        for (net, image), seen in zip(runs, times):
            start = time.process_time()
            net(image)
            seen.append(time.process_time() - start)
print(min(times[1]) / min(times[0]))
"""


def halves():
    """Time one pass in bfloat16 beside float32 on this processor: as it is, and without its newer instructions."""
    ratios = {}
    for instructions in (
        "DEFAULT",
        "AVX512_CORE",
        "AVX2",
    ):  # the first may have units for bfloat16, the others have not
        environment = os.environ | {"ONEDNN_MAX_CPU_ISA": instructions, "PYTHONPATH": str(ROOT)}
        words = [sys.executable, "-c", HALVES]
        run = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        ratios[instructions] = float(run.stdout.split()[-1])
        print(instructions, ratios[instructions], flush=True)
    flags = Path("/proc/cpuinfo").read_text("utf-8") if Path("/proc/cpuinfo").exists() else ""
    units = sorted({flag for flag in ("avx512_bf16", "amx_bf16") if flag in flags})
    assert ratios["AVX2"] > 1, "without units bfloat16 is slower, says the FAQ"
    return {"ratios": ratios, "units": units}


def write_dataset(folder, size, number, white=1):
    """Write drawn tissue as nnU-Net's Dataset001: images, labels of 0 and `white`, dataset.json."""
    from PIL import Image

    for name in ("imagesTr", "labelsTr"):
        (folder / name).mkdir(parents=True)
    for n in range(number):
        sample = cells.tissue(size, n)
        Image.fromarray((sample.image * 255).astype(np.uint8)).save(folder / "imagesTr" / f"cell{n:03}_0000.png")
        Image.fromarray((sample.label * white).astype(np.uint8)).save(folder / "labelsTr" / f"cell{n:03}.png")
    facts = {"channel_names": {"0": "em"}, "labels": {"background": 0, "cell": 1}, "file_ending": ".png"}
    (folder / "dataset.json").write_text(json.dumps(facts | {"numTraining": number}), "utf-8")


def nnunet():
    """Plan 24 slices with three planners; give labels of 0 and 255; leave out the variables and the GPU."""
    code = code_blocks()["bash"]
    variables = re.findall(r"\b(nnUNet_\w+)=", code)
    assert len(variables) == 3
    integrity = next(line for line in code.splitlines() if "plan_and_preprocess" in line)
    assert "--verify_dataset_integrity" in integrity
    with TemporaryDirectory() as folder:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("nnUNet")}
        places = bare | {name: f"{folder}/{name}" for name in variables} | {"OMP_NUM_THREADS": "1"}
        data = Path(places["nnUNet_raw"]) / "Dataset001_Cells"

        def call(words, environment=places):
            name, *rest = words.split()
            words = [Path(sys.executable).with_name(name), *rest]
            return subprocess.run(words, env=environment, capture_output=True, text=True, cwd=folder)

        write_dataset(data, 512, 24)
        assert call("nnUNetv2_extract_fingerprint -d 1 -np 1", bare).returncode, "it ran without the three variables"
        assert call("nnUNetv2_extract_fingerprint -d 1 -np 1").returncode == 0
        batch = {}
        for name in ("ExperimentPlanner", "nnUNetPlannerResEncM", "nnUNetPlannerResEncL"):
            assert call(f"nnUNetv2_plan_experiment -d 1 -pl {name}").returncode == 0
            (plans,) = set(Path(folder).glob("*preprocessed/*/*Plans.json")) - {Path(one) for one in batch}
            batch[str(plans)] = json.loads(plans.read_text("utf-8"))["configurations"]["2d"]["batch_size"]
        batches = dict(zip(("default", "ResEncM", "ResEncL"), batch.values(), strict=True))
        shutil.rmtree(data)
        shutil.rmtree(places["nnUNet_preprocessed"])
        write_dataset(data, 64, 6, white=255)
        quiet = "nnUNetv2_plan_and_preprocess -d 1 -c 2d -np 1 -npfp 1"
        silent = call(quiet)
        told = call(f"{quiet} --verify_dataset_integrity")
        assert silent.returncode == 0, silent.stderr
        assert told.returncode, "--verify_dataset_integrity accepts labels of 0 and 255"
        assert "unexpected label" in told.stdout + told.stderr.lower()
        train = None if torch.cuda.is_available() else call("nnUNetv2_train 1 2d 0")
        assert train is None or train.returncode, "it trained without a GPU"
    gpu = None if train is None else train.stderr.strip().splitlines()[-1]
    return {"slices": 24, "batch": batches, "variables": variables, "without_gpu": gpu}


def write_record(found):
    """Write the record of all parts that were measured, those of this run before those of the record that is there."""
    path = ROOT / "unet_edu" / "records" / "peers-cpu.json"
    before = json.loads(path.read_text("utf-8")).get("parts", {}) if path.exists() else {}
    made = record.made("cpu")
    made["versions"] |= {name: version(name) for name in PACKAGES} | {"thop": "0.1.1.post2209072238"}
    record.write_json(path, {"experiment": "peers", "made": made, "parts": before | found})
    print(f"written: {path.relative_to(ROOT)}")


def main(part, path):
    """Run one part and add what it returns to a file; or write the record."""
    torch.set_num_threads(1)
    path = Path(path)
    found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if part == "record":
        write_record(found)
        return
    define_missing_operators()
    found[part] = globals()[part]()
    record.write_json(path, found)


if __name__ == "__main__":
    main(*sys.argv[1:])
