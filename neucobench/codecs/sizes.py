"""Networks as wide as a checkpoint says, filled with its weights."""

from pathlib import Path

from neucobench.codecs.elic.context import SMALLEST_M
from neucobench.codecs.elic.network import Elic
from neucobench.codecs.factorized import FactorizedPrior
from neucobench.codecs.weights import Checkpoint, fill_network, read_checkpoint
from neucobench.errors import CodecError


def load_factorized(path: Path) -> tuple[FactorizedPrior, Checkpoint]:
    """Return TEC-FP with the weights in a file, and what the file is.

    Raises:
        CodecError: when the file holds something else.
    """
    checkpoint = read_checkpoint(path, family="TEC-FP")
    n, bands, *_ = checkpoint.shape("g_a.0.weight", 4)
    m, *_ = checkpoint.shape("g_a.6.weight", 4)
    return fill_network(FactorizedPrior(bands, n, m), checkpoint), checkpoint


def load_elic(path: Path) -> tuple[Elic, Checkpoint]:
    """Return TEC-ELIC with the weights in a file, and what the file is.

    Raises:
        CodecError: when the file holds something else.
    """
    checkpoint = read_checkpoint(path, family="TEC-ELIC")
    n, bands, *_ = checkpoint.shape("g_a.0.weight", 4)
    m, *_ = checkpoint.shape("g_a.13.weight", 4)
    if m < SMALLEST_M:
        raise CodecError(
            f"The weights in {path} are for {m} latent channels, and TEC-ELIC has at "
            f"least {SMALLEST_M}; give another file with --weights FILE."
        )
    return fill_network(Elic(bands, n, m), checkpoint), checkpoint
