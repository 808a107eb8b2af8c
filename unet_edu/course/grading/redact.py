"""What a student may read of an answer's hidden cases: which mistake is seen, nothing that the code could carry out.

An answer that is graded sees the hidden inputs, and could hand them on: by returning them, raising them as the text of
an error, in the name of a class, by the line on which it fails, by what it does not run of other cells. So of a hidden
case a student reads which of the exercise's sentences fits and which of Python's usual errors came, and that is all:
while it is judged, `values.hiding` puts "…" for whatever the code can choose.

What an error says, where, and which cells were not run, comes of the same answer on public cases, in a process that has
never had a hidden one (`Sandbox.run(public=True)`). Even there numbers and texts become "…", and an error keeps its
text where it is one of Python's own sentences with names from Python or the student's code.

A lecturer's own judge that writes what came into its message itself does it by `values.brief` or `values.chosen`.
"""

import builtins
import re
from collections.abc import Iterable

from unet_edu.course import values
from unet_edu.course.evaluate import outcome_of
from unet_edu.course.judging import USUAL_ERRORS, stops_with
from unet_edu.course.outcome import Verdict

HIDDEN = values.HIDDEN
NAME = r"'?([A-Za-z_][\w.]*)(?:\(\))?'?"
COUNT = r"\d{1,2}"
SENTENCES = tuple(  # of Python and of the sandbox; each NAME must be the student's own or Python's
    re.compile(sentence.replace("NAME", NAME).replace("COUNT", COUNT))
    for sentence in (
        r"no cell defines NAME",
        r"name NAME is not defined(?:\. Did you mean: NAME\?)?",
        r"cannot access local variable NAME where it is not associated with a value",
        r"No module named NAME",
        r"cannot import name NAME from NAME(?: \(.*\))?",
        r"NAME cannot be imported while this exercise is graded",
        r"(?:type object )?NAME (?:object )?has no attribute NAME",
        r"module NAME has no attribute NAME",
        r"NAME object is not (?:callable|iterable|subscriptable|an iterator)",
        r"NAME object does not support item (?:assignment|deletion)",
        r"NAME object cannot be interpreted as an integer",
        r"NAME missing COUNT required (?:positional|keyword-only) arguments?: NAME(?:,? and NAME)?",
        r"NAME takes (?:from COUNT to )?COUNT positional arguments? but COUNT (?:was|were) given",
        r"NAME takes no arguments",
        r"NAME got (?:an unexpected keyword argument|multiple values for argument) NAME",
        r"unsupported operand type\(s\) for [^\w\s]{1,3}(?: or [a-z]+\(\))?: NAME and NAME",
        r"NAME not supported between instances of NAME and NAME",
        r"can only concatenate \w+ \(not NAME\) to \w+",
        r"cannot unpack non-iterable NAME object",
        r"(?:list|tuple|string|range object) index out of range",
        r"(?:pop from|max\(\) arg is an|min\(\) arg is an) empty (?:list|sequence)",
        r"(?:float |integer )?division (?:or modulo )?by zero",
        r"maximum recursion depth exceeded(?: while calling a Python object| in comparison)?",
        r"super\(\): no arguments",
        r"cannot assign module before Module\.__init__\(\) call",
        # of the compiler
        r"invalid syntax(?:\. Perhaps you forgot a comma\?)?",
        r"invalid syntax\. Maybe you meant [^\w]{3,8} (?:instead of|or) [^\w]{3,8}",
        r"expected '[^\w\s]'",
        r"expected an indented block(?: after [\w' -]+? on line \d{1,4})?",
        r"unexpected indent",
        r"unindent does not match any outer indentation level",
        r"inconsistent use of tabs and spaces in indentation",
        r"'[^\w\s]' was never closed",
        r"unmatched '[^\w\s]'",
        r"closing parenthesis '.' does not match opening parenthesis '.'(?: on line \d{1,4})?",
        r"unterminated (?:f-string|string|triple-quoted string) literal \(detected at line \d{1,4}\)",
        r"unexpected (?:EOF while parsing|character after line continuation character)",
        r"'return' outside function",
        r"invalid decimal literal",
        r"cannot assign to [a-z -]+ here\. Maybe you meant '==' instead of '='\?",
        r"(?:non-default|parameter without a default).{0,20} follows (?:default argument|parameter with a default)",
        r"expected 'except' or 'finally' block",
        r"nested too deeply",
    )
)
PYTHON = {name for kind in (str, list, tuple, dict, set, int, float) for name in dir(kind)} | set(dir(builtins))
PYTHON |= {"NoneType", "function", "module", "generator", "ellipsis", "method", "Tensor", "ndarray", "numpy", "torch"}
PYTHON |= {"builtin_function_or_method", "unet_edu", "LinAlgError", "AxisError", "OutOfMemoryError", "Module"}
ODD = """an object of class function generator module range map zip slice method more than bytes values integer bits
 a container in deep NumPy array tensor without plain something that cannot be read"""  # the words of values.NotData
