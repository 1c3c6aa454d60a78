import pytest

from neucobench.embeddings.id_list import read_id_list
from neucobench.errors import InputError


@pytest.mark.parametrize(
    "content",
    [
        "007\nb\n",
        "007\r\nb\r\n\r\n",
        "\ufeff007\nb",
        " 007 \nb\nb\n",
        "007.zarr.zip\nb.zarr\n",
        "id\n007\nb\n",
        "label,id\n1,007\n2,b\n",
        '"id","x"\n"007",1\n"b",2\n',
    ],
)
def test_a_list_is_one_id_per_line_or_a_csv_with_a_column_id(write_csv, content):
    assert read_id_list(write_csv(content, "ids.txt")) == ("007", "b")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n", "holds no id"),
        ("id\n", "holds no id"),
        ("id,x\na\n", "row 1 has 1 cell, but the header has 2"),
        ("id;x\na;1\n", "semicolons"),
        ('id\n"a\n', "cannot be read"),
        (b"\xff\xfea\0", "UTF-16"),
        (b"a\xe9\n", "not UTF-8"),
    ],
)
def test_a_bad_list_is_refused_with_a_sentence(write_csv, content, message):
    with pytest.raises(InputError, match=message):
        read_id_list(write_csv(content, "ids.txt"))


def test_a_missing_list_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_id_list(tmp_path / "ids.txt")
