"""Protocols: every setting that turns embeddings and labels into fold scores.

The cards are ``tasks/protocols/<name>.toml``. NeuCo-Bench's own configuration files are
read by ``neucobench.evaluation.upstream_config``.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from neucobench.content import card_path, card_paths, load_card
from neucobench.evaluation.upstream_config import (
    MOST_DIMENSIONS,
    UpstreamConfig,
    read_config,
)
from neucobench.findings import Finding

SECTION = "tasks/protocols"
LARGEST_SEED = 2**32 - 1  # of numpy's legacy generator, which draws the splits

Text = Annotated[str, Field(min_length=1)]


class Protocol(BaseModel):
    """Hold the settings of an evaluation, all of them resolved.

    Attributes:
        name: the protocol's name; ``"config:<file name>"`` from a configuration file.
        title: a short name for tables and figures.
        description: what it does.
        source: where the settings were published.
        probe: the kind of probe.
        folds: number of shuffled splits.
        epochs: passes over the training rows; the best one counts.
        batch_size: rows in a training step.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        seed: of the splits and of the probe's random draws.
        test_size: fraction of the rows that is held out.
        embedding_dim: vectors are padded with zeros to this length; None: as they are.
        standardize: subtract one mean and divide by one deviation, over all cells.
        scale_labels: scale the labels of a task to [0, 1].
        full_coverage: a labeled id without an embedding is an error.
        strict_cells: a cell that is NaN, empty or text is an error.
        store_probes_draws: make the random draws that upstream makes after each task
            when it stores probes, so that the later tasks see the same numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Text
    title: Text
    description: Text
    source: Text
    probe: Literal["linear"] = "linear"
    folds: Annotated[int, Field(ge=1, le=10_000)]
    epochs: Annotated[int, Field(ge=1, le=10_000)]
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)]
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.01
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] = 42
    test_size: Annotated[float, Field(gt=0, lt=1)] = 0.1
    embedding_dim: Annotated[int, Field(ge=1, le=MOST_DIMENSIONS)] | None = None
    standardize: bool = True
    scale_labels: bool = True
    full_coverage: bool = False
    strict_cells: bool = False
    store_probes_draws: bool = False

    def resolved(self) -> dict[str, Any]:
        """Return the name and every setting, as they stand in ``evaluation.json``."""
        return self.model_dump(mode="json", exclude={"title", "description", "source"})

    def settings(self) -> dict[str, Any]:
        """Return every setting; protocols with equal settings give equal scores."""
        return {key: value for key, value in self.resolved().items() if key != "name"}

    def as_dict(self) -> dict[str, Any]:
        """Return the whole card as plain JSON types."""
        return self.model_dump(mode="json")


def protocol_names() -> list[str]:
    """Return the names of all protocol cards, sorted."""
    return list(card_paths(SECTION))


def protocol(name: str) -> Protocol:
    """Return the protocol of a card.

    Raises:
        UnknownNameError: when no card has that name.
        CardError: when the card cannot be read.
    """
    return load_card(card_path(SECTION, "protocol", name), Protocol)


def protocol_from_yaml(
    path: Path | str,
) -> tuple[Protocol, tuple[str, ...] | None, list[Finding]]:
    """Return the protocol that a NeuCo-Bench configuration file describes.

    Args:
        path: a YAML file of NeuCo-Bench v1.0 or v1.1, unchanged.

    Returns:
        The protocol, the tasks it selects (None: all), and what was noticed: options
        that have no effect here, keys that NeuCo-Bench does not know.

    Raises:
        CardError: when the file cannot be read, lacks a required setting, holds a value
            that is not accepted, or asks for a probe that is not available.
    """
    path = Path(path)
    config = read_config(path)
    found = protocol_from_config(config, name=f"config:{path.name}")
    return found, config.task_filter, list(config.findings)


def protocol_from_config(config: UpstreamConfig, *, name: str) -> Protocol:
    """Return the protocol with the settings of a NeuCo-Bench configuration."""
    return Protocol(
        name=name,
        title=name,
        description="The settings of a NeuCo-Bench configuration.",
        source=name,
        folds=config.folds,
        epochs=config.epochs,
        batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        embedding_dim=config.embedding_dim,
        standardize=config.standardize,
        scale_labels=config.scale_labels,
        store_probes_draws=config.store_probes,
    )
