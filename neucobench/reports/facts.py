"""The facts behind a report: settings, label files, and where evaluations disagree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from neucobench.evaluation.result import Evaluation
from neucobench.reports.summary import Summary, TaskTitle


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Name a setting and its values; more than one where evaluations disagree."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LabelFiles:
    """Hold what the evaluations say about the label file of a task."""

    task: TaskTitle
    files: tuple[Mapping[str, Any], ...]


def settings(
    evaluations: Iterable[Evaluation], part: Literal["protocol", "software"]
) -> list[Setting]:
    """Return the settings of the evaluations, each with its different values."""
    found: dict[str, list[str]] = {}
    for evaluation in evaluations:
        content: Mapping[str, Any] = getattr(evaluation, part)
        for name, value in content.items():
            text = _plain(value)
            if text not in found.setdefault(name, []):
                found[name].append(text)
    return [
        Setting(name=name.replace("_", " "), values=tuple(values))
        for name, values in found.items()
    ]


def label_files(summary: Summary) -> list[LabelFiles]:
    """Return the label files of every task; several where the evaluations differ."""
    found = []
    for task in summary.tasks:
        files: list[Mapping[str, Any]] = []
        for method in summary.methods:
            entry = method.evaluation.labels.get(task.name)
            if entry is not None and entry not in files:
                files.append(entry)
        found.append(LabelFiles(task=task, files=tuple(files)))
    return found


def disagreements(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return in which ways the evaluations do not belong together, as sentences."""
    sentences = []
    differing = [
        setting.name
        for setting in settings(evaluations, "protocol")
        if len(setting.values) > 1 and setting.name != "name"
    ]
    if differing:
        sentences.append(
            f"The evaluations differ in their protocol: {', '.join(differing)}. "
            "Their scores are not made in the same way."
        )
    digests: dict[str, set[Any]] = {}
    for evaluation in evaluations:
        for task, entry in evaluation.labels.items():
            digests.setdefault(task, set()).add(entry.get("sha256"))
    changed = sorted(task for task, found in digests.items() if len(found) > 1)
    if changed:
        sentences.append(
            f"The label files differ between the evaluations for {', '.join(changed)}."
        )
    return sentences


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
