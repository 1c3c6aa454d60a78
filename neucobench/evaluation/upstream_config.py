"""NeuCo-Bench's own configuration files, read unchanged.

v1.1 keeps the probe's settings under ``probe_params``, v1.0 at the top level. Upstream
ignores a key that it does not know, so a misspelt option changes the numbers in
silence; here a key close to a known one is an error, any other a finding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from sys import float_info
from typing import Any

import yaml

from neucobench.content import read_text
from neucobench.errors import CardError
from neucobench.findings import Finding

MOST_DIMENSIONS, MOST_ROUNDS, MOST_ROWS = 100_000, 10_000, 1_000_000
PROBE_KEYS = ("batch_size", "epochs", "learning_rate", "device")
NESTING_KEYS = ("probe_type", "probe_params")
FLAGS = {
    "standardize_embeddings": True,
    "normalize_labels": True,
    "enable_plots": False,
    "update_leaderboard": False,
    "output_fold_results": False,
    "store_probes": False,
}
SHARED_KEYS = ("k_folds", "embedding_dim", "task_filter", *FLAGS)
NO_EFFECT = {
    "enable_plots": "figures are made by 'neucobench report'",
    "update_leaderboard": "boards are made by 'neucobench board build'",
    "device": "the device is chosen by --device",
}
PROBES_NOT_STORED = Finding(
    code="probes-not-stored",
    level="warning",
    message=(
        "store_probes: the probes are not stored; only the random draws that upstream "
        "makes for them are repeated, so that the later tasks score the same."
    ),
)


@dataclass(frozen=True, kw_only=True)
class UpstreamConfig:
    """Hold what a configuration file of NeuCo-Bench asks for.

    Attributes:
        folds: ``k_folds``.
        epochs: ``epochs``.
        batch_size: ``batch_size``.
        learning_rate: ``learning_rate``.
        embedding_dim: ``embedding_dim``, or None.
        standardize: ``standardize_embeddings``, on by default.
        scale_labels: ``normalize_labels``, on by default.
        store_probes: ``store_probes``, off by default.
        task_filter: the tasks that it selects, or None for all.
        findings: options without effect here, and unknown keys.
    """

    folds: int
    epochs: int
    batch_size: int
    learning_rate: float
    embedding_dim: int | None = None
    standardize: bool = True
    scale_labels: bool = True
    store_probes: bool = False
    task_filter: tuple[str, ...] | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Section:
    """One mapping of the file, with the sentences for what is wrong in it."""

    path: Path
    values: Mapping[str, Any]
    where: str = ""

    def fail(self, key: str, accepted: str) -> CardError:
        return CardError(
            f"{self.path}: {self.where}{key} is {self.values[key]!r}; it must be "
            f"{accepted}."
        )

    def require(self, key: str) -> None:
        if self.values.get(key) is None:
            raise CardError(
                f"{self.path}: the setting {self.where}{key} is missing; add it, as in "
                "NeuCo-Bench's sample configuration."
            )

    def count(self, key: str, most: int) -> int:
        self.require(key)
        value = self.values[key]
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not 1 <= value <= most:
            raise self.fail(key, f"a whole number from 1 to {most:,}, unquoted")
        return int(value)

    def width(self, key: str) -> int | None:
        if self.values.get(key) is None:
            return None
        return self.count(key, MOST_DIMENSIONS)

    def rate(self, key: str) -> float:
        self.require(key)
        value = self.values[key]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 < value <= float_info.max:
            raise self.fail(
                key, "a number above 0, such as 0.001 (1e-3 is text in YAML)"
            )
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.fail(key, "true or false")
        return value


def read_config(path: Path) -> UpstreamConfig:
    """Return what a configuration file of NeuCo-Bench v1.0 or v1.1 asks for.

    Raises:
        CardError: when the file cannot be read, lacks a required setting, holds a value
            that is not accepted, or asks for a probe that is not available.
    """
    return parse_config(_read_yaml(path), path)


def parse_config(content: Mapping[str, Any], path: Path) -> UpstreamConfig:
    """Return what the settings of a configuration ask for.

    Args:
        content: the settings, v1.0 or v1.1.
        path: the file they stand in, for the messages.

    Raises:
        CardError: as ``read_config``.
    """
    top = _Section(path=path, values={str(key): content[key] for key in content})
    _refuse_misspelt(top, (*SHARED_KEYS, *NESTING_KEYS, *PROBE_KEYS))
    probe = _probe_section(top)
    if probe is top:
        findings = _judge(top, (*SHARED_KEYS, *PROBE_KEYS))
    else:
        _refuse_misspelt(probe, PROBE_KEYS)
        findings = _judge(top, (*SHARED_KEYS, *NESTING_KEYS))
        findings += _judge(probe, PROBE_KEYS)
    flags = {key: top.flag(key, default) for key, default in FLAGS.items()}
    if flags["store_probes"]:
        findings.append(PROBES_NOT_STORED)
    return UpstreamConfig(
        folds=top.count("k_folds", MOST_ROUNDS),
        epochs=probe.count("epochs", MOST_ROUNDS),
        batch_size=probe.count("batch_size", MOST_ROWS),
        learning_rate=probe.rate("learning_rate"),
        embedding_dim=top.width("embedding_dim"),
        standardize=flags["standardize_embeddings"],
        scale_labels=flags["normalize_labels"],
        store_probes=flags["store_probes"],
        task_filter=_task_filter(top),
        findings=tuple(findings),
    )


def _read_yaml(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(read_text(path, encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        # A number of 5,000 digits or the 99th of a month is a plain ValueError.
        reason = " ".join(str(error).split())
        raise CardError(f"{path} is not a readable YAML file: {reason}.") from error
    if not isinstance(content, dict):
        raise CardError(
            f"{path} holds no settings; it must be a configuration of NeuCo-Bench, "
            "with lines such as 'k_folds: 40'."
        )
    return content


def _probe_section(top: _Section) -> _Section:
    """Return the section with the probe's settings: below, or the top level in v1.0."""
    if "probe_type" not in top.values and "probe_params" not in top.values:
        return top
    top.require("probe_type")
    kind = top.values["probe_type"]
    if kind == "svm":
        raise CardError(
            f"{top.path}: the probe 'svm' is not available yet; set probe_type: linear."
        )
    if kind != "linear":
        raise top.fail("probe_type", "linear")
    top.require("probe_params")
    params = top.values["probe_params"]
    if not isinstance(params, dict):
        raise top.fail(
            "probe_params", "a mapping with batch_size, epochs, learning_rate"
        )
    return _Section(
        path=top.path,
        values={str(key): value for key, value in params.items()},
        where="probe_params.",
    )


