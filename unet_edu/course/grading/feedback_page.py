"""A student's page: points, what was tried and what was seen, the student's own code. One file, no request to anywhere.

Light and dark as the reader's system is set, readable at 400 pixels, on paper and by a screen reader. What may be said
of hidden cases has been decided before (see `redact`); here all of it is text, and nothing of it markup.
"""

from html import escape

from unet_edu import __version__
from unet_edu.course.grading.sheet import capital

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --muted: #57606c; --paper: #ffffff; --card: #f6f8fa; --line: #d5dbe3;
  --good: #00694f; --bad: #a81c18; --part: #8f4700; --link: #0b5cad; --code: #eef1f5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --muted: #a9b3be; --paper: #121417; --card: #1b1f25;
  --line: #39424e; --good: #2fd0a4; --bad: #ff8a87; --part: #fbac56; --link: #79bcf5; --code: #262c34; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5; overflow-wrap: break-word;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main, header, footer { max-width: 48rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; }
h2 { font-size: 1.1rem; margin: 0; }
h2 code { font-weight: 600; }
p { margin: .35rem 0; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.muted { color: var(--muted); }
.total { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem .8rem; margin: 1.2rem 0 .2rem; }
.total strong { font-size: 2.2rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
.bar { height: .6rem; border-radius: .3rem; background: var(--code); border: 1px solid var(--line); overflow: hidden; }
.bar span { display: block; height: 100%; background: var(--good); }
table { border-collapse: collapse; width: 100%; margin: 1.2rem 0; }
th, td { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.points { text-align: right; white-space: nowrap; padding-right: 0; font-variant-numeric: tabular-nums; }
article { border: 1px solid var(--line); border-radius: .6rem; background: var(--card); padding: 1rem; margin: 1rem 0; }
.top { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .2rem 1rem; }
.top .points { font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); } .part { color: var(--part); }
.state { font-size: .85rem; font-weight: 600; letter-spacing: .02em; }
ol.cases { list-style: none; margin: .7rem 0; padding: 0; }
ol.cases li { display: grid; grid-template-columns: 1.5rem 1fr; padding: .25rem 0; }
ol.cases .icon { font-weight: 700; }
ol.cases .said { display: block; color: var(--muted); }
blockquote { margin: .7rem 0; padding: .3rem .9rem; border-left: 4px solid var(--part); }
details { margin-top: .7rem; }
summary { cursor: pointer; color: var(--link); width: fit-content; }
pre { margin: .5rem 0 0; padding: .7rem; background: var(--code); border-radius: .4rem; overflow-x: auto; tab-size: 4;
  font-size: .86rem; line-height: 1.45; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
footer { font-size: .87rem; color: var(--muted); padding-bottom: 2.5rem; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); }
@media print { article { break-inside: avoid; background: none; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # no script, no image, no request


def page(bundle, sheet, rule: str) -> str:
    """Return a student's page, as HTML.

    Args:
        bundle: the assignment.
        sheet: a `report.Sheet`.
        rule: which attempt counts, in words.
    """
    title = f"{bundle.title}: {sheet.student.label}"
    share = max(0, min(1, sheet.points / sheet.of)) if sheet.of else 0
    rows = "\n".join(_row(place, entry) for place, entry in enumerate(sheet.entries, 1))
    answers = "\n".join(_answer(place, entry) for place, entry in enumerate(sheet.entries, 1))
    email = f" · {text(sheet.student.email)}" if sheet.student.email else ""
    attempts = f"<p>{text(capital(sheet.attempts))}: {text(sheet.files)}.</p>" if sheet.attempts else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="robots" content="noindex">
<title>{text(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{text(sheet.student.label)}</h1>
<p class="muted">{text(bundle.title)} · {text(sheet.student.id)}{email}</p>
<p class="total"><strong>{_number(sheet.points)}</strong> <span>of {_number(sheet.of)} points</span></p>
<div class="bar" aria-hidden="true"><span style="width: {100 * share:.1f}%"></span></div>
{attempts}
</header>
<main>
<table>
<caption class="unseen">Points by exercise</caption>
<thead>
<tr><th scope="col">Exercise</th><th scope="col">Result</th><th scope="col" class="points">Points</th></tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
{answers}
</main>
<footer>
<p>{text(capital(rule))}.</p>
<p>Your answers were tried on more cases than <code>check</code> tries. What they were is not shown, and numbers and
texts that your code returned are left out (…). What an error says, and its line, is that of a public case.
Graded with unet_edu {text(__version__)}.</p>
</footer>
</body>
</html>
"""


def lines(entry) -> list[str]:
    """Return the cases of an answer as lines of text."""
    found, before = [], None
    for case in entry.mark.cases:
        found.append(f"{'✓' if case.passed else '✗'} {case.says}")
        if case.message and case.message != before:
            found.append(f"    {case.message}")
        before = case.message
    return found


def text(value) -> str:
    """Return a text escaped for a page; characters that cannot be printed or turn the direction are shown as codes."""
    shown = str(value)
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in shown)
    return escape(shown)


def _number(value) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _result(entry) -> tuple[str, str]:
    """Return how an answer came out, in a class of the page's style and in words."""
    state = entry.mark.state
    if entry.by_hand:
        return "part", "graded by hand"
    if state:
        return "bad", state.lower()
    passed = sum(case.passed for case in entry.mark.cases)
    kind = "good" if passed == len(entry.mark.cases) else "part" if passed else "bad"
    return kind, f"{passed} of {len(entry.mark.cases)} cases"


def _row(place, entry) -> str:
    kind, words = _result(entry)
    points = f"{_number(entry.points)} of {_number(entry.task.points)}"
    link = f'<a href="#answer-{place}"><code>{text(entry.task.id)}</code></a>'
    return f'<tr><td>{link}</td><td class="{kind}">{text(words)}</td><td class="points">{points}</td></tr>'


def _answer(place, entry) -> str:
    kind, words = _result(entry)
    points = f"{_number(entry.points)} of {_number(entry.task.points)} points"
    task = entry.task
    parts = [
        f'<article id="answer-{place}" aria-labelledby="title-{place}">',
        f'<div class="top"><h2 id="title-{place}"><code>{text(task.exercise.name)}</code> '
        f'<span class="muted">{text(task.id)}</span></h2><span class="points">{points}</span></div>',
        f'<p><span class="state {kind}">{text(capital(words))}.</span> {text(capital(_said(entry)))}</p>',
    ]
    if entry.comment:
        parts.append(f"<blockquote><p>{text(entry.comment)}</p></blockquote>")
    if entry.mark.cases:
        parts.append(f'<ol class="cases">{"".join(_cases(entry.mark.cases))}</ol>')
    if entry.mark.code:
        cell = f" (code cell {entry.mark.cell})" if entry.mark.cell else ""
        label = f'tabindex="0" role="region" aria-label="Your answer to {text(task.id)}"'
        parts += [
            f"<details{'' if kind == 'good' else ' open'}><summary>Your answer{cell}</summary>",
            f"<pre {label}><code>{text(entry.mark.code)}</code></pre></details>",
        ]
    return "\n".join([*parts, "</article>"])


def _said(entry) -> str:
    """Return the text below the title: the reason, where the cases do not show it."""
    parts = [] if entry.mark.cases and not entry.by_hand else [entry.why]
    if entry.mark.cases and not entry.by_hand:
        parts = [entry.mark.matched, *entry.mark.notes]
        if entry.share < 1 and entry.mark.points:
            parts.append(f"{_number(entry.mark.points)} points less {100 * (1 - entry.share):g} % for lateness")
    said = "; ".join(filter(None, parts))
    return f"{said}." if said else ""


def _cases(cases):
    before = None
    for case in cases:
        kind, icon, word = ("good", "✓", "passed") if case.passed else ("bad", "✗", "not passed")
        said = f'<span class="said">{text(case.message)}</span>' if case.message and case.message != before else ""
        before = case.message
        yield (
            f'<li><span class="icon {kind}" aria-hidden="true">{icon}</span>'
            f'<span><span class="unseen">{word}: </span>{text(case.says)}{said}</span></li>\n'
        )
