"""The shards of a run that are not finished yet, on this machine or on a cluster."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from neucobench.data.dataset import CubeFolder
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.running.local import Progress, encode_locally
from neucobench.encoders.running.shards import Shard, ShardFacts, finished, plan_shards
from neucobench.errors import InputError
from neucobench.findings import Finding

# So that a few cubes too keep all cores busy.
_FEWEST_SHARDS = 16


@dataclass(frozen=True, kw_only=True)
class Work:
    """Say what is to be encoded, and by whom.

    Attributes:
        folder: the cubes.
        signatures: cube id to signature.
        encoder: what encodes them, prepared and fitted.
        run: what decides the numbers, apart from the cubes, as a digest.
        shard_rows: cubes in a shard.
        workers: threads of this process.
        scheduler: the address of a Dask scheduler, or None.
    """

    folder: CubeFolder
    signatures: Mapping[str, str]
    encoder: CheckedEncoder
    run: str
    shard_rows: int
    workers: int
    scheduler: str | None


@dataclass(frozen=True, kw_only=True)
class Done:
    """Hold the finished shards of a run.

    Attributes:
        shards: all of them, in order.
        facts: what each holds.
        resumed: cubes that an earlier run had encoded.
        bytes_read: the size of the files that this run read.
    """

    shards: tuple[Shard, ...]
    facts: tuple[ShardFacts, ...]
    resumed: int
    bytes_read: int

    @property
    def encoded(self) -> int:
        """Return the cubes that this run encoded."""
        return sum(item.rows for item in self.facts) - self.resumed


def shard_size(encoder: CheckedEncoder, cubes: int) -> int:
    """Return the cubes in a shard: whole batches, and fewer where there are few cubes.

    It depends on the encoder and the cubes alone: a run may go on with other workers.
    """
    batches = -(-cubes // (_FEWEST_SHARDS * encoder.batch_size))
    return min(encoder.shard_size, max(1, batches) * encoder.batch_size)


def encode_missing(
    work: Work,
    hidden: Path,
    *,
    tell: Callable[[int], None],
    judge: Callable[[Sequence[Finding]], None],
) -> Done:
    """Encode what is not finished yet, and return all shards.

    Args:
        work: what is to be done.
        hidden: the folder of the run.
        tell: called with the number of cubes that are done.
        judge: called with the findings of each batch; may raise.

    Raises:
        InputError: when the encoder fails, or a finished shard cannot be read back.
    """
    shards = plan_shards(hidden, work.run, work.signatures, size=work.shard_rows)
    _remove_others(hidden, shards)
    known = {shard.path: finished(shard) for shard in shards}
    left = [shard for shard in shards if known[shard.path] is None]
    tried = len(work.signatures) - sum(len(shard.ids) for shard in left)
    tell(tried)
    with closing(_encode(work, left)) as events:
        for event in events:
            judge(event.findings)
            tried += event.cubes
            tell(tried)
    new = [_require_finished(shard) for shard in left]
    fresh = {shard.path: facts for shard, facts in zip(left, new, strict=True)}
    facts = [known[shard.path] or fresh[shard.path] for shard in shards]
    return Done(
        shards=tuple(shards),
        facts=tuple(facts),
        resumed=sum(item.rows for item in facts) - sum(item.rows for item in new),
        bytes_read=sum(item.bytes_read for item in new),
    )


def _encode(work: Work, left: Sequence[Shard]) -> Generator[Progress, None, None]:
    if work.scheduler is None:
        return encode_locally(left, work.folder, work.encoder, workers=work.workers)
    from neucobench.encoders.running.cluster import encode_on_cluster

    return encode_on_cluster(left, work.folder, work.encoder, address=work.scheduler)


def _remove_others(hidden: Path, shards: Sequence[Shard]) -> None:
    """Remove what an earlier run of another kind has left, which nobody will use."""
    wanted = {shard.path for shard in shards}
    for path in hidden.glob("[0-9]*.parquet"):
        if path not in wanted:
            path.unlink()


def _require_finished(shard: Shard) -> ShardFacts:
    facts = finished(shard)
    if facts is None:
        raise InputError(
            f"{shard.path} was written and cannot be read back; the disk may be "
            "damaged, or the workers write to another one. Give the same command "
            "again once this process sees the workers' files."
        )
    return facts