def _refuse_misspelt(section: _Section, known: tuple[str, ...]) -> None:
    for key in section.values:
        near = get_close_matches(key, known, n=1, cutoff=0.8)
        if near and key not in known:
            raise CardError(
                f"{section.path}: there is no setting {section.where}{key}, which "
                f"NeuCo-Bench would ignore; did you mean {near[0]!r}?"
            )


def _judge(section: _Section, known: tuple[str, ...]) -> list[Finding]:
    """Return a finding for every key that has no effect."""
    findings = []
    for key, value in section.values.items():
        name = section.where + key
        if key not in known:
            message = f"{name} is not a setting of NeuCo-Bench here; it has no effect."
            findings.append(
                Finding(code="unknown-setting", level="warning", message=message)
            )
        elif key in NO_EFFECT and value not in (False, None, "auto"):
            message = f"{name} has no effect here: {NO_EFFECT[key]}."
            findings.append(
                Finding(code="setting-without-effect", level="info", message=message)
            )
    return findings


def _task_filter(top: _Section) -> tuple[str, ...] | None:
    value = top.values.get("task_filter")
    # The first public configuration says 'task_filter: false' for none.
    if value is None or value is False:
        return None
    named = isinstance(value, list) and all(isinstance(task, str) for task in value)
    if not named or not value:
        raise top.fail("task_filter", "null or a list of task names")
    return tuple(dict.fromkeys(value))
