"""Exercises that are checked, and the walls behind which somebody else's answer is run.

    check("crop.centre", centre_crop)    the mistake that is recognised in an answer: a student, on the way
    unet-edu course release, grade       an assignment to hand out, and what comes back: an instructor (see `cli`)
    Sandbox().run(cells, …)              what an answer returns, run where it can harm nobody: for a grader

    exercise      what an exercise is           outcome    a case, what comes of it, the verdict: plain types
    judging       how a mistake is recognised   values     results as plain data
    registry      find an exercise by its id    deadline   a limit on the time of a call
    evaluate      try an answer, judge it       checking   ``check``, the student's side

    exercises/    the book's, one file each: exercises/crop/centre.py is crop.centre
    assignment/   what is handed out: cells of exercises, editions of notebooks, a cohort and its bundle
    submissions/  what a class handed in: files of any platform, whose they are, which attempt counts
    sandbox/      where answers run: processes without network, secrets or a way out (bubblewrap)
    grading/      points and reasons, tables for the instructor and other systems, a page for each student
    cli           the command line

``import unet_edu.course`` is light, as ``import unet_edu`` is: torch and numpy are imported when an exercise is tried.
"""

from unet_edu.course.checking import check

__all__ = ["check"]
