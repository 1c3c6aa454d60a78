"""What each coder writes, and what it leaves out."""

import functools

import numpy as np
import pytest

from neucobench.codecs.classical import vvc
from neucobench.codecs.classical.codestream import require_shape, without_comment
from neucobench.codecs.classical.htj2k import Htj2k
from neucobench.codecs.classical.jpeg2000 import Jpeg2000
from neucobench.codecs.classical.jpeg_xl import JpegXl
from neucobench.codecs.classical.parameter_sets import without_repeats
from neucobench.codecs.classical.scale import Scale
from neucobench.codecs.classical.webp import WebP
from neucobench.codecs.load import load_codec
from neucobench.errors import CodecError

SCALE = Scale(low=0, span=4000, depth=16)


def planes(*shape: int) -> np.ndarray:
    rows, columns = np.mgrid[: shape[1], : shape[2]]
    waves = 2000 + 900 * np.sin(
        rows / 5 + columns / 9 + np.arange(shape[0])[:, None, None]
    )
    return np.rint(waves).astype(np.uint16)


@pytest.mark.parametrize("coder", [Jpeg2000(psnr=40), Htj2k(quantum=50)])
def test_a_codestream_has_no_boxes_and_no_comment(coder):
    data = coder.encode(planes(3, 32, 40), SCALE)
    assert data.startswith(b"\xff\x4f\xff\x51")
    assert b"Open" not in data
    assert without_comment(data) == data
    require_shape(data, (3, 32, 40))


@pytest.mark.parametrize("shape", [(3, 40, 32), (3, 32, 41), (2, 32, 40), (4, 32, 40)])
def test_a_codestream_of_another_shape_is_refused_before_it_is_decoded(shape):
    data = Jpeg2000(psnr=40).encode(planes(3, 32, 40), SCALE)
    with pytest.raises(CodecError):
        require_shape(data, shape)


def test_what_is_no_codestream_is_refused():
    for data in (b"", b"\xff\x4f\xff\x51", b"RIFF" * 30):
        with pytest.raises(CodecError, match="no codestream"):
            require_shape(data, (1, 32, 32))


def test_jpeg2000_spends_bits_where_they_save_most_error(stacks):
    """A component of noise of twice the deviation needs more bits for equal error."""
    rng = np.random.default_rng(0)
    deviations = np.array([20, 400])[:, None, None]
    raw = 2000 + rng.normal(size=(2, 64, 64)) * deviations
    codec = load_codec("jpeg2000", rate=38)
    raw = np.rint(raw)[None, None].astype(np.float32)
    error = np.square(codec.decode(codec.encode(raw)) - raw).mean(axis=(0, 1, 3, 4))
    # The target is 126 of root mean square: the weak band is below it and gets nothing.
    assert error[0] == pytest.approx(20**2, rel=0.1)
    assert 100**2 < error[1] < 220**2


def test_jpeg2000_comes_near_its_target(stacks):
    raw = stacks(1, 1, 12, 128, 128)
    for psnr in (34, 40, 46):
        codec = load_codec("jpeg2000", rate=psnr)
        error = np.square(codec.decode(codec.encode(raw)) - raw).mean()
        assert abs(10 * np.log10(1e8 / error) - psnr) < 1.5


@pytest.mark.parametrize("distance", [0, 1])
def test_jpeg_xl_is_a_bare_codestream(distance):
    data = JpegXl(distance=distance).encode(planes(1, 32, 40), SCALE)
    assert data.startswith(b"\xff\x0a")


def test_webp_comes_without_the_header_of_its_file():
    coder = WebP(quality=50)
    data = coder.encode(planes(2, 33, 41) // 16, SCALE)
    assert data[3:6] == b"\x9d\x01\x2a"
    assert coder.decode(data, (2, 33, 41)).shape == (2, 33, 41)


def test_webp_names_the_size_it_does_not_have():
    with pytest.raises(CodecError, match="16383"):
        WebP(quality=50).encode(np.zeros((1, 1, 16_384), np.uint16), SCALE)


def test_headers_of_hevc_are_there_once(stacks):
    codec = load_codec("x265-seasons")
    [coded] = codec.encode(stacks(1, 2, 3, 32, 32))
    units = coded.streams[0].split(b"\0\0\1")[1:]
    kinds = [unit[0] >> 1 for unit in units]
    assert [kinds.count(kind) for kind in (32, 33, 34)] == [1, 1, 1]
    assert not {39, 40} & set(kinds)  # messages
    assert len(kinds) == 3 + 2 * 3


def test_a_header_that_changes_is_kept():
    header, other, frame = b"\0\0\0\1\x40a", b"\0\0\0\1\x40b", b"\0\0\1\x02c"
    assert without_repeats(header + frame + header + other + frame) == (
        header + frame + other + frame
    )


def test_a_season_alone_is_not_predicted(stacks):
    """With one season each band is a key frame: the order of bands is of no account."""
    raw = stacks(1, 1, 4, 80, 80)
    codec = load_codec("x265-seasons")
    decoded = codec.decode(codec.encode(raw))
    turned = codec.decode(codec.encode(raw[:, :, ::-1]))[:, :, ::-1]
    np.testing.assert_array_equal(decoded, turned)


def test_x265_decodes_to_the_picture_it_meant(stacks):
    """At the coarsest setting its frames once drifted far from the picture."""
    raw = stacks(1, 1, 12, 80, 96)
    for name in ("x265-bands", "x265-klt-tile"):
        codec = load_codec(name, rate=51)
        error = np.square(codec.decode(codec.encode(raw)) - raw).mean()
        assert 10 * np.log10(1e8 / error) > 25


@pytest.mark.parametrize("size", [(40, 40), (17, 33), (64, 48), (64, 64)])
def test_x265_codes_small_frames_alike_each_time(size, stacks):
    raw = stacks(1, 1, 4, *size)
    first, *others = [load_codec("x265-bands").encode(raw) for _ in range(4)]
    assert others == [first] * 3


def test_an_ffmpeg_without_vvc_is_a_sentence(tmp_path, monkeypatch):
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho ' V..... libx265'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    monkeypatch.setattr(vvc, "_program", functools.cache(vvc._program.__wrapped__))
    with pytest.raises(CodecError, match=r"lacks one of them; .*IMAGEIO_FFMPEG_EXE\."):
        load_codec("vvc-bands")
