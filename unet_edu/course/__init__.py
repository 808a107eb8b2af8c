"""Exercises that are checked, and the walls behind which somebody else's answer is run.

    check("crop.centre", centre_crop)    which mistake is seen in an answer: a student, on the way
    Sandbox().run(cells, …)              what an answer returns, run where it can harm nobody: for a grader

    exercise      what an exercise is; how an answer is observed and judged
    exercises     what is known of the exercises of each chapter: cases, right answers, mistakes (so far of three)
    checking      ``check``, the student's side
    deadline      a limit on the time of a call
    values        results as plain data
    sandbox       processes without network, secrets or a way out (bubblewrap)
    worker        what runs in there
    taking        what of a notebook is taken along with an answer

``import unet_edu.course`` is light, as ``import unet_edu`` is: torch and numpy are imported when an exercise is tried.
"""

from .checking import check

__all__ = ["check"]
