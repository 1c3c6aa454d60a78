"""What TerraCodec's published interface calls ``compression``: a lambda."""

import re
from pathlib import Path

from neucobench.codecs.card import codec_card
from neucobench.errors import UsageError

_NAMED = re.compile(r"lambda-(\d+(?:\.\d+)?)")


def require_one_source(weights: str | Path | None, *, pretrained: bool) -> None:
    """Refuse published weights and a file at the same time.

    Raises:
        UsageError: when both are asked for.
    """
    if pretrained and weights is not None:
        raise UsageError(
            f"pretrained=True and weights={str(weights)!r} were given; the one fetches "
            "the published weights, the other reads a file. Give one of them."
        )


def lambda_of(name: str, compression: str | float) -> float:
    """Return a lambda that was given as a number or as ``"lambda-10"``.

    Raises:
        UsageError: when it was given otherwise.
    """
    found = _NAMED.fullmatch(compression) if isinstance(compression, str) else None
    if found:
        return float(found[1])
    if isinstance(compression, bool) or not isinstance(compression, int | float):
        listed = ", ".join(f"{rate:g}" for rate in codec_card(name).rates)
        raise UsageError(
            f"compression={compression!r} was given; it is a lambda as a number or as "
            f"'lambda-10', and {listed} are released. Give one of these."
        )
    return float(compression)
