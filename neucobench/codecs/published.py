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
        rate: the lambda they were trained for, as far as it is known; for weights that
            serve all rates the one that was asked for.
        path: the file.
    """

    name: str
    rate: float
    path: Path


def find_source(name: str, rate: float | None, weights: str | None) -> Source:
    """Return the file with a codec's weights, fetched where it is not there yet.

    Args:
        name: the codec's card.
        rate: a setting of the codec's knob; None: the default on the card, or for a
            lambda that in the file's name (``lambda-10``). For a file of the user's
            own a lambda is a mere label.
        weights: a file of the user's own, taken as it is, or the name of one of the
            card's variants; None: the published file, the first of the variants.

    Raises:
        UsageError: when no weights are published for the rate.
        CodecError: when the file that ships is another than the card says.
        DownloadError: when the published file cannot be reached or is another one.
    """
    card = codec_card(name)
    setting = card.default_rate if rate is None else rate
    if weights is not None and weights not in card.variants:
        path = Path(weights).expanduser()
        found = None if card.variants else _IN_NAME.search(path.name)
        labeled = float(found[1]) if found and rate is None else setting
        return Source(name=name, rate=labeled, path=path)
    entry = released(card, setting, weights)
    if entry.repo is not None:
        path = download_weights(name, entry)
    else:
        path = _shipped(card, entry)
    return Source(name=name, rate=setting, path=path)


def released(card: CodecCard, rate: float, variant: str | None = None) -> CodecWeights:
    """Return what a card says of the weights for one rate.

    Args:
        card: the codec's.
        rate: of no account where weights serve all rates.
        variant: which of several such sets; None: the first.

    Raises:
        UsageError: when there are none for that rate.
    """
    for entry in card.weights:
        if entry.rate == rate or (entry.variant and variant in (None, entry.variant)):
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
            f"The weights of {card.name} ({_label(card, entry)}) should be in {path} "
            "and are not there; reinstall the package, or give a file with "
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


def _label(card: CodecCard, entry: CodecWeights) -> str:
    return entry.variant or f"{card.rate} {entry.rate:g}"
