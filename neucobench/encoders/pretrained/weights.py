"""Trained weights of an encoder: where the file is."""

from pathlib import Path

from neucobench.data.fetch_weights import download_weights
from neucobench.encoders.card import WeightsSource, encoder_card
from neucobench.errors import CardError, InputError


def find_weights(name: str, given: str | None) -> Path:
    """Return the file with the weights of an encoder, downloaded where it is missing.

    Args:
        name: the encoder's card, which says where its weights are published.
        given: a file of the user's own, taken as it is; None: the published one, whose
            digest is checked each time.

    Raises:
        InputError: when the file that is given does not exist.
        CardError: when the card names no weights.
        DownloadError: when the published file cannot be reached or is another one.
    """
    if given is None:
        return download_weights(name, _published(name))
    path = Path(given).expanduser()
    if not path.is_file():
        raise InputError(
            f"{given} was given as the weights of {name!r} and is no file that exists; "
            "correct --weights FILE, or leave it away to download the published ones."
        )
    return path


def _published(name: str) -> WeightsSource:
    source = encoder_card(name).weights
    if source is None:
        raise CardError(
            f"The card of the encoder {name!r} has no [weights] table that says where "
            "they are published; give a file with --weights FILE."
        )
    return source
