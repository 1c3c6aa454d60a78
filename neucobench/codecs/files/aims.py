"""A size or an error that a picture's file shall have once it is coded."""

from collections.abc import Iterator
from dataclasses import replace

from neucobench.codecs.base import Aim, Codec, FlexibleCodec
from neucobench.codecs.container.header import Header
from neucobench.errors import UsageError
from neucobench.findings import Finding


def aimed(codec: Codec, aim: Aim | None) -> Codec:
    """Return a codec that chooses its qualities for an aim; itself without one.

    Raises:
        UsageError: when it has no choice, or no stack can reach the aim.
    """
    if aim is None:
        return codec
    if not isinstance(codec, FlexibleCodec):
        raise UsageError(
            f"A target, or a quality for each frame, was given to {codec.identity.name}"
            ", which codes everything at one rate; give --rate, or choose a flexible "
            "codec such as flextec."
        )
    return codec.aimed(aim)


def share_of(aim: Aim | None, plan: Header) -> Aim | None:
    """Return the aim for each tile: where tiles overlap, each has fewer bits.

    Args:
        aim: for the whole picture.
        plan: how the picture is cut.
    """
    if aim is None or aim.bits is None:
        return aim
    _, _, height, width = plan.picture.shape
    cuts = plan.tiling
    coded = len(cuts) * cuts.y.tile * cuts.x.tile
    return replace(aim, bits=aim.bits * height * width / coded)


def missed(codec: Codec, aim: Aim | None) -> Iterator[Finding]:
    """Say how many tiles do not reach an aim at any quality."""
    if aim is None or not isinstance(codec, FlexibleCodec):
        return
    short = sum(not outcome.reached for outcome in codec.outcomes)
    if not short:
        return
    wanted = (
        f"at most {aim.bits:g} bits per pixel and band at the lowest quality"
        if aim.bits is not None
        else f"{aim.psnr:g} dB at the highest quality"
    )
    yield Finding(
        code="target-missed",
        level="warning",
        message=f"{short:,} of {len(codec.outcomes):,} tiles do not reach {wanted}, "
        "with which they were coded.",
        count=short,
    )
