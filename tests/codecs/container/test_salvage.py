"""What is whole of a damaged container can be had; the rest is no data, and is told."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.files.compress import CompressOptions, compress_file
from neucobench.codecs.files.decompress import decompress_file
from neucobench.data.writer import write_cube_file
from neucobench.errors import ContainerError

SEASONS, TILES, LOST = 3, 6, -32768


@dataclass(frozen=True)
class Case:
    """A container of six tiles of three seasons, and what it was made from."""

    values: np.ndarray
    content: bytes
    starts: list[int]
    places: list[list[tuple[int, int]]]


@pytest.fixture
def make(tmp_path, scene, season_codec):
    """Return a function that codes three seasons with some type and gaps."""

    def code(dtype="int16", nodata=None, gaps=False):
        values = np.stack([scene, scene + 7, scene - 5]).astype(dtype)
        if gaps:
            values[:, :, 10:30, 5:25] = np.nan if nodata is None else nodata
        np.save(tmp_path / "stack.npy", values)
        compress_file(
            tmp_path / "stack.npy",
            season_codec,
            tmp_path / "stack.tec",
            options=CompressOptions(tile=48, overlap=16, nodata=nodata),
            overwrite=True,
        )
        with ContainerReader(tmp_path / "stack.tec") as reader:
            assert len(reader.header.tiling) == TILES
            places = [_streams(reader, index) for index in range(TILES)]
            starts = list(reader._starts)
        content = (tmp_path / "stack.tec").read_bytes()
        return Case(values=values, content=content, starts=starts, places=places)

    return code


def _streams(reader, index):
    """Return where each stream of a tile begins and ends in the file."""
    tile = reader.tile(index)
    masks = len(tile.value_mask) + len(tile.nan_mask)
    ends = [reader._starts[index + 1] - masks]
    for stream in tile.streams[::-1]:
        ends.insert(0, ends[0] - len(stream))
    return list(pairwise(ends))


@pytest.fixture
def salvage(tmp_path, season_codec):
    """Return a function that restores what is whole of some bytes."""

    def restore(content, out="out.npy", codec=season_codec):
        path = tmp_path / "damaged.tec"
        path.write_bytes(content)
        with ContainerReader(path, salvage=True) as reader:
            report = decompress_file(
                reader, codec, tmp_path / out, overwrite=True, salvage=True
            )
        values = np.load(tmp_path / out) if out.endswith(".npy") else None
        return values, report

    return restore


def flip(content, place):
    changed = bytearray(content)
    changed[place] ^= 0x10
    return bytes(changed)


def test_a_whole_container_comes_back_as_without_salvaging(make, salvage):
    case = make()
    values, report = salvage(case.content)
    assert np.abs(values - case.values).max() <= 1
    assert (report.losses, report.findings) == ((), ())


@pytest.mark.parametrize("season", range(SEASONS))
def test_a_flipped_byte_costs_one_season_of_one_tile(make, salvage, season):
    case = make()
    start, end = case.places[4][season]
    values, report = salvage(flip(case.content, (start + end) // 2))
    [loss] = report.losses
    assert (loss.tile, loss.frames, loss.masks) == (4, (season,), False)
    missing = values == LOST
    assert loss.values == missing.sum() > 0
    rows, columns = np.nonzero(missing[season].all(axis=0))
    with_data = ~missing
    assert np.abs((values - case.values)[with_data]).max() <= 1
    assert not missing[[s for s in range(SEASONS) if s != season]].any()
    filled = np.zeros(missing.shape[2:], bool)
    filled[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    np.testing.assert_array_equal(missing[season], np.broadcast_to(filled, (3, 70, 90)))
    assert f"frame {season + 1} of 3 is lost" in report.findings[0].message


@pytest.mark.parametrize("change", ["missing", "more"])
def test_a_byte_too_few_or_too_many_costs_no_other_tile(make, salvage, change):
    case = make()
    place = case.places[2][1][0] + 9
    rest = case.content[place + 1 :] if change == "missing" else case.content[place:]
    between = b"" if change == "missing" else b"\x55"
    values, report = salvage(case.content[:place] + between + rest)
    assert [(loss.tile, loss.frames) for loss in report.losses] == [(2, (1, 2))]
    kept = values != LOST
    assert np.abs((values - case.values)[kept]).max() <= 1


def test_a_file_that_is_cut_off_has_all_before(make, salvage):
    case = make()
    values, report = salvage(case.content[: case.places[3][2][1] - 2])
    found = {loss.tile: loss.frames for loss in report.losses}
    assert found == {3: (2,), 4: (0, 1, 2), 5: (0, 1, 2)}
    kept = values != LOST
    assert np.abs((values - case.values)[kept]).max() <= 1
    assert kept[:, :, :32].all()


def test_numbers_that_cannot_be_read_cost_the_tile(make, salvage):
    case = make()
    values, report = salvage(flip(case.content, case.starts[1] + 1))
    assert [(loss.tile, loss.frames) for loss in report.losses] == [(1, (0, 1, 2))]
    assert "all of it is lost" in report.findings[0].message
    assert (values == LOST).sum() == report.losses[0].values


def test_a_codec_without_checks_loses_whole_tiles(make, salvage, exact_codec):
    case = make()
    content = flip(case.content, case.places[4][1][0] + 5)
    _, report = salvage(content, codec=exact_codec)
    assert [(loss.tile, loss.frames) for loss in report.losses] == [(4, (0, 1, 2))]


@pytest.mark.parametrize(
    ("dtype", "nodata", "marker"),
    [("int16", -1, -1), ("uint16", None, 0), ("float32", None, None)],
)
def test_lost_pixels_are_marked_as_the_type_allows(
    make, salvage, dtype, nodata, marker
):
    case = make(dtype, nodata)
    values, report = salvage(flip(case.content, case.places[0][2][0] + 5))
    missing = np.isnan(values) if marker is None else values == marker
    assert missing[2].any()
    assert not missing[:2].any()
    declared = [item for item in report.findings if item.code == "nodata-declared"]
    assert bool(declared) == (dtype == "uint16")


def test_gaps_stay_where_frames_are_lost(make, salvage):
    case = make(nodata=-1, gaps=True)
    values, report = salvage(flip(case.content, case.places[0][1][0] + 5))
    assert not report.losses[0].masks
    np.testing.assert_array_equal(values[0] == -1, case.values[0] == -1)
    np.testing.assert_array_equal(values[2] == -1, case.values[2] == -1)
    assert (values[1] == -1).sum() > (case.values[1] == -1).sum()


def test_a_damaged_mask_is_told_and_costs_no_frame(make, salvage):
    case = make(nodata=-1, gaps=True)
    values, report = salvage(flip(case.content, case.starts[1] - 3))
    [loss] = report.losses
    assert (loss.tile, loss.frames, loss.masks) == (0, (), True)
    assert [item.code for item in report.findings] == ["mask-lost"]
    kept = case.values != -1
    assert np.abs((values - case.values)[kept]).max() <= 1


def test_where_nothing_is_left_nothing_is_written(make, salvage, tmp_path):
    case = make()
    with pytest.raises(ContainerError, match="none of its tiles can be decoded"):
        salvage(case.content[: case.starts[0] + 4], "none.npy")
    assert not (tmp_path / "none.npy").exists()


@pytest.mark.parametrize("place", [3, 40])
def test_prefix_and_header_must_be_whole(make, salvage, place):
    case = make()
    with pytest.raises(ContainerError, match=r"no \.tec container|header"):
        salvage(flip(case.content, place))


def test_without_salvaging_the_message_names_the_frame(make, season_codec, tmp_path):
    case = make()
    path = tmp_path / "damaged.tec"
    place = case.places[4][1][0] + 5
    broken = {
        flip(case.content, place): r"tile 5 of 6, frame 2 of 3: it fails its CRC-32",
        case.content[:place] + case.content[place + 1 :]: "from tile 5 of 6, frame 2 o",
        case.content[:place]: "inside tile 5 of 6, frame 2 of 3",
    }
    for content, message in broken.items():
        path.write_bytes(content)
        with (
            ContainerReader(path, salvage=True) as reader,
            pytest.raises(ContainerError, match=message),
        ):
            decompress_file(reader, season_codec, tmp_path / "out.npy")
        assert not (tmp_path / "out.npy").exists()


def test_a_file_that_is_cut_off_names_the_frame_without_a_codec(make, tmp_path):
    case = make()
    path = tmp_path / "cut.tec"
    path.write_bytes(case.content[: case.places[4][1][0] + 5])
    with pytest.raises(ContainerError, match=r"inside tile 5 of 6, frame 2 of 3; "):
        ContainerReader(path)


def test_damaged_metadata_is_left_out(tmp_path, scene, season_codec, salvage):
    path = tmp_path / "cube.zarr.zip"
    write_cube_file(path, np.stack([scene] * 3), attrs={"note": "kept"})
    compress_file(path, season_codec, tmp_path / "cube.tec")
    content = (tmp_path / "cube.tec").read_bytes()
    values, report = salvage(flip(content, len(content) - 5))
    assert np.abs(values - scene).max() <= 1
    assert "metadata-lost" in [item.code for item in report.findings]


def test_whatever_happens_to_parts_nothing_wrong_is_given_out(make, salvage):
    case = make()
    rng = np.random.default_rng(5)
    for _ in range(60):
        changed = bytearray(case.content)
        for place in rng.integers(case.starts[0], len(changed), rng.integers(1, 4)):
            changed[place] ^= int(rng.integers(1, 256))
        length = int(rng.integers(case.starts[1], len(changed) + 1))
        values, report = salvage(bytes(changed[:length]))
        kept = values != LOST
        assert np.abs((values - case.values)[kept]).max() <= 1
        assert (~kept).sum() == sum(loss.values for loss in report.losses)
