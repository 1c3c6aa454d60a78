"""What a study of utility is asked to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from neucobench.codecs.card import codec_card
from neucobench.codecs.metrics import PEAK
from neucobench.embeddings.quantizers import STORAGES
from neucobench.errors import UnknownNameError, UsageError

DEFAULT_STORAGES = ("float32", "float16", "int8", "binary")


@dataclass(frozen=True, kw_only=True)
class CodecSetting:
    """Name a codec at one rate.

    Attributes:
        codec: the name of its card.
        rate: its rate.
        weights: a file with weights; None: those of the card.
    """

    codec: str
    rate: float
    weights: str | None = None

    @property
    def name(self) -> str:
        """Return e.g. ``"tec-fp-s-10"``."""
        return f"{self.codec}-{self.rate:g}"


@dataclass(frozen=True, kw_only=True)
class UtilityRequest:
    """Say what is to be coded, encoded and scored.

    Attributes:
        cubes: the folder of cubes.
        labels: the folder of label files.
        out: the folder that everything is written to.
        settings: codecs and rates.
        encoder: what encodes the original and the decoded cubes; any name that
            ``load_encoder`` takes.
        options: its options. Where it has an option ``inputs`` and none is given, it
            reads L2A alone.
        protocol: how tables are scored.
        suite: a suite's name; None scores every label file.
        tasks: narrows the choice to these tasks; None for no narrowing.
        peak: of PSNR.
        reduce: the reducer that makes vectors shorter.
        dims: the lengths to reduce to; None: powers of two from 8 on.
        storages: how numbers are stored.
        workers: threads; None: one for each usable core, up to 8.
        device: where codecs and encoders compute; None: the CPU.
    """

    cubes: Path
    labels: Path
    out: Path
    settings: tuple[CodecSetting, ...]
    encoder: str = "bandstats"
    options: Mapping[str, str] = field(default_factory=dict)
    protocol: str = "neuco-1.1"
    suite: str | None = None
    tasks: tuple[str, ...] | None = None
    peak: float = PEAK
    reduce: str = "pca"
    dims: tuple[int, ...] | None = None
    storages: tuple[str, ...] = DEFAULT_STORAGES
    workers: int | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be done.

        Raises:
            UsageError: when there is no codec, or a number is out of range.
            UnknownNameError: when a storage is not known.
        """
        if not self.settings or len(set(self.settings)) < len(self.settings):
            raise UsageError(
                "A study of utility needs one codec and one rate or more, each once; "
                "give e.g. --codec tec-fp-s."
            )
        if self.peak <= 0 or any(number < 1 for number in self.dims or ()):
            raise UsageError(
                f"The peak {self.peak:g} and the lengths {self.dims} were given; a "
                "peak is larger than 0 and a length is 1 or more. Give e.g. --peak "
                "10000 --dims 8,64"
            )
        for storage in self.storages:
            if storage not in STORAGES:
                raise UnknownNameError("storage of vectors", storage, STORAGES)


def codec_settings(
    codecs: Sequence[str],
    *,
    rates: Mapping[str, Sequence[float]] = MappingProxyType({}),
    weights: Mapping[tuple[str, float], str] = MappingProxyType({}),
) -> tuple[CodecSetting, ...]:
    """Return the settings of some codecs.

    Args:
        codecs: names of cards.
        rates: codec to rates, in place of those on its card.
        weights: codec and rate to a file with weights; the rates of such a codec are
            those of its files, unless others are given.

    Raises:
        UnknownNameError: when a codec is not known.
        UsageError: when rates or weights are given for a codec that is not studied.
    """
    others = {*rates, *(name for name, _ in weights)} - {*codecs}
    if others:
        raise UsageError(
            f"Rates or weights were given for {', '.join(sorted(others))}, which is "
            f"not studied; studied is {', '.join(codecs)}. Add --codec, or leave them "
            "out."
        )
    found = []
    for codec in codecs:
        files = {rate: file for (name, rate), file in weights.items() if name == codec}
        known = codec_card(codec).rates
        found += [
            CodecSetting(codec=codec, rate=rate, weights=files.get(rate))
            for rate in rates.get(codec) or tuple(files) or known
        ]
    return tuple(found)
