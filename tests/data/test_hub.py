import json
import shutil
import subprocess
import sys

import pytest

from neucobench.data import hub as hub_module
from neucobench.data.dataset import CubeFolder
from neucobench.data.hub import REVISIONS, download
from neucobench.data.verify import check_folder
from neucobench.errors import DownloadError, UnknownNameError

CUBES = 9
LABELS = 2


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "download.json"
    }


def wanted(hub):
    return {
        path: content
        for path, content in hub.files.items()
        if path.startswith(("data/", "labels/"))
    }


def test_cubes_and_labels_arrive_as_they_are_and_nothing_else_does(hub, tmp_path):
    report = download(tmp_path / "set")
    assert (report.files, report.downloaded, report.kept) == (CUBES + LABELS, 11, 0)
    assert files_in(tmp_path / "set") == wanted(hub)
    assert check_folder(tmp_path / "set").findings == ()


def test_main_is_resolved_once_and_recorded(hub, tmp_path):
    report = download(tmp_path, labels_only=True)
    record = json.loads((tmp_path / "download.json").read_text())
    assert report.commit == record["commit"] == hub.commit
    assert record["repository"] == hub.repository
    hub.asked.clear()
    download(tmp_path, labels_only=True)
    assert not any("/revision/" in path for _, path, _ in hub.asked)


def test_labels_only_leaves_the_cubes_away(hub, tmp_path):
    assert download(tmp_path, labels_only=True).files == LABELS
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("asked", [["s2l2a"], ["S1GRD", "s2l1c"]])
def test_only_the_modalities_asked_for_arrive(hub, tmp_path, asked):
    report = download(tmp_path, modalities=asked)
    assert report.files == 3 * len(asked) + LABELS
    assert len(CubeFolder(tmp_path).modalities) == len(asked)


def test_what_is_there_and_whole_is_not_fetched_again(hub, tmp_path):
    download(tmp_path, modalities=["s1"])
    hub.asked.clear()
    report = download(tmp_path)
    assert (report.downloaded, report.kept) == (6, 3 + LABELS)
    assert not any("/s1/" in path for path in hub.fetched())


def test_a_file_with_other_bytes_is_replaced_and_counted(hub, tmp_path):
    download(tmp_path)
    cube = tmp_path / "data/s1/part-000000/a.zarr.zip"
    cube.write_bytes(cube.read_bytes()[:-1] + b"x")
    (tmp_path / "labels/random_cls__cls.csv").write_bytes(b"id,label\n")
    report = download(tmp_path)
    assert (report.downloaded, report.kept, report.replaced) == (0, 9, 2)
    assert files_in(tmp_path) == wanted(hub)


