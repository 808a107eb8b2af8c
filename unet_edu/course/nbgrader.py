"""The address by which notebooks that were handed out call `score`; see `unet_edu.course.grading.nbgrader`."""

from unet_edu.course.grading.nbgrader import score

__all__ = ["score"]
