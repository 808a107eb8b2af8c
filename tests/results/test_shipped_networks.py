"""The trained networks of the package meet their runs and give their scores again."""

import json

from unet_edu import checkpoints, results


def test_nothing_shipped_names_the_command(folder):
    assert results.shipped() == []
    assert results.usable([]) == []
    assert "python -m unet_edu.experiments.checkpoints --record" in results.shipped_origin([])


def test_a_shipped_network_meets_its_run_and_gives_its_scores_again(shipped):
    (one,) = results.shipped()
    assert (one.name, one.data) == ("tiny", "small cells")
    assert one.bytes == (checkpoints.FOLDER / "tiny.safetensors").stat().st_size
    assert one.entry["seed"] == 0
    assert "commit abcdef0" in results.shipped_origin([one])
    head, (line,) = results.shipped_table([one])
    assert line[head.index("V_Rand")].startswith(f"{one.metadata['scores']['mean']['v_rand']:.4f} ± ")
    head, (line,) = results.error_table([one])
    assert head == ["network", "warping error", "Rand error", "pixel error", "wrong pixels"]
    stack = one.metadata["scores"]["stack"]
    assert line[1] == f"{stack['warping_error']:.6f}"
    assert line[2:] == [f"{stack[key]:.4f}" for key in ("rand_error", "pixel_error", "share_of_wrong_pixels")]
    again = results.recompute(one)
    assert [name for name, *_ in again] == [each["name"] for each in one.metadata["scores"]["slices"]]
    assert all(f"{told:.4f}" == f"{now:.4f}" for _, told, now in again)
    assert len(results.recompute(one, count=1)) == 1


def test_a_run_with_other_scores_is_not_the_file_s(shipped):
    path = shipped / "checkpoints-cpu.json"
    changed = json.loads(path.read_text())
    changed["runs"][0]["scores"]["mean"]["v_rand"] += 1e-6
    path.write_text(json.dumps(changed))
    (one,) = results.shipped()
    assert one.entry is None
    assert "no record" in results.shipped_origin([one])
    assert results.shipped_table([one])[1][0][3] == "–"


def test_without_the_real_slices_there_is_nothing_to_score_on(tmp_path, monkeypatch):
    monkeypatch.setenv("UNET_EDU_DATA", str(tmp_path))
    assert results.validation("isbi2012") == ()
