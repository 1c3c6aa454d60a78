import json

import pytest

from neucobench.data.verify import check_folder
from neucobench.data.writer import write_cube_file
from neucobench.errors import CubeError


def place(published, name, cube):
    (path,) = published.glob(f"data/{name}/*/{cube}.zarr.zip")
    return path


def test_a_whole_folder_has_no_findings(published):
    report = check_folder(published)
    assert (report.cubes, report.files) == (3, 9)
    assert report.modalities == ("s1", "s2l1c", "s2l2a")
    assert report.shape == (4, 12, 12)
    assert report.findings == ()


def test_missing_broken_and_misshapen_cubes_are_told_apart(published, make_array):
    place(published, "s1", "a").unlink()
    place(published, "s2l1c", "b").write_bytes(b"PK")
    write_cube_file(place(published, "s2l2a", "c"), make_array("s2l2a", size=10))
    report = check_folder(published)
    found = [(item.id, item.modality, item.kind) for item in report.problems]
    assert found == [
        ("a", "s1", "missing"),
        ("b", "s2l1c", "broken"),
        ("c", "s2l2a", "misshapen"),
    ]
    assert [finding.code for finding in report.findings] == [
        "missing-cubes",
        "broken-cubes",
        "misshapen-cubes",
    ]
    assert {finding.level for finding in report.findings} == {"error"}
    assert "(4, 10, 10), and (4, 12, 12) in most files" in report.problems[2].message


def test_a_flipped_bit_in_a_picture_is_found(published):
    path = place(published, "s1", "a")
    content = bytearray(path.read_bytes())
    content[content.index(b"bands/0.2.0.0.0") + 500] ^= 1
    path.write_bytes(content)
    (problem,) = check_folder(published).problems
    assert (problem.id, problem.kind) == ("a", "broken")
    assert "CRC-32" in problem.message


def test_a_file_in_the_folder_of_another_modality_is_broken(published):
    content = place(published, "s2l1c", "a").read_bytes()
    place(published, "s2l2a", "a").write_bytes(content)
    (problem,) = check_folder(published).problems
    assert "has 12 bands" in problem.message


def test_progress_goes_from_one_to_all(published):
    seen = []
    check_folder(published, threads=2, advance=lambda *step: seen.append(step))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_the_report_does_not_depend_on_the_threads(published):
    place(published, "s1", "a").write_bytes(b"")
    place(published, "s2l1c", "b").write_bytes(b"PK")
    assert check_folder(published, threads=1) == check_folder(published, threads=8)


def test_the_report_is_plain_json(published):
    place(published, "s1", "a").write_bytes(b"")
    document = json.loads(json.dumps(check_folder(published).as_dict()))
    assert document["cubes"] == 3
    assert document["problems"][0]["kind"] == "broken"
    assert document["findings"][0]["count"] == 1


def test_a_folder_in_which_nothing_can_be_read_has_no_usual_shape(published):
    for path in published.rglob("*.zarr.zip"):
        path.write_bytes(b"")
    report = check_folder(published)
    assert report.shape is None
    assert len(report.problems) == 9


def test_an_interruption_stops_the_check(published):
    def interrupt(*_step: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_folder(published, advance=interrupt)


def test_a_folder_without_cubes_is_a_sentence(tmp_path):
    with pytest.raises(CubeError, match="holds no cubes"):
        check_folder(tmp_path)