KEPT = re.compile(
    r"(?P<kept>(?:\bline|\bposition|\bcounted from|\bcell) \d{1,4}\b)"
    r"|(?P<text>(?<!\w)b?'(?:[^'\\]|\\.)*(?:'(?!\w)|…)|(?<!\w)b?\"(?:[^\"\\]|\\.)*(?:\"(?!\w)|…))"
    r"|(?P<number>(?<![A-Za-z_])[-+]?\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?j?%?)",
    re.S,
)


def reduced(reply: dict, cells: Iterable[str]) -> dict:
    """Return a reply of `exercise.observe` without what the student's code may have put into it to be read."""
    if "raised" in reply:
        return _raised(reply, _own(cells))
    if "odd" in reply:
        words = set(re.findall(r"\w+", str(reply["odd"])))
        known = words <= {*ODD.split(), *PYTHON, *_own(cells)}
        return {"odd": reply["odd"] if known else "something"}
    return reply


def masked(text: str, keep: str = "", places: bool = True) -> str:
    """Return a message without numbers and quoted texts; the sentence to `keep`, and `places` in the code, excepted."""
    parts = text.split(keep) if keep else [text]
    return keep.join(KEPT.sub(lambda found: (places and found["kept"]) or HIDDEN, part) for part in parts)


def message(verdict: Verdict) -> str:
    """Return the message of a verdict on a hidden case: the words for a known mistake as they are, others masked."""
    if any(verdict.message == words for words, _ in verdict.clues):
        return verdict.message
    return masked(verdict.message, places=False)


def told(verdict: Verdict, reply: dict, public: Iterable[dict], cells: Iterable[str]) -> str:
    """Return the message of a hidden case with what an error of the same kind says on a public one, if there is one.

    Args:
        verdict: with the message of `message`.
        reply: what came of the hidden case.
        public: what came of public cases, in a process without hidden ones.
        cells: the sources of the student's cells.
    """
    for other in public:
        if "odd" in reply and "odd" in other:
            what = reduced(other, cells)["odd"]
            return verdict.message.replace(f"it returns {HIDDEN},", f"it returns {what},", 1)
        if reply.get("raised") in USUAL_ERRORS and reply["raised"] == other.get("raised"):
            known = outcome_of(reduced(other, cells))
            with values.hiding():
                brief = stops_with(known)
            said = masked(stops_with(known), known.said, places=True)
            return said + verdict.message.removeprefix(brief) if verdict.message.startswith(brief) else verdict.message
    return verdict.message


def _own(cells) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", "\n".join(cells)))


def _raised(reply, own) -> dict:
    def known(name):
        return name in PYTHON or name in own

    name, said, where = (str(reply.get(key, "")) for key in ("raised", "said", "where"))
    place = re.fullmatch(r"line \d{1,4} of (\w+)", where)
    if not (place and (place[1] in own or place[1] == "its")) and not re.fullmatch(r"line \d{1,4} of its cell", where):
        where = ""
    name = name if known(name) else "an error"
    return {**reply, "raised": name, "said": _sentence(said, own), "where": where}


def _sentence(text, own) -> str:
    for known in SENTENCES:
        if found := known.fullmatch(text):
            names = [part for name in found.groups() if name for part in name.split(".")]
            return text if all(name in PYTHON or name in own for name in names) else ""
    return ""
