"""Whether a codec takes a picture, and whether it is the one that a file needs."""

import re

from neucobench.codecs.base import Codec, CodecIdentity
from neucobench.codecs.card import codec_card, codec_names
from neucobench.codecs.raster.base import Picture
from neucobench.data.bands import MODALITIES, Modality
from neucobench.errors import (
    CodecError,
    ContainerError,
    DownloadError,
    UnknownNameError,
    UsageError,
)

_BAND = re.compile(r"B0*(\d{1,2}|8A)", re.IGNORECASE)


def require_suitable(codec: Codec, picture: Picture, tile: int) -> None:
    """Refuse a picture that a codec does not take.

    Raises:
        CodecError: when it has other bands, or says that they are in another order, or
            when it or its tiles are too small.
    """
    name = codec.identity.name
    _, bands, height, width = picture.shape
    if codec.bands is not None and bands != codec.bands:
        raise CodecError(
            f"it has {bands} bands, and {name} takes {_listed(codec)}; select these, "
            "in this order, or choose a codec for any number of bands"
        )
    _require_order(codec, picture)
    if min(height, width) < codec.smallest:
        raise CodecError(
            f"it has {height} x {width} pixels, and {name} takes at least "
            f"{codec.smallest} x {codec.smallest}; choose another codec"
        )
    if tile < codec.smallest:
        raise CodecError(
            f"tiles of {tile} pixels were asked for, and {name} takes at least "
            f"{codec.smallest}; give a larger --tile"
        )


def codec_of(
    header_codec: CodecIdentity, weights: str | None, device: str | None
) -> Codec:
    """Return the codec that a container needs.

    Args:
        header_codec: what the container says of its codec.
        weights: a file with the weights; None: those on the codec's card.
        device: where the codec computes; None: the CPU.

    Raises:
        ContainerError: when this installation has no such codec, or the weights, the
            version or the options differ.
        CodecError: when the weights cannot be used.
        DownloadError: when they cannot be fetched.
    """
    from neucobench.codecs.load import load_codec

    wanted = header_codec
    try:
        if weights is None:
            _require_published(wanted)
        codec = load_codec(
            wanted.name, rate=wanted.rate, weights=weights, device=device
        )
    except UnknownNameError as error:
        raise ContainerError(
            f"the file was written by the codec {wanted.name!r}, which this "
            "installation does not have; update neucobench, or install it there"
        ) from error
    except UsageError as error:
        if weights is not None:
            raise
        raise ContainerError(f"{_needed(wanted)} ({error})") from error
    except DownloadError as error:
        raise DownloadError(f"{error} T{_needed(wanted)[1:]}.") from error
    require_same(codec.identity, wanted)
    return codec


def _require_published(wanted: CodecIdentity) -> None:
    """Refuse weights that are not those on the card, before any are fetched.

    Raises:
        ContainerError: when the card says so.
    """
    if wanted.name not in codec_names():
        return
    entries = codec_card(wanted.name).weights
    fitting = [entry for entry in entries if entry.rate in (None, wanted.rate)]
    digests = {entry.sha256 for entry in fitting}
    if digests and not digests & {None, wanted.weights}:
        raise ContainerError(
            f"the weights on the card of {wanted.name} for {wanted.rate:g} have "
            f"the SHA-256 {fitting[0].sha256}, and these did not write it; "
            f"{_needed(wanted)}"
        )


def require_same(given: CodecIdentity, wanted: CodecIdentity) -> None:
    """Refuse a codec that is not the one that wrote a file.

    Args:
        given: the codec at hand.
        wanted: what the file says.

    Raises:
        ContainerError: when the name, the version, the weights or the options differ.
    """
    if given.name != wanted.name:
        raise ContainerError(
            f"the file was written by the codec {wanted.name}, and {given.name} was "
            "given; load the codec that the file names"
        )
    if given.weights != wanted.weights:
        raise ContainerError(
            f"the weights given have the SHA-256 {given.weights}, and these do not "
            f"decode it; {_needed(wanted)}"
        )
    same = (given.version, given.rate, dict(given.options)) == (
        wanted.version,
        wanted.rate,
        dict(wanted.options),
    )
    if not same:
        raise ContainerError(
            f"the file was written by version {wanted.version} of {wanted.name} at "
            f"rate {wanted.rate:g} with the options {dict(wanted.options)}, and this "
            f"is version {given.version} at rate {given.rate:g} with "
            f"{dict(given.options)}; use the release of neucobench that wrote it"
        )


def _needed(wanted: CodecIdentity) -> str:
    return (
        f"the file needs the weights of {wanted.name} with the SHA-256 "
        f"{wanted.weights}; give them with --weights FILE"
    )


def bands_of(codec: Codec) -> tuple[str, ...]:
    """Return the names of a codec's bands in its order; empty where it takes any."""
    product = _product(codec)
    return product.bands if product else ()


def _product(codec: Codec) -> Modality | None:
    """Return Sentinel-2's product with as many bands as a codec takes."""
    for modality in MODALITIES.values():
        if modality.optical and len(modality.bands) == codec.bands:
            return modality
    return None


def _listed(codec: Codec) -> str:
    product = _product(codec)
    names = f": {', '.join(product.bands)} of {product.title}" if product else ""
    return f"{codec.bands}{names}"


def _require_order(codec: Codec, picture: Picture) -> None:
    """Refuse bands that are named as those of Sentinel-2, and are in another order."""
    expected = bands_of(codec)
    found = [_BAND.fullmatch(note.name or "") for note in picture.bands]
    if not expected or not found or not all(found):
        return
    names = tuple(f"B{match[1].upper():0>2}" for match in found if match)
    if names != expected:
        raise CodecError(
            f"its bands are {', '.join(names)}, and {codec.identity.name} takes "
            f"{_listed(codec)}; write them in this order"
        )
