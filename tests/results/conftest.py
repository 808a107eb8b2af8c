"""An empty folder of records, and a small network that is trained, shipped and recorded there."""

from dataclasses import replace
from functools import partial

import pytest
from recordkit import write

from unet_edu import checkpoints, results
from unet_edu.experiments import trial
from unet_edu.models import UNet
from unet_edu.training import RECIPES


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of records, and none of weights."""
    monkeypatch.setattr(results.records, "RECORDS", tmp_path)
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path / "weights")
    return tmp_path


@pytest.fixture(scope="module")
def trained():
    """A network after two steps on drawn tissue, what its file is to tell, and the record of its run."""
    recipe = replace(RECIPES["one-cycle"], steps=2, batch=1, tile=188)
    one = trial.Trial("tiny", partial(UNet, base_width=1), recipe, data="small cells", average8=False)
    net, run = trial.run(one, 0, "cpu", finish=checkpoints.rounded)
    metadata = {
        "data": "small cells",
        "seed": 0,
        "recipe": one.settings(),
        "commit": "abcdef012",
        "scores": run["scores"],
    }
    return net, metadata, {"experiment": "checkpoints", "trials": {"tiny": one.settings()}, "runs": [run]}


@pytest.fixture
def shipped(folder, trained):
    """The folder of records, in it the record of one shipped network."""
    net, metadata, its_record = trained
    checkpoints.save(checkpoints.FOLDER / "tiny.safetensors", net, metadata)
    write(folder, "checkpoints-cpu", its_record)
    return folder
