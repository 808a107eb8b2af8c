"""Exercises that are checked, and the walls behind which somebody else's answer is run.

    check("crop.centre", centre_crop)    which mistake is seen in an answer: a student, on the way
    unet-edu course release, grade       an assignment to hand out, and what comes back: an instructor (see `cli`)
    Sandbox().run(cells, …)              what an answer returns, run where it can harm nobody: for a grader

    exercise      what an exercise is; how an answer is observed and judged
    exercises     what is known of the exercises of each chapter: cases, right answers, mistakes
    checking      ``check``, the student's side
    deadline      a limit on the time of a call
    values        results as plain data
    sandbox       processes without network, secrets or a way out (bubblewrap)
    worker        what runs in there
    taking        what of a notebook is taken along with an answer

    source        exercise cells of chapters: stubs, solutions, values of parameters
    cohort        a class of one year, and what is drawn from its secret
    bundle        an assignment as the grader knows it, in one file
    editions      notebooks for readers, students and instructors
    private       an instructor's own exercises
    release       notebooks to hand out, and a bundle
    nbgrader      points for nbgrader's hidden tests

    roster        who is in a course, and whom a file's name means
    submissions   what a class handed in, by student; which attempt counts
    notebook      the code cells of a file, whatever has happened to it
    marking       one answer: its cell, its points, and why
    discreet      what may be said of hidden cases
    grade         a whole class; goes on where it was stopped
    overrides     points given by hand
    report        tables for the instructor and for Canvas, Moodle and Gradescope
    feedback      a student's page
    cli           the command line

``import unet_edu.course`` is light, as ``import unet_edu`` is: torch and numpy are imported when an exercise is tried.
"""

from unet_edu.course.checking import check

__all__ = ["check"]
