"""The words of Moodle's worksheet: one language is not taken for another."""

from unet_edu.course.submissions.moodle_words import WORKSHEETS, worksheet


def test_a_language_is_known_by_the_columns_that_moodle_needs():
    for each in WORKSHEETS:
        assert worksheet([each.modified, each.grade, "something", each.identifier]) is each
        assert worksheet([each.grade, each.identifier]) is None
    assert len({each.language for each in WORKSHEETS}) == len(WORKSHEETS) >= 20


def test_no_header_is_empty_or_holds_html():
    for each in WORKSHEETS:
        texts = (each.identifier, each.participant, *each.names, each.email, each.id_number, each.grade)
        for text in (*texts, each.maximum, each.modified, each.comments):
            assert text == text.strip() != ""
            assert "<" not in text
