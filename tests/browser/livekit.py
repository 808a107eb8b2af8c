"""A small page with live figures and no kernel, as the book's build would write it, without a build."""

import base64
import json

import numpy as np
from bookkit import ROOT
from ipywidgets.embed import dependency_state

from unet_edu import checkpoints
from unet_edu.figures import FeatureMaps
from unet_edu.figures.base import height_of

STATIC = ROOT / "book" / "_static"
PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Live figures</title>
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="{static}/live-figures.css"><script src="{static}/live-figures.js"></script>
<script type="application/vnd.jupyter.widget-state+json">{state}</script>
<style>body {{ margin: 0 auto; padding: 8px; max-width: 720px; }} [data-theme=dark] body {{ background: #121212; }}
[data-theme=light] .only-dark, [data-theme=dark] .only-light {{ display: none; }}</style></head>
<body><main class="bd-content"><h1 style="color: gray">Live figures</h1>{figures}</main></body></html>"""
FIGURE = """<figure class="live-figure-frame"><img class="only-light" alt="poster" src="data:{mime};base64,{data}">
<div class="live-figure-space" style="min-height: {height}">
<script type="application/vnd.jupyter.widget-view+json">{{"model_id": "{model_id}"}}</script></div>
<figcaption>A caption.</figcaption></figure>"""
PIXEL = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>').decode()


def write_page(path, figures, theme="light"):
    """Write a page that shows ``figures`` one below the other (one of them twice, if it is named twice)."""
    state = {"state": dependency_state(list(dict.fromkeys(figures)), drop_defaults=False)}
    shown = [
        FIGURE.format(
            mime="image/svg+xml", data=PIXEL, model_id=figure.model_id, height=height_of(type(figure).__name__)
        )
        for figure in figures
    ]
    text = json.dumps(state).replace("</", "<\\/")
    path.write_text(
        PAGE.format(theme=theme, static=STATIC.as_uri(), state=text, figures="\n".join(shown)), encoding="utf-8"
    )
    return path.as_uri()


def with_weights(text):
    """Return the text of a page whose networks get their weights, as those of the book do, but from the page itself.

    A page that asks for none is returned as it is.
    """
    if "unetEduWeights" not in text:
        return text
    files = {
        name: base64.b64encode((checkpoints.FOLDER / f"{name}.safetensors").read_bytes()).decode()
        for name in FeatureMaps.weights.values
    }
    script = f"""<script>unetEduWeights.load = async (name) =>
        Uint8Array.from(atob({json.dumps(files)}[name]), (letter) => letter.charCodeAt(0)).buffer</script></head>"""
    return text.replace("</head>", script)


def nudge(figure):
    """Change something in a figure by keyboard, at the first of its controls: a slider, a box, a picture, a button.

    Waits until there is one: on a busy machine a drawing may stand there before.
    """
    keys = {
        "input[type=range]": "ArrowRight",
        "input[type=checkbox]": "Space",
        "[role=application]": "ArrowRight",
        "select": "End",
        "button[aria-pressed=false]": "Enter",
    }
    figure.locator(", ".join(f"{selector}:visible:enabled" for selector in keys)).first.wait_for(timeout=120_000)
    for selector, key in keys.items():
        control = figure.locator(f"{selector}:visible:enabled").first
        if control.count():
            control.focus()
            at_the_end = key == "ArrowRight" and control.evaluate(
                "node => node.max !== undefined && node.value === node.max"
            )
            control.press("ArrowLeft" if at_the_end else key)
            return
    raise AssertionError("no control takes a key")


def spread(values):
    """Grey values as `FeatureMaps` draws them, 0 … 255, float: between their 0.5th and 99.5th percentile."""
    low, high = np.percentile(values, [0.5, 99.5], method="nearest")
    return np.round(np.clip((values.astype(float) - low) / (high - low), 0, 1) * 255)
