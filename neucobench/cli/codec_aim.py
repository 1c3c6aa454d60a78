"""The options that say how good, or how small, ``codec compress`` makes a file."""

from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.errors import UsageError

if TYPE_CHECKING:
    from neucobench.codecs.base import Aim

_KNOB = "quality"

RateOption = Annotated[
    float | None,
    typer.Option(help="The codec's rate; default: the one on its card."),
]
QualityOption = Annotated[
    str | None,
    typer.Option(
        metavar="Q[,Q,...]",
        help="The rate of a codec whose rate is called quality. Flexible codecs: also "
        "one for each frame, the last for all that follow.",
    ),
]
BitsOption = Annotated[
    float | None,
    typer.Option(
        metavar="N",
        help="Flexible codecs: the most bits per pixel and band in the streams, "
        "averaged over the frames; the highest quality that stays within.",
    ),
]
PsnrOption = Annotated[
    float | None,
    typer.Option(
        metavar="DB",
        help="Flexible codecs: the least PSNR of each tile, peak 10,000; the lowest "
        "quality that reaches it.",
    ),
]


def read_aim(
    codec: str,
    rate: float | None,
    quality: str | None,
    bits: float | None,
    psnr: float | None,
) -> "tuple[float | None, Aim | None]":
    """Return the rate to load a codec with, and what it shall reach.

    Raises:
        UsageError: when two options contradict each other, or one cannot be read.
    """
    from neucobench.codecs.base import Aim

    options = {"--rate": rate, "--quality": quality, "--bits": bits, "--psnr": psnr}
    given = [option for option, value in options.items() if value is not None]
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(given)} were given, and each of them sets the rate; give "
            "one of them."
        )
    for option, value in (("--bits", bits), ("--psnr", psnr)):
        if value is not None and not 0 < value < float("inf"):
            raise UsageError(f"{option} {value:g} is not above 0; give a positive one.")
    if bits is not None or psnr is not None:
        return None, Aim(bits=bits, psnr=psnr)
    if quality is None:
        return rate, None
    return _read_quality(codec, quality)


def _read_quality(codec: str, text: str) -> "tuple[float | None, Aim | None]":
    from neucobench.codecs.base import Aim
    from neucobench.codecs.card import codec_card

    knob = codec_card(codec).rate
    if knob != _KNOB:
        raise UsageError(
            f"--quality {text} was given to {codec}, whose rate is called {knob}; give "
            "it with --rate."
        )
    try:
        if "," not in text:
            return float(text), None
        return None, Aim(quality=tuple(map(int, text.split(","))))
    except ValueError as error:
        raise UsageError(
            f"--quality {text} cannot be read; give a number, or whole numbers for the "
            "frames of a flexible codec, e.g. 16,8,8."
        ) from error
