"""Find the weights of a learned codec: a file of the user's, or what its card names."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from neucobench.codecs.card import CodecCard, CodecWeights, codec_card, codec_card_path
from neucobench.data.fetch_weights import download_weights
from neucobench.errors import CodecError, UsageError

_IN_NAME = re.compile(r"lambda-(\d+(?:\.\d+)?)")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Say where weights are.

    Attributes:
        name: the codec.
        rate: the lambda they were trained for, as far as it is known.
        path: the file.
    """

    name: str
    rate: float
    path: Path


def find_source(name: str, rate: float | None, weights: str | None) -> Source:
    """Return the file with a codec's weights, fetched where it is not there yet.

    Args:
        name: the codec's card.
        rate: a lambda; None: that in the file's name (``lambda-10``), or the default on
            the card. For a file of the user's own it is a mere label.
        weights: a file of the user's own, taken as it is; None: the published one.

    Raises:
        UsageError: when no weights are published for the rate.
        CodecError: when the file that ships is another than the card says.
        DownloadError: when the published file cannot be reached or is another one.
    """
    card = codec_card(name)
    if weights is not None:
        path = Path(weights).expanduser()
        found = _IN_NAME.search(path.name)
        in_name = float(found[1]) if found else card.default_rate
        return Source(name=name, rate=in_name if rate is None else rate, path=path)
    entry = released(card, card.default_rate if rate is None else rate)
    if entry.repo is not None:
        path = download_weights(name, entry)
    else:
        path = _shipped(card, entry)
    return Source(name=name, rate=entry.rate, path=path)


def released(card: CodecCard, rate: float) -> CodecWeights:
    """Return what a card says of the weights for one rate.

    Raises:
        UsageError: when there are none for that rate.
    """
    for entry in card.weights:
        if entry.rate == rate:
            return entry
    listed = ", ".join(f"{known:g}" for known in sorted(card.rates))
    raise UsageError(
        f"There are no weights of {card.name} for {card.rate} {rate:g}; there are for "
        f"{listed}. Choose one of these, or give a file with --weights FILE."
    )


def _shipped(card: CodecCard, entry: CodecWeights) -> Path:
    path = codec_card_path(card.name).parent / entry.file
    if not path.is_file():
        raise CodecError(
            f"The weights of {card.name} for {card.rate} {entry.rate:g} should be in "
            f"{path} and are not there; reinstall the package, or give a file with "
            "--weights FILE."
        )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != entry.sha256:
        raise CodecError(
            f"The weights in {path} have the SHA-256 {digest}, and the card of "
            f"{card.name} says {entry.sha256}; they are not used. Reinstall the "
            "package, or give a file that you trust with --weights FILE."
        )
    return path
