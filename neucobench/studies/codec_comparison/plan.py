"""What is to be measured: each codec at each of its rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neucobench.codecs.base import Codec, CodecIdentity
from neucobench.codecs.card import codec_card
from neucobench.codecs.load import load_codec
from neucobench.errors import DownloadError, MissingExtraError, UsageError

# What is no fault of the command line: this machine lacks something.
UNAVAILABLE = (MissingExtraError, DownloadError)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One codec at one rate.

    Attributes:
        codec: its name.
        rate: the setting of its rate knob.
        weights: a checkpoint in place of the published one; None: that one.
        device: where it computes; None: its default.
        identity: what its streams depend on.
    """

    codec: str
    rate: float
    weights: str | None
    device: str | None
    identity: CodecIdentity

    def load(self) -> Codec:
        """Return the codec, ready to be used by one thread."""
        return load_codec(
            self.codec, rate=self.rate, weights=self.weights, device=self.device
        )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Say what is measured and what is not.

    Attributes:
        settings: codecs in the order given, each with its rates ascending.
        left_out: codec to the sentence that says why it cannot be used here.
    """

    settings: tuple[Setting, ...]
    left_out: Mapping[str, str]

    @property
    def codecs(self) -> tuple[str, ...]:
        """Return the names of the codecs that are measured, in the order given."""
        return tuple(dict.fromkeys(setting.codec for setting in self.settings))


def make_plan(
    codecs: Sequence[str],
    *,
    rates: Mapping[str, Sequence[float]] | None = None,
    weights: Mapping[tuple[str, float], str] | None = None,
    device: str | None = None,
) -> Plan:
    """Return the plan for some codecs, at the rates of their cards or at others.

    Each codec is loaded once at each rate, so that what is missing or not released is
    known before anything is measured.

    Args:
        codecs: their names.
        rates: codec to rates, in place of those on its card.
        weights: codec and rate to a checkpoint; the rates of such a codec are those
            that a checkpoint is given for, unless ``rates`` says otherwise.
        device: where learned codecs compute; None: on the CPU.

    Raises:
        UsageError: when a codec is named twice, or rates or weights are given for one
            that is not among them.
        UnknownNameError: when a codec is not known.
        CodecError: when a rate does not exist.
        MissingExtraError: when there is one codec, and it lacks a package.
        DownloadError: when there is one codec, and its weights cannot be had.
    """
    files = weights or {}
    _check(codecs, rates or {}, [name for name, _ in files])
    cards = {name: codec_card(name) for name in codecs}
    settings: list[Setting] = []
    left_out: dict[str, str] = {}
    for name, card in cards.items():
        given = [rate for codec, rate in files if codec == name]
        chosen = sorted(set((rates or {}).get(name, given or card.rates)))
        try:
            settings += [
                _setting(name, rate, files.get((name, rate)), device) for rate in chosen
            ]
        except UNAVAILABLE as error:
            if len(cards) == 1:
                raise
            left_out[name] = str(error)
    return Plan(settings=tuple(settings), left_out=left_out)


def _setting(
    name: str, rate: float, weights: str | None, device: str | None
) -> Setting:
    codec = load_codec(name, rate=rate, weights=weights, device=device)
    return Setting(
        codec=name, rate=rate, weights=weights, device=device, identity=codec.identity
    )


def _check(
    codecs: Sequence[str],
    rates: Mapping[str, Sequence[float]],
    weighted: Sequence[str],
) -> None:
    if not codecs or len(set(codecs)) < len(codecs):
        raise UsageError(
            f"--codecs {','.join(codecs)} cannot be compared: name at least one codec, "
            "and each once. 'neucobench codecs' lists them."
        )
    for option, names in (("--rates", rates), ("--weights", weighted)):
        others = [name for name in names if name not in codecs]
        if others:
            raise UsageError(
                f"{option} are given for {others[0]}, which is not compared; --codecs "
                f"names {', '.join(codecs)}. Add it there, or leave them out."
            )
