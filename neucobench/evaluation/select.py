"""Which tasks an evaluation scores."""

from collections.abc import Collection, Mapping

from neucobench.errors import LabelError, UnknownNameError
from neucobench.tasks.card import suite as load_suite
from neucobench.tasks.labels import LabelTable


def select_tasks(
    labels: Mapping[str, LabelTable],
    *,
    suite: str | None,
    tasks: Collection[str] | None,
) -> dict[str, LabelTable]:
    """Return the label tables to score, in alphabetical order of their tasks.

    Args:
        labels: every label table of the folder.
        suite: a suite's name; None for every table, carded or not.
        tasks: names that narrow the choice further; None for no narrowing.

    Raises:
        LabelError: when a task of the suite has no label file.
        UnknownNameError: when the suite, or a name in ``tasks``, is not known.
    """
    chosen = set(labels)
    if suite is not None:
        wanted = load_suite(suite).tasks
        missing = sorted(set(wanted) - chosen)
        if missing:
            raise LabelError(
                f"The suite {suite!r} needs label files for {', '.join(missing)}, and "
                "the label folder has none. Add them (<task>__<type>.csv), or choose "
                "another suite with --suite."
            )
        chosen = set(wanted)
    for name in tasks or ():
        if name not in chosen:
            raise UnknownNameError("task among the labels", name, chosen)
    if tasks:
        chosen = set(tasks)
    return {task: labels[task] for task in sorted(chosen)}
