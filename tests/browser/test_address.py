"""The state of every figure is in its page's address: a link leads to it, Back does, and a wrong link does no harm."""

import pytest
from livekit import nudge, with_weights
from playwright.sync_api import expect

from unet_edu import figures

pytestmark = pytest.mark.browser

FIRST_CLICK = "button[aria-pressed=false]:visible:enabled"


@pytest.fixture
def shown(small_page):
    """Function that shows figures of these kinds: (page, the figures on it, what it complained about)."""

    def show(*kinds, **traits):
        made = [getattr(figures, kind)(**traits) for kind in kinds]
        page, complaints = small_page(made, mend=with_weights)
        page.wait_for_timeout(500)
        return page, [page.locator(f"[data-live-figure={kind}]").first for kind in kinds], complaints

    return show


def calm(page):
    """Wait until what was changed is in the address."""
    page.wait_for_timeout(700)
    return page.evaluate("location.hash")


def state(page, kind):
    """Return what the model of the (only) figure of a kind holds, by its sliders, boxes and buttons."""
    return page.locator(f"[data-live-figure={kind}]").evaluate(
        """node => JSON.stringify([[...node.querySelectorAll("input[type=range], select")].map((one) => one.value),
            [...node.querySelectorAll("input[type=checkbox]")].map((one) => one.checked),
            [...node.querySelectorAll("[aria-pressed]")].map((one) => one.getAttribute("aria-pressed"))])"""
    )


def reaches(page, kind, wanted):
    """Return whether a figure comes to hold a state, however long that takes a busy machine."""
    for _ in range(60):
        if page.locator(f"[data-live-figure={kind}]").count() and state(page, kind) == wanted:
            return True
        page.wait_for_timeout(500)
    return False


def opened(page, kind):
    """Wait until a figure is there, with all its controls."""
    page.locator(f"[data-live-figure={kind}]").wait_for(state="visible")
    if kind == "FeatureMaps":
        page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
    page.wait_for_timeout(500)


@pytest.mark.parametrize("kind", figures.__all__)
def test_a_link_leads_to_what_was_seen_and_so_does_back(shown, kind):
    page, (figure,), complaints = shown(kind)
    opened(page, kind)
    assert calm(page) == "", "nothing that plays by itself is in the address"
    figure.locator(FIRST_CLICK).first.click()
    nudge(figure)
    hash_then = calm(page)
    assert hash_then.startswith(f"#{kind}:")
    assert "=" in hash_then
    seen = state(page, kind)
    address = page.url
    page.reload()
    assert reaches(page, kind, seen), "a reload keeps it"
    page.goto("about:blank")
    page.go_back()
    assert reaches(page, kind, seen), "Back leads to it"
    page.goto("about:blank")
    page.goto(address.partition("#")[0])
    opened(page, kind)
    assert state(page, kind) != seen, "without its state an address starts anew"
    page.goto(address)
    assert reaches(page, kind, seen), "a link into the page that is open leads to it"
    assert complaints == []


@pytest.mark.parametrize("kind", figures.__all__)
def test_a_wrong_link_does_no_harm(shown, kind):
    page, (figure,), complaints = shown(kind)
    page.emulate_media(reduced_motion="reduce")  # nothing plays by itself: the state is that of the beginning
    page.reload()
    opened(page, kind)
    first, address = state(page, kind), page.url
    keys = getattr(figures, kind).kept
    for text in ("99999999", "-3", "", "%", "<img src=x>", "NaN", "d9.relu9", "1,2"):
        page.goto("about:blank")
        page.goto(f"{address}#{kind}:{'&'.join(f'{key}={text}' for key in keys)}")
        opened(page, kind)
        nudge(figure)
    page.goto("about:blank")
    page.goto(f"{address}#{kind}:no=such&x;;%;a:b")
    assert reaches(page, kind, first)
    assert complaints == []


def test_the_link_is_copied_and_two_figures_share_an_address(shown):
    page, (ladder, window), complaints = shown("CropLadder", "SlidingWindow")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ladder.get_by_role("button", name="700", exact=True).click()
    assert calm(page) == "#CropLadder:size=700"
    nudge(window)
    both = calm(page)
    assert both.startswith("#SlidingWindow:")
    assert both.endswith(";CropLadder:size=700"), "the one that was changed last comes first"
    button = ladder.get_by_role("button", name="copy link to this state")
    button.click()
    expect(ladder.get_by_role("button", name="link copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    assert "#CropLadder:size=700;SlidingWindow:" in copied
    expect(button).to_be_visible()
    assert complaints == []


def test_a_link_lands_on_its_figure(shown):
    page, (_, ladder), _ = shown("SlidingWindow", "CropLadder")
    address = page.url
    page.goto("about:blank")
    page.goto(f"{address}#CropLadder:size=700")
    page.wait_for_timeout(1200)
    top = ladder.evaluate("node => node.closest('figure').getBoundingClientRect().top")
    end = page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY")
    assert abs(top) <= 8 or end <= 1
    assert page.evaluate("scrollY") > 100
