"""Pictures in ``.npy`` files, (band, y, x) or (time, band, y, x).

A file is mapped into memory anew for each window: pages of a mapping that stays count
as memory of the process, all that have ever been touched.
"""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.pixels.values import Convention, require_numbers
from neucobench.codecs.raster.base import AXES, Picture
from neucobench.errors import CodecError


class NpySource:
    """Read a picture from a ``.npy`` file, window by window.

    Args:
        path: the file.

    Raises:
        CodecError: when it is no ``.npy`` file, or holds no picture.
    """

    kept = None

    def __init__(self, path: Path) -> None:
        try:
            array: NDArray[Any] = _mapped(path, mode="r")
        except (ValueError, EOFError) as error:
            raise CodecError(
                f"this is no whole .npy file of numbers ({error}); write it again with "
                "numpy.save"
            ) from error
        if array.ndim not in (3, 4) or not array.size:
            raise CodecError(
                f"the array has the shape {array.shape}; accepted is (band, y, x) or "
                "(time, band, y, x), none of them 0, so reshape it"
            )
        require_numbers(array.dtype)
        time = array.shape[0] if array.ndim == len(AXES) - 1 else 1
        bands, height, width = array.shape[-3:]
        shape = (time, bands, height, width)
        self._path = path
        self.convention = Convention()
        self.picture = Picture(
            format="npy",
            axes=AXES[-array.ndim :],
            shape=shape,
            dtype=array.dtype.name,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Return a window as it is stored, (time, band, y, x)."""
        stack = _mapped(self._path, mode="r").reshape(self.picture.shape)
        return np.array(stack[..., rows, columns], dtype=self.picture.kind)


class NpySink:
    """Write a picture to a ``.npy`` file.

    Args:
        path: the file.
        picture: what it is like; it gets an axis ``time`` unless the picture's own
            file had none.
    """

    def __init__(self, path: Path, picture: Picture) -> None:
        time, *rest = picture.shape
        flat = time == 1 and "time" not in picture.axes
        shape = tuple(rest) if flat else picture.shape
        _mapped(path, mode="w+", dtype=picture.kind, shape=shape)
        self._path, self._shape = path, picture.shape

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def write(self, top: int, rows: NDArray[Any]) -> None:
        """Write full rows, (time, band, y, x), the first of which is ``top``."""
        stack = _mapped(self._path, mode="r+").reshape(self._shape)
        stack[:, :, top : top + rows.shape[2]] = rows


def _mapped(path: Path, **options: Any) -> NDArray[Any]:
    """Return the array of a ``.npy`` file, mapped into memory."""
    array: NDArray[Any] = np.lib.format.open_memmap(path, **options)  # type: ignore[no-untyped-call]
    return array
