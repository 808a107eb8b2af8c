"""A class of one year: its own parameters and hidden cases, all drawn from one secret.

    cohort = Cohort.new("autumn 2027")
    cohort.params(find("crop.ladder"))           the values of the exercise's parameters: {"convs": 3}
    cohort.hidden_cases(find("crop.ladder"))     the cases that answers are graded on

The secret is 32 random bytes that lie in the bundle of the assignment and nowhere else. Nothing that is public, the
exercises' generators of cases included, gives away the values that are drawn from it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from unet_edu.course.exercise import Exercise, generator
from unet_edu.course.outcome import Case


@dataclass(frozen=True)
class Cohort:
    """A class of one year."""

    name: str  # "autumn 2027"
    secret: str = field(repr=False)  # 64 hexadecimal digits

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError("a cohort needs a name: 'autumn 2027'")
        if not isinstance(self.secret, str) or len(self.secret) < 32:
            raise ValueError("a cohort's secret has at least 32 characters; Cohort.new(name) draws one")

    @classmethod
    def new(cls, name: str) -> "Cohort":
        """Return a cohort with a new secret."""
        return cls(name, secrets.token_hex(32))

    def seed(self, exercise_id: str) -> str:
        """Return the cohort's seed of one exercise, HMAC-SHA256 of its id: 64 hexadecimal digits, a secret as well."""
        return hmac.new(self.secret.encode(), exercise_id.encode(), hashlib.sha256).hexdigest()

    def params(self, exercise: Exercise) -> dict:
        """Return the values of all parameters of an exercise: the book's, but for those that a cohort changes."""
        return exercise.settings(exercise.params(generator(self.seed(exercise.id), "params")))

    def hidden_cases(self, exercise: Exercise, params=None, draw: int = 0) -> list[Case]:
        """Return the cases that answers are graded on.

        Args:
            params: of the exercise, where they are not those of `params`.
            draw: 0 is what is graded; other numbers give other cases, to try a reference solution on.
        """
        params = self.params(exercise) if params is None else params
        return exercise.cases(generator(self.seed(exercise.id), "hidden", draw), params)
