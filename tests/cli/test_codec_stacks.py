"""Stacks through the temporal codecs, as a user types it; small random networks."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from neucobench.__main__ import main
from neucobench.codecs.container.parts import pack_tile
from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.container.writer import ContainerWriter
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.sizes import TemporalSizes

FRAMES = 3


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Return files with random weights, by codec."""
    folder = tmp_path_factory.mktemp("weights")
    for name in ("tec-tt", "flextec"):
        sizes = TemporalSizes(
            channels=(8, 8, 8, 64),
            width=32,
            heads=4,
            separate_layers=1,
            joint_layers=1,
            decoder_layers=1,
            expansion=2,
            flexible=name == "flextec",
        )
        with torch.random.fork_rng():
            torch.manual_seed(1)
            network = TemporalNetwork(sizes)
        network.transform.analysis_transform.transforms[13].weight.data.mul_(20)
        tensors = {key: value.clone() for key, value in network.state_dict().items()}
        path = folder / f"{name}.safetensors"
        save_file(tensors, path, metadata={"heads": "4"})
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture
def run(monkeypatch, capsys, tmp_path, tmp_path_factory):
    """Return a function that runs the command line in a folder with a stack."""
    noise = np.random.default_rng(2).normal(size=(FRAMES, 12, 96, 80))
    smooth = np.cumsum(np.cumsum(noise, axis=-1), axis=-2)
    values = (2000 + 400 * smooth / smooth.std()).clip(1, 9000).astype(np.int16)
    np.save(tmp_path / "stack.npy", values)
    tables = tmp_path_factory.getbasetemp() / "tables"
    monkeypatch.setenv("NEUCOBENCH_CACHE", str(tables))
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["neucobench", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code or 0
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def compress(run, weights):
    """Return a function that compresses the stack and returns the document."""

    def call(codec, *options):
        given = ("--codec", codec, "--weights", weights[codec], *options)
        code, out, err = run(
            "codec", "compress", "stack.npy", *given, "--overwrite", "--json"
        )
        assert code == 0, err
        return json.loads(out)

    return call


@pytest.fixture
def decompress(run, weights, tmp_path):
    """Return a function that restores the stack and returns its values."""

    def call(codec, *options, file="stack.tec"):
        given = ("--weights", weights[codec], "--out", "back.npy", *options)
        code, _, err = run("codec", "decompress", file, *given, "--overwrite")
        values = np.load(tmp_path / "back.npy") if code == 0 else None
        return code, err, values

    return call


def qualities(document):
    return [frame["quality"] for frame in document["frames"]]


def test_a_stack_goes_there_and_back(compress, decompress):
    made = compress("tec-tt")
    assert made["header"]["layouts"] == [{"size": [96, 80]}]
    code, _, values = decompress("tec-tt")
    assert (code, values.shape, values.dtype) == (0, (3, 12, 96, 80), np.int16)


def test_info_shows_each_frame_with_its_bits(compress, run):
    made = compress("flextec", "--quality", "16,0,3")
    code, out, _ = run("codec", "info", "stack.tec")
    assert code == 0
    lines = [line for line in out.splitlines() if line.startswith("frame")]
    assert [line.split()[:4] for line in lines] == [
        ["frame", "1", "quality", "16,"],
        ["frame", "2", "quality", "0,"],
        ["frame", "3", "quality", "3,"],
    ]
    assert "streams 0 bytes, 0.0000 bits per pixel and band" in lines[1]
    code, out, _ = run("codec", "info", "stack.tec", "--json")
    told = json.loads(out)
    assert told["frames"] == made["frames"]
    assert sum(frame["bytes"] for frame in told["frames"]) == told["bytes"]["streams"]
    mean = np.mean([frame["bits_per_pixel_band"] for frame in told["frames"]])
    assert mean == pytest.approx(told["bits_per_pixel_band_streams"])


@pytest.mark.parametrize("quality", [5, "ab", [], [[1]], ["a", 1, 2], {"0": 1}])
def test_info_leaves_out_a_quality_that_is_none(compress, run, quality):
    compress("flextec")
    with ContainerReader(Path("stack.tec")) as reader:
        tile = pack_tile(reader.tile(0))
        layout = {**reader.header.layouts[0], "quality": quality}
        header = replace(reader.header, layouts=(layout,))
    with ContainerWriter(Path("forged.tec")) as writer:
        writer.add(tile)
        writer.finish(header)
    code, out, err = run("codec", "info", "forged.tec", "--json")
    assert (code, qualities(json.loads(out))) == (0, [[]] * FRAMES), err


@pytest.mark.parametrize("option", ["--quality", "--rate"])
def test_one_quality_is_the_rate(compress, decompress, option):
    made = compress("flextec", option, "8")
    assert made["header"]["codec"]["rate"] == 8
    assert qualities(made) == [[8]] * FRAMES
    assert decompress("flextec")[0] == 0


def test_all_tokens_are_sent_where_nothing_is_said(compress):
    assert qualities(compress("flextec")) == [[16]] * FRAMES


@pytest.mark.parametrize("tile", ["96", "64"])
def test_a_size_is_kept_to_even_where_tiles_overlap(compress, decompress, tile):
    most = compress("flextec", "--tile", tile)["bits_per_pixel_band_streams"]
    made = compress("flextec", "--tile", tile, "--bits", most / 2)
    assert 0.3 * most < made["bits_per_pixel_band_streams"] <= most / 2
    assert not made["findings"]
    assert decompress("flextec")[0] == 0


def test_an_error_that_cannot_be_reached_is_told(compress):
    [finding] = compress("flextec", "--psnr", "90")["findings"]
    assert finding["code"] == "target-missed"
    assert "1 of 1 tiles do not reach 90 dB" in finding["message"]


def test_equal_commands_write_equal_files(compress, tmp_path):
    files = []
    for _ in range(2):
        compress("flextec", "--bits", "0.1", "--tile", "64")
        files.append((tmp_path / "stack.tec").read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("codec", "options", "sentence"),
    [
        ("flextec", ("--rate", "3", "--bits", "1"), "--rate and --bits were given"),
        ("flextec", ("--bits", "0"), "--bits 0 is not above 0"),
        ("flextec", ("--quality", "a,b"), "--quality a,b cannot be read"),
        ("flextec", ("--quality", "17"), "There is no quality 17 of flextec"),
        ("flextec", ("--quality", "3,99"), "a whole number from 0 to 16"),
        ("tec-tt", ("--quality", "8"), "whose rate is called lambda; give it with"),
        ("tec-tt", ("--psnr", "35"), "choose a flexible codec such as flextec"),
    ],
)
def test_a_rate_that_cannot_be_is_an_error_of_the_command_line(
    run, weights, codec, options, sentence
):
    given = ("--codec", codec, "--weights", weights[codec], *options)
    code, _, err = run("codec", "compress", "stack.npy", *given)
    assert code == 2
    assert sentence in " ".join(err.split())


def test_more_qualities_than_frames_are_refused(run, weights):
    given = ("--codec", "flextec", "--weights", weights["flextec"])
    code, _, err = run("codec", "compress", "stack.npy", *given, "--quality", "1,2,3,4")
    assert code == 2
    assert "for 3 frames" in " ".join(err.split())


@pytest.mark.parametrize("codec", ["tec-tt", "flextec"])
def test_damage_names_the_frame_and_the_frames_before_are_salvaged(
    compress, decompress, tmp_path, codec
):
    made = compress(codec)
    _, _, whole = decompress(codec)
    content = bytearray((tmp_path / "stack.tec").read_bytes())
    last = made["frames"][-1]["bytes"]
    content[-last + 10] ^= 2
    (tmp_path / "flipped.tec").write_bytes(content)
    (tmp_path / "cut.tec").write_bytes(content[:-20])
    (tmp_path / "back.npy").unlink()
    for file in ("flipped.tec", "cut.tec"):
        code, err, _ = decompress(codec, file=file)
        assert code == 1
        assert "tile 1 of 1, frame 3 of 3" in " ".join(err.split())
        assert not (tmp_path / "back.npy").exists()
    for file in ("flipped.tec", "cut.tec"):
        code, err, values = decompress(codec, "--salvage", file=file)
        assert code == 0
        assert "frame 3 of 3 is lost" in " ".join(err.split())
        assert (values[2] == -32768).all()
        np.testing.assert_allclose(values[:2], whole[:2], atol=1)


def test_seasons_of_one_place_are_compared_as_a_stack(run, weights, tmp_path):
    values = np.load(tmp_path / "stack.npy")
    (tmp_path / "tiles").mkdir()
    for season, picture in enumerate(values):
        np.save(tmp_path / f"tiles/place_{season}.npy", picture[:, :64, :64])
    code, out, err = run(
        *("codec", "compare", "tiles", "--seasons", "--codecs", "flextec,tec-tt"),
        *("--rates", "flextec=0,16", "--weights", f"flextec={weights['flextec']}"),
        *("--weights", f"tec-tt:5={weights['tec-tt']}", "--json"),
    )
    assert code == 0, err
    document = json.loads(out)
    assert [tile["shape"] for tile in document["tiles"]] == [[3, 12, 64, 64]]
    points = (tmp_path / "codec-comparison/points.csv").read_text().splitlines()
    assert [line.split(",")[1:3] for line in points[1:]] == [
        ["flextec", "0.0"],
        ["flextec", "16.0"],
        ["tec-tt", "5.0"],
    ]
