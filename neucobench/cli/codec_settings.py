"""Options of several commands that name codecs with their rates and weights."""

from collections.abc import Mapping, Sequence

from neucobench.errors import UsageError


def read_rates(text: str) -> tuple[str, tuple[float, ...]]:
    """Return the codec and the rates of ``NAME=R,R,...``.

    Raises:
        UsageError: when it is something else.
    """
    name, equals, values = text.partition("=")
    try:
        rates = tuple(map(float, values.split(",")))
    except ValueError:
        rates = ()
    if not name or not equals or not rates:
        raise UsageError(
            f"--rates {text} cannot be read; give a codec and its rates, as "
            "NAME=R,R, e.g. x265-bands=20,28,35."
        )
    return name, rates


def read_weights(
    texts: Sequence[str], rates: Mapping[str, Sequence[float]]
) -> dict[tuple[str, float], str]:
    """Return codec and rate to the file, of ``NAME:RATE=FILE`` and ``NAME=FILE``.

    Args:
        texts: what was given. A name without a rate is that of a codec with one set of
            weights for all rates.
        rates: codec to the rates that are asked for; the others have all on their card.

    Raises:
        UsageError: when one is something else.
    """
    found: dict[tuple[str, float], str] = {}
    for text in texts:
        setting, equals, file = text.partition("=")
        name, colon, rate = setting.rpartition(":")
        if not equals or not file:
            raise _unreadable(text)
        if not colon:
            found |= dict.fromkeys(_all_rates(setting, text, rates), file)
            continue
        try:
            found[name, float(rate)] = file
        except ValueError as error:
            raise _unreadable(text) from error
    return found


def _all_rates(
    name: str, text: str, rates: Mapping[str, Sequence[float]]
) -> list[tuple[str, float]]:
    """Return a codec that has one set of weights with each of its rates."""
    from neucobench.codecs.card import codec_card, codec_names

    if name not in codec_names() or not codec_card(name).variants:
        raise _unreadable(text)
    return [(name, rate) for rate in rates.get(name, codec_card(name).rates)]


def _unreadable(text: str) -> UsageError:
    return UsageError(
        f"--weights {text} cannot be read; give a codec, one rate and a file, e.g. "
        "tec-fp:10=TerraCodec_v1_FP_S2L2A_lambda-10.pt. The rate is left out for a "
        "codec with one set of weights for all, e.g. flextec=FILE."
    )
