"""Train the rates of a recipe on a folder, one after another."""

from collections.abc import Callable, Sequence
from pathlib import Path

from neucobench.codecs.training.crops import Crops
from neucobench.codecs.training.find import find_sources
from neucobench.codecs.training.pool import Pool
from neucobench.codecs.training.processes import Processes, open_processes
from neucobench.codecs.training.recipe import TrainingRecipe
from neucobench.codecs.training.result import Trained, write_result
from neucobench.codecs.training.run import Run, Task, Told
from neucobench.codecs.training.settings import Rate
from neucobench.codecs.training.sources import Sources
from neucobench.codecs.training.start import weights_path
from neucobench.codecs.training.validation import validation_pictures
from neucobench.errors import UsageError

_MULTIPLE = {"factorized": 16, "elic": 64, "temporal": 64, "flexible": 64}


def train(
    recipe: TrainingRecipe,
    root: Path,
    out: Path,
    *,
    rates: Sequence[float] = (),
    steps: int | None = None,
    device: str = "auto",
    workers: int = 2,
    overwrite: bool = False,
    found: Callable[[Sources], None] | None = None,
    told: Callable[[Rate], Told | None] | None = None,
    done: Callable[[Run, Trained], None] | None = None,
) -> tuple[Trained, ...]:
    """Train codecs by a recipe; a run that was interrupted goes on.

    Args:
        recipe: the recipe.
        root: the folder of tiles, cubes or shards.
        out: the folder to write in.
        rates: which of the recipe's rates; all by default, in the recipe's order.
        steps: how many steps, instead of the recipe's.
        device: ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"auto"``.
        workers: threads that draw crops.
        overwrite: whether to start again where there is a state.
        found: called with what the folder holds, by the first process.
        told: called before each rate; returns what is told of its steps.
        done: called after each rate, by the first process.

    Returns:
        What became of each rate; nothing in processes other than the first.

    Raises:
        CodecError: when there is nothing to learn from, a state belongs to another
            run, or weights to start from cannot be used.
        UsageError: when the recipe has no such rate, or torch no such device.
    """
    chosen = [recipe.rate(rate) for rate in rates] or list(recipe.rates)
    with open_processes(device) as processes:
        if recipe.batch % processes.count:
            raise UsageError(
                f"A batch of {recipe.batch} crops cannot be dealt to {processes.count} "
                "processes; choose a number of processes that divides it, or another "
                "batch in the recipe."
            )
        sources = find_sources(
            root,
            recipe.data,
            bands=recipe.bands,
            crop=recipe.crop,
            frames=recipe.frames,
        )
        if found is not None and processes.first:
            found(sources)
        pool = Pool(
            sources.training,
            seed=recipe.seed,
            limit=recipe.data.pool_mib * 2**20,
            steps=recipe.data.pool_steps,
        )
        crops = _crops(recipe, pool, processes)
        pictures = validation_pictures(
            sources.validation,
            recipe.data.validation_pictures,
            _MULTIPLE[recipe.architecture],
            recipe.frames,
        )
        results = []
        try:
            for rate in chosen:
                task = Task(
                    recipe=recipe,
                    rate=rate,
                    steps=steps or rate.steps or recipe.steps,
                    crops=crops,
                    validation=pictures,
                    data=sources.digest,
                    out=out,
                    workers=workers,
                )
                if overwrite:
                    _forget(task, processes)
                run = Run(task, processes)
                run.go_on(told(rate) if told and processes.first else None)
                if processes.first:
                    results.append(write_result(run, sources))
                    if done is not None:
                        done(run, results[-1])
                processes.wait()
        finally:
            pool.close()
    return tuple(results)


def _crops(recipe: TrainingRecipe, pool: Pool, processes: Processes) -> Crops:
    return Crops(
        pool=pool,
        size=recipe.crop,
        batch=recipe.batch,
        seed=recipe.seed,
        augment=recipe.augment,
        frames=recipe.frames,
        share=(processes.rank, processes.count),
    )


def _forget(task: Task, processes: Processes) -> None:
    if processes.first:
        weights = weights_path(task.out, task.recipe, task.rate.rate)
        for path in (task.state_path, weights, weights.with_suffix(".json")):
            path.unlink(missing_ok=True)
    processes.wait()
