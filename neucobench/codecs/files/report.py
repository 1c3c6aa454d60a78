"""What compressing a file, and restoring one, did."""

from dataclasses import dataclass
from pathlib import Path

from neucobench.codecs.container.header import Header, Missing
from neucobench.codecs.container.reader import Sizes
from neucobench.codecs.files.losses import Loss
from neucobench.findings import Finding


@dataclass(frozen=True, kw_only=True)
class CompressReport:
    """Say what was compressed, and into how much.

    Attributes:
        source: the picture's file.
        out: the container.
        header: the container's header.
        source_bytes: the size of the picture's file.
        sizes: where the bytes of the container are.
        seconds: wall time.
        peak_memory: largest resident size of the process so far, in bytes.
        findings: what a user should know, e.g. values that look like another unit.
    """

    source: Path
    out: Path
    header: Header
    source_bytes: int
    sizes: Sizes
    seconds: float
    peak_memory: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DecompressReport:
    """Say what was restored.

    Attributes:
        source: the container.
        out: the picture's file.
        header: the container's header.
        missing: how many numbers were restored as no data.
        clipped: how many lay beyond what the type holds and were cut off.
        moved: how many would have read as no data and moved by one step.
        seconds: wall time.
        peak_memory: largest resident size of the process so far, in bytes.
        losses: what a damaged container has lost, tile by tile.
        findings: what the new file could not take over.
    """

    source: Path
    out: Path
    header: Header
    missing: Missing
    clipped: int
    moved: int
    seconds: float
    peak_memory: int
    losses: tuple[Loss, ...] = ()
    findings: tuple[Finding, ...] = ()
