"""Series as TerraTorch gives them, (batch, band, time, y, x), and their frames."""

from torch import Tensor

from neucobench.errors import UsageError

MERGES = ("mean", "max", "concat")
_PICTURE, _SERIES = 4, 5


def fold_frames(x: Tensor) -> tuple[Tensor, int]:
    """Return pictures (batch * time, band, y, x), and how many each series has.

    Args:
        x: (batch, band, y, x), which are series of one, or (batch, band, time, y, x).

    Raises:
        UsageError: when it is neither.
    """
    if x.ndim == _PICTURE:
        return x, 1
    if x.ndim != _SERIES:
        raise UsageError(
            f"A tensor of the shape {tuple(x.shape)} was given; a codec takes "
            "pictures (batch, band, y, x) or series (batch, band, time, y, x). Give "
            "one of these."
        )
    return x.transpose(1, 2).flatten(0, 1), x.shape[2]


def unfold_frames(pictures: Tensor, like: Tensor) -> Tensor:
    """Return pictures (batch * time, band, y, x) in the shape they were given in.

    Args:
        pictures: what became of them.
        like: what ``fold_frames`` was given.
    """
    if like.ndim == _PICTURE:
        return pictures
    series = pictures.reshape(len(like), like.shape[2], *pictures.shape[1:])
    return series.transpose(1, 2)


def merge_frames(
    features: Tensor, time: int, merge: str, num_frames: int | None
) -> Tensor:
    """Return (batch, channel, y, x) of the features of all frames.

    Args:
        features: (batch * time, channel, y, x).
        time: how many frames a series has.
        merge: one of ``MERGES``.
        num_frames: how many were announced; None: any number.

    Raises:
        UsageError: when series have more frames, or fewer, than were announced.
    """
    if num_frames is not None and time != num_frames:
        raise UsageError(
            f"Series of {time} frames were given to a backbone that was built with "
            f"num_frames={num_frames}. Give series of that length, or build it anew."
        )
    series = features.reshape(-1, time, *features.shape[1:])
    if merge == "concat":
        return series.flatten(1, 2)
    return series.mean(dim=1) if merge == "mean" else series.amax(dim=1)


def merged_width(width: int, merge: str, num_frames: int | None) -> int:
    """Return how many channels ``merge_frames`` makes of some.

    Raises:
        UsageError: when there is no such way to merge, or the number is not known.
    """
    if merge not in MERGES:
        raise UsageError(
            f"merge={merge!r} was given; the frames of a series are merged by one of "
            f"{', '.join(MERGES)}. Choose one of these."
        )
    if merge != "concat":
        return width
    if num_frames is None:
        raise UsageError(
            "merge='concat' was given without the number of frames, on which the "
            "number of channels depends. Add num_frames=..., or choose merge='mean'."
        )
    return width * num_frames
