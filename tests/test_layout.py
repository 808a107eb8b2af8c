"""Each module of the package has its test file at the mirrored place, or a line here says where it is tested."""

from pathlib import Path

from bookkit import ROOT

PACKAGE, TESTS = ROOT / "unet_edu", ROOT / "tests"

# module, or a folder with "/" behind it, below unet_edu/: test file or folder below tests/
ELSEWHERE = {
    "data/_folders.py": "data/test_isbi2012.py",
    "data/_painting.py": "data/test_cells.py",
    "data/_shapes.py": "data/test_cells.py",
    "experiments/ablation.py": "experiments/test_experiments.py",
    "experiments/checkpoints.py": "experiments/test_experiments.py",
    "experiments/data_scaling.py": "experiments/test_experiments.py",
    "experiments/isbi.py": "experiments/test_experiments.py",
    "experiments/replay.py": "figures/test_training_replay.py",
    "experiments/speedrun.py": "experiments/test_experiments.py",
    "experiments/time_to_score.py": "experiments/test_experiments.py",
    "experiments/train.py": "training/test_loop.py",
    "figures/playground_pictures.py": "figures/test_playground.py",
    "figures/playground_presets.py": "figures/test_playground.py",
    "figures/stages.py": "figures/test_engine.py",
    "models/checks.py": "models/test_unet.py",
    "models/one_level.py": "models/test_unet.py",
    "training/checks.py": "training/test_loop.py",
    "training/preview.py": "training/test_loop.py",
    "training/recipe.py": "training/test_loop.py",
    "training/state.py": "training/test_loop.py",
    "course/exercises/": "course/answers",
    "course/assignment/editions.py": "course/assignment/test_release.py",
    "course/assignment/own_exercises.py": "course/assignment/test_bundle.py",
    "course/evaluate.py": "course/test_exercise.py",
    "course/grading/feedback_page.py": "course/grading/test_report.py",
    "course/grading/redact.py": "course/grading/test_report.py",
    "course/grading/sheet.py": "course/grading/test_report.py",
    "course/nbgrader.py": "course/grading/test_nbgrader.py",
    "course/outcome.py": "course/test_exercise.py",
    "course/registry.py": "course/test_exercise.py",
    "course/sandbox/worker.py": "course/sandbox/test_sandbox.py",
    "course/submissions/archives.py": "course/submissions/test_collect.py",
    "course/submissions/attempt.py": "course/submissions/test_collect.py",
    "course/submissions/blackboard.py": "course/submissions/test_platforms.py",
    "course/submissions/brightspace.py": "course/submissions/test_platforms.py",
    "course/submissions/ilias.py": "course/submissions/test_platforms.py",
    "course/submissions/late_policy.py": "course/submissions/test_collect.py",
    "course/submissions/notebook.py": "course/submissions/test_collect.py",
    "course/submissions/overrides.py": "course/grading/test_grade.py",
    "course/submissions/nbgrader_times.py": "course/submissions/test_platforms.py",
    "course/submissions/roster.py": "course/submissions/test_collect.py",
    "course/submissions/sign.py": "course/submissions/test_platforms.py",
    "data/examples.py": "data/test_isbi2012.py",
    "data/sample.py": "data/test_cells.py",
    "plots/how_to_use.py": "plots/test_pages.py",
    "plots/teaching.py": "plots/test_pages.py",
    "plots/shared.py": "plots/test_style.py",
}


def modules():
    """Return the modules of the package but its __init__ files, as paths below unet_edu/."""
    return sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def mirrored(module):
    """Return the place below tests/ that mirrors a module's."""
    return module.with_name(f"test_{module.stem.lstrip('_')}.py")


def listed(module):
    """Return the key of `ELSEWHERE` that stands for a module: itself, or a folder that it lies in; None for neither."""
    folders = [f"{folder.as_posix()}/" for folder in module.parents]
    return next((key for key in (module.as_posix(), *folders) if key in ELSEWHERE), None)


def test_every_module_has_its_test_file():
    lost = [
        f"unet_edu/{module}: no tests/{mirrored(module)}, and no line in ELSEWHERE"
        for module in modules()
        if not (TESTS / mirrored(module)).is_file() and listed(module) is None
    ]
    assert not lost, "\n".join(lost)


def test_every_exercise_has_its_answers():
    exercises = {
        path.relative_to(PACKAGE / "course/exercises") for path in (PACKAGE / "course/exercises").glob("*/[!_]*.py")
    }
    answers = {path.relative_to(TESTS / "course/answers") for path in (TESTS / "course/answers").glob("*/*.py")}
    assert exercises == answers


def test_the_list_names_what_is_there():
    assert [place for place in ELSEWHERE.values() if not (TESTS / place).exists()] == []
    assert [key for key in ELSEWHERE if not (PACKAGE / key).exists()] == []


def test_the_list_names_only_what_has_no_file_of_its_own():
    files = [Path(key) for key in ELSEWHERE if not key.endswith("/")]
    assert [str(module) for module in files if (TESTS / mirrored(module)).is_file()] == []
