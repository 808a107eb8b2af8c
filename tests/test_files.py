"""A file is there whole or not at all."""

import pytest

from unet_edu.files import written_whole


def test_what_is_written_arrives_when_the_block_ends(tmp_path):
    path = tmp_path / "a" / "b" / "record.json"
    with written_whole(path) as partial:
        partial.write_text("new")
        assert not path.exists(), "nobody may see a file that is still being written"
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "record.json"
    path.write_text("old")

    def stopped_half_way():
        with written_whole(path) as partial:
            partial.write_text("half of the ne")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        stopped_half_way()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
