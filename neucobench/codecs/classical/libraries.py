"""The packages that hold the coders, imported when one is used."""

from importlib import import_module
from typing import Any

from neucobench.errors import MissingExtraError


def imagecodecs() -> Any:
    """Return imagecodecs: OpenJPEG, OpenJPH, libjxl and libwebp.

    Raises:
        MissingExtraError: when it is not installed.
    """
    return _package("imagecodecs")


def av() -> Any:
    """Return PyAV: x265 and the decoders of FFmpeg.

    Raises:
        MissingExtraError: when it is not installed.
    """
    return _package("av")


def imageio_ffmpeg() -> Any:
    """Return imageio-ffmpeg, which brings a program FFmpeg with VVenC.

    Raises:
        MissingExtraError: when it is not installed.
    """
    return _package("imageio_ffmpeg")


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(name.replace("_", "-"), extra="codecs") from error
