"""What is to be scored: each table with what its cubes or its vectors cost."""

from collections.abc import Iterator
from dataclasses import dataclass

from neucobench.embeddings.quantizers import PLAIN, stored_width
from neucobench.embeddings.table import EmbeddingTable
from neucobench.evaluation.result import Evaluation
from neucobench.studies.utility.encoding import Encoded
from neucobench.studies.utility.point import (
    Coding,
    Input,
    Sweep,
    UtilityPoint,
    coding_of,
    storing_of,
)
from neucobench.studies.utility.request import CodecSetting, UtilityRequest
from neucobench.studies.utility.storages import lengths, stored_tables


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Hold a table before it is scored; see ``UtilityPoint`` for the fields."""

    table: EmbeddingTable
    sweep: Sweep
    input: Input
    setting: CodecSetting | None
    coding: Coding
    storage: str = PLAIN

    @property
    def name(self) -> str:
        """Return what it is called among the scores."""
        if self.sweep == "storage":
            return f"{self.input}-{self.table.dims}-{self.storage}"
        return f"{self.setting.name}-{self.input}" if self.setting else self.input

    def scored(self, evaluation: Evaluation) -> UtilityPoint:
        """Return the point of what it scored."""
        return UtilityPoint(
            sweep=self.sweep,
            input=self.input,
            setting=self.setting,
            coding=self.coding,
            dims=self.table.dims,
            storage=self.storage,
            bytes=stored_width(self.storage, self.table.dims),
            evaluation=evaluation,
        )


def count_candidates(encoded: Encoded, request: UtilityRequest) -> int:
    """Return how many candidates a study has."""
    stored = len(lengths(encoded.original, request)) * len(request.storages)
    return 1 + len(encoded.decoded) + len(encoded.latents) + stored


def candidates(encoded: Encoded, request: UtilityRequest) -> Iterator[Candidate]:
    """Yield the original cubes, then each rate, then each length and storage."""
    some = next(iter(encoded.decoded.values()))
    stored = storing_of(some.measures)
    yield Candidate(
        table=encoded.original,
        sweep="rate",
        input="original",
        setting=None,
        coding=stored,
    )
    for setting, item in encoded.decoded.items():
        coding = coding_of(item.measures, peak=request.peak)
        kinds: dict[Input, EmbeddingTable] = {"decoded": item.table}
        if setting in encoded.latents:
            kinds["latents"] = encoded.latents[setting]
        for kind, table in kinds.items():
            yield Candidate(
                table=table, sweep="rate", input=kind, setting=setting, coding=coding
            )
    for storage, table in stored_tables(encoded.original, request):
        yield Candidate(
            table=table,
            sweep="storage",
            input="original",
            setting=None,
            coding=stored,
            storage=storage,
        )
