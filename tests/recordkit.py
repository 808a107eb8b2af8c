"""Records of experiments as tests need them: a few runs with the scores that a test chooses."""

import json


def made(kind="cpu", date="2026-01-02T03:04:05+00:00", commit="0123456789", changed=False):
    machine = {"kind": kind, "device": kind.upper(), "processor": "Some CPU", "cores": 2, "threads": 1}
    return {"date": date, "machine": machine, "git": {"commit": commit, "changed": changed}}


def entry(row, seed, v_rand=0.9, curve=(0.5, 0.8, 0.9), **head):
    """One run: its final score on every slice is `v_rand`, its scores while training are `curve`, every 10 s."""
    return {
        "row": row,
        "seed": seed,
        "made": made(**head),
        "parameters": 1234,
        "training": {
            "seconds": 30.0,
            "steps": [1, 2, 3],
            "loss": [1.0, 0.5, 0.25],
            "seconds_at": [10.0, 20.0, 30.0],
            "score": [[step + 1, 10.0 * (step + 1), value] for step, value in enumerate(curve)],
        },
        "scores": {
            "scorer": "challenge",
            "average8": False,
            "slices": [{"name": f"slice {n}", "v_rand": v_rand + n / 100, "v_info": 0.9} for n in range(2)],
            "mean": {"v_rand": v_rand, "v_info": 0.9},
            "sd": {"v_rand": 0.02, "v_info": 0.01},
            "stack": {"v_rand": v_rand - 0.1, "pooled_v_rand": v_rand - 0.2, "v_info": 0.9, "rand_error": 0.2}
            | {"pixel_error": 0.05, "warping_error": 0.001, "share_of_wrong_pixels": 0.1},
        },
    }


def record(rows, experiment="ablation", told=None, **head):
    """A record of {row: V_Rand of its runs}. told: {row: facts about it}."""
    runs = [entry(row, seed, score, **head) for row, scores in rows.items() for seed, score in enumerate(scores)]
    return {"experiment": experiment, "trials": {row: (told or {}).get(row, {}) for row in rows}, "runs": runs}


ABLATION = record({"U-Net": [0.96, 0.95, 0.97], "worse": [0.80, 0.81, 0.82], "like it": [0.95, 0.96, 0.95], "none": []})
SCALING_ROWS = {
    "1 slice, elastic": [0.8, 0.82],
    "1 slice": [0.6, 0.61],
    "4 slices, elastic": [0.95],
    "4 slices": [0.9, 0.94],
    "1 slice, spread, elastic": [0.84, 0.866],
    "1 slice, spread": [0.7, 0.74],
}
SCALING = record(
    SCALING_ROWS,
    "data_scaling",
    {
        name: {"samples": int(name[0]), "elastic": 6.0 * ("elastic" in name)}
        | ({"spread": True} if "spread" in name else {})
        for name in SCALING_ROWS
    },
)


def write(folder, name, content):
    """Put a record into a folder of them."""
    (folder / f"{name}.json").write_text(json.dumps(content))


def earlier(scores):
    """Return scores as the package's earlier scorer gave them: without the official stack, under another name."""
    stack = {key: value for key, value in scores["stack"].items() if key not in ("v_rand", "pixel_error")}
    return scores | {"scorer": "earlier", "stack": stack}