def test_a_transfer_that_breaks_off_goes_on_where_it_was(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    path = "data/s1/part-000000/a.zarr.zip"
    hub.breaks.add(path)
    download(tmp_path, modalities=["s1"])
    ranges = [part for _, asked, part in hub.asked if asked.endswith(path) and part]
    assert ranges == ["bytes=3000-"]
    assert (tmp_path / path).read_bytes() == hub.files[path]


def test_an_interrupted_download_goes_on_where_it_was(hub, tmp_path):
    def interrupt(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(tmp_path, workers=1, advance=interrupt)
    there = files_in(tmp_path)
    assert 4 <= len(there) < CUBES + LABELS
    assert all(content == hub.files[path] for path, content in there.items())
    report = download(tmp_path)
    assert (report.kept, report.downloaded) == (len(there), 11 - len(there))
    assert files_in(tmp_path) == wanted(hub)


def test_a_killed_download_leaves_whole_files_and_the_next_one_tidies_up(hub, tmp_path):
    # The fourth file never ends, and the process is killed while it waits for it.
    hub.stalls.add(sorted(wanted(hub))[3])
    script = (
        "import sys, pathlib; from neucobench.data.hub import download;"
        "download(pathlib.Path(sys.argv[1]), workers=1)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    while not hub.stalled.wait(0.1):
        assert process.poll() is None
    process.kill()
    process.wait()
    hub.stalls.clear()
    assert list(tmp_path.glob(".neucobench-*"))
    there = {
        path: content
        for path, content in files_in(tmp_path).items()
        if not path.startswith(".")
    }
    assert there
    assert there.items() <= wanted(hub).items()
    assert download(tmp_path).kept == len(there)
    assert files_in(tmp_path) == wanted(hub)


@pytest.mark.parametrize("change", ["other bytes", "one byte short", "empty"])
def test_wrong_bytes_are_found_and_never_put_in_place(hub, tmp_path, change):
    path = "data/s1/part-000000/a.zarr.zip"
    content = hub.files[path]
    hub.sent[path] = {
        "other bytes": content[:-1] + b"x",
        "one byte short": content[:-1],
        "empty": b"",
    }[change]
    with pytest.raises(DownloadError, match="what arrived is not what the hub lists"):
        download(tmp_path, modalities=["s1"])
    assert not (tmp_path / path).exists()
    assert not list(tmp_path.glob(".neucobench-*"))
    hub.sent.clear()
    download(tmp_path, modalities=["s1"])
    assert (tmp_path / path).read_bytes() == content


def test_a_git_file_with_wrong_bytes_is_found_too(hub, tmp_path):
    path = "labels/random_cls__cls.csv"
    hub.sent[path] = hub.files[path].replace(b"a,1", b"a,0")
    with pytest.raises(DownloadError, match="what arrived is not"):
        download(tmp_path, labels_only=True)


def test_an_unknown_revision_is_a_sentence(hub, tmp_path):
    with pytest.raises(DownloadError, match=r"has no revision 'v9'.*--revision"):
        download(tmp_path, revision="v9")
    assert not (tmp_path / "download.json").exists()


def test_a_tag_or_a_commit_may_be_given(hub, tmp_path):
    assert download(tmp_path, revision="v1", labels_only=True).commit == hub.commit
    assert download(tmp_path, revision=hub.commit, labels_only=True).kept == LABELS


def test_another_commit_than_the_recorded_one_is_refused(hub, tmp_path):
    download(tmp_path, labels_only=True)
    was, hub.commit = hub.commit, "f" * 40
    with pytest.raises(
        DownloadError, match=f"holds files of commit {was}.*'main' is f"
    ):
        download(tmp_path, labels_only=True, revision="main")


def test_another_data_set_than_the_recorded_one_is_refused(hub, tmp_path):
    download(tmp_path, labels_only=True)
    with pytest.raises(DownloadError, match="into another folder"):
        download(tmp_path, repository="someone/else")


def test_a_record_that_cannot_be_read_is_a_sentence(hub, tmp_path):
    (tmp_path / "download.json").write_text("{")
    with pytest.raises(DownloadError, match="does not say which commit"):
        download(tmp_path)


def test_an_unknown_data_set_is_a_sentence(hub, tmp_path):
    with pytest.raises(DownloadError, match="has no data set 'someone/else'"):
        download(tmp_path, repository="someone/else")


def test_a_hub_that_cannot_be_reached_is_a_sentence(tmp_path):
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9 cannot be reached"):
        download(tmp_path, endpoint="http://127.0.0.1:9")


def test_a_hub_that_is_down_is_a_sentence(hub, tmp_path):
    hub.down = True
    with pytest.raises(DownloadError, match="cannot be reached, or broke off"):
        download(tmp_path)


def test_a_modality_the_revision_lacks_is_a_sentence(hub, tmp_path):
    hub.files = {path: b"" for path in hub.files if "/s1/" not in path}
    with pytest.raises(DownloadError, match="no cubes of s1, only data/s2l1c"):
        download(tmp_path, modalities=["s1"])


def test_labels_the_revision_lacks_are_a_sentence(hub, tmp_path):
    hub.files = {path: b"" for path in hub.files if path.startswith("data/")}
    with pytest.raises(DownloadError, match="has no folder 'labels', only data"):
        download(tmp_path, labels_only=True)


def test_the_layout_of_the_challenge_is_understood(hub, tmp_path):
    hub.commit = REVISIONS["challenge-2025"]
    hub.files = {
        path.replace("data/", "data_eval/" if "/a." in path else "data_dev/"): content
        for path, content in hub.files.items()
        if path.startswith("data/")
    }
    report = download(tmp_path, revision="challenge-2025", modalities=["s1"])
    assert (report.commit, report.files) == (hub.commit, 3)
    assert CubeFolder(tmp_path / "data_eval").ids == ("a",)
    assert CubeFolder(tmp_path / "data_dev").ids == ("b", "c")


def test_a_path_that_leads_out_of_the_folder_is_refused(hub, tmp_path):
    hub.files["labels/../../evil.csv"] = b"id,label\n"
    with pytest.raises(DownloadError, match="nothing is written outside"):
        download(tmp_path / "set")
    assert not (tmp_path / "evil.csv").exists()


def test_an_unknown_modality_is_refused_before_the_hub_is_asked(hub, tmp_path):
    with pytest.raises(UnknownNameError):
        download(tmp_path, modalities=["s3"])
    assert not hub.asked


def test_a_full_disk_passes_through_and_leaves_nothing_half_written(
    hub, tmp_path, monkeypatch
):
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    with pytest.raises(OSError, match="No space left"):
        download(tmp_path, labels_only=True)
    assert {path.name for path in tmp_path.iterdir()} == {"download.json"}


def test_progress_goes_from_one_to_all(hub, tmp_path):
    seen = []
    download(tmp_path, labels_only=True, advance=lambda *step: seen.append(step))
    assert seen == [(1, 2), (2, 2)]


def test_the_folder_may_be_moved_and_goes_on(hub, tmp_path):
    download(tmp_path / "here", modalities=["s1"])
    shutil.move(tmp_path / "here", tmp_path / "there")
    assert download(tmp_path / "there", modalities=["s1"]).kept == 5


def test_no_server_is_asked_at_import():
    assert hub_module.REPOSITORY == "embed2scale/SSL4EO-S12-downstream"
