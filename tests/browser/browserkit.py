"""What the tests of the built pages share."""


def settled(page):
    """Wait until formulas are typeset and nothing moves or fades."""
    page.evaluate("async () => { if (window.MathJax?.startup) await MathJax.startup.promise }")
    page.evaluate("() => Promise.allSettled(document.getAnimations().map(animation => animation.finished))")
