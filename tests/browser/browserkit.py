"""What the tests of the built pages share."""


def settled(page):
    """Wait until formulas are typeset and nothing moves or fades."""
    page.evaluate("async () => { if (window.MathJax?.startup) await MathJax.startup.promise }")
    page.evaluate("() => Promise.allSettled(document.getAnimations().map(animation => animation.finished))")


# A bit of what live figures do: make some elements, lay them out, take them away; its time, the median of many rounds.
CONTROL = """() => {
    const times = [];
    for (let round = 0; round < 101; round += 1) {
        const start = performance.now();
        const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        for (let at = 0; at < 150; at += 1) {
            const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
            text.setAttribute("x", at);
            text.textContent = (at * Math.PI).toFixed(3);
            drawing.append(text);
        }
        document.body.append(drawing);
        drawing.lastChild.getBBox();
        drawing.remove();
        times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[50];
}"""
FRAME_MS = 16  # of a screen
CONTROL_MS = 1.8  # on two quiet cores of a server of 2024


def slowness(page):
    """Return how many times as long as on two quiet cores a bit of drawing takes in this page now; never less than 1.

    Times that a figure or page may take are multiplied by it: a slow or busy machine slows both alike.
    """
    return max(1.0, page.evaluate(CONTROL) / CONTROL_MS)
