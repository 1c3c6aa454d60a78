"""Find the names of the samples in a file that holds many."""

from neucobench.data.fallback import read_whole
from neucobench.data.layout import parse_layout
from neucobench.data.zipped import ZipArchive

_CANDIDATES = ("sample", "sample_id", "file_name", "id")
_MAX_BYTES = 2**20


def stored_names(
    archive: ZipArchive, folder: str, count: int
) -> tuple[str, ...] | None:
    """Return the names of the samples, or None where the file does not name them.

    Names are a one-dimensional array of text beside ``bands``, as xarray writes it in
    Zarr version 2 (``sample`` in SSL4EO-S12 v1.1), one name per sample, no two alike.
    Numbers are no names: they begin at 0 in every file.

    Args:
        archive: the open file.
        folder: the group that ``bands`` is in, ``""`` or ``"group/"``.
        count: the number of samples.

    Raises:
        CubeError: when the array is damaged or refused.
    """
    for candidate in _CANDIDATES:
        place = f"{folder}{candidate}/"
        if f"{place}.zarray" not in archive:
            continue
        layout = parse_layout(archive.read(f"{place}.zarray", limit=_MAX_BYTES), 2)
        text = layout.dtype.kind == "U" and layout.chunk_bytes <= _MAX_BYTES
        if not text or layout.shape != (count,):
            continue
        names = tuple(str(name) for name in read_whole(archive, place, layout))
        if len(set(names)) == count:
            return names
    return None
