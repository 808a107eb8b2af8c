"""Curtain: every topic has two pictures of one size, its answer holds in them, and the page draws what it should."""

import json

import numpy as np
import pytest
import traitlets

from unet_edu.figures import Curtain
from unet_edu.figures.openers.curtain import SIDE, TOPICS, changed, shown, stained

pytestmark = pytest.mark.usefixtures("one_thread")
READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def edges(picture):
    """How much a picture changes from pixel to pixel."""
    return np.abs(np.diff(picture, axis=0)).mean() + np.abs(np.diff(picture, axis=1)).mean()


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_has_two_pictures_and_a_right_answer(topic):
    first, second = shown(topic)
    assert first.shape == second.shape == (len(first),) * 2
    assert min(first.min(), second.min()) >= 0
    assert max(first.max(), second.max()) <= 1
    assert np.abs(first - second).mean() > 0.005
    assert TOPICS[topic].right in TOPICS[topic].answers
    assert Curtain(topic).legal["guess"]["of"] == ["", *TOPICS[topic].answers]
    assert len(Curtain(topic).words["told"]) > 40


def test_the_answers_hold():
    for topic, sharper in (("fcn", 1), ("parts", 0), ("skips", 0), ("loss", 0)):
        assert edges(shown(topic)[sharper]) > 1.3 * edges(shown(topic)[1 - sharper]), topic
    assert shown("fcn")[0].mean() > 0.2, "it is a fog, not the night"
    assert changed("bottom") < 0.25
    assert changed("skips") > 0.1


def test_the_page_draws_the_curtain_and_the_difference(node):
    pictures = np.random.default_rng(0).integers(0, 256, (2, 7, 7))
    code = f"""{READ} const pictures = given;
    const seen = [0, 40, 100].map((at) => [...figure.behind(pictures, 7, at)]);
    console.log(JSON.stringify([seen, [...figure.difference(pictures, 7)]]));"""
    seen, differing = node(Curtain, code, json.dumps(pictures.ravel().tolist()))
    np.testing.assert_array_equal(np.reshape(seen[0], (7, 7)), pictures[1])
    np.testing.assert_array_equal(np.reshape(seen[2], (7, 7)), pictures[0])
    np.testing.assert_array_equal(np.reshape(seen[1], (7, 7)), np.hstack([pictures[0][:, :3], pictures[1][:, 3:]]))
    np.testing.assert_allclose(np.reshape(differing, (7, 7)), np.abs(pictures[0] - pictures[1]) / 255, atol=1e-6)


def test_a_topic_that_is_not_there_is_refused():
    with pytest.raises(traitlets.TraitError, match="bottom"):
        Curtain("nothing")


def test_the_network_calls_fewer_pixels_wrongly_than_the_threshold():
    truth = stained().label[:SIDE, :SIDE] > 0
    threshold, network = (((one > 0.5) != truth).mean() for one in shown("threshold"))
    assert network < threshold
