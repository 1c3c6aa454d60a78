"""The context of a folder: which database belongs to it."""

import pytest

from neucobench.errors import InputError
from neucobench.server.context import open_folder


def test_no_empty_database_is_begun_beside_the_files_of_another_one(tmp_path):
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    folder = tmp_path / "server"
    open_folder(folder, database=elsewhere).database.dispose()
    with pytest.raises(InputError, match="database is elsewhere"):
        open_folder(folder)
    assert not (folder / "neucobench.sqlite").exists()


def test_a_folder_is_opened_again_with_its_own_database(tmp_path):
    for _ in range(2):
        open_folder(tmp_path / "server").database.dispose()
