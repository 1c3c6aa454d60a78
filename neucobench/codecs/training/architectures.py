"""What each architecture needs of a recipe, and what it cannot do."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neucobench.codecs.training.recipe import TrainingRecipe

STACKS = ("temporal", "flexible")

_CONTEXT_TOKENS, _TOKENS = 64, 16  # of repacked windows


def check_architecture(recipe: "TrainingRecipe") -> None:
    """Check that a recipe says what its architecture needs, and nothing else.

    Raises:
        ValueError: when something is missing, or cannot be.
    """
    name = recipe.architecture
    if name != "factorized" and recipe.crop % 64:
        raise ValueError(f"crop must be a multiple of 64 for {name!r}.")
    if name == "elic" and recipe.initial == "principal":
        raise ValueError("initial = 'principal' is not for 'elic'.")
    if name in STACKS:
        _check_stacks(recipe)
    else:
        _check_pictures(recipe)


def _check_stacks(recipe: "TrainingRecipe") -> None:
    name, sizes = recipe.architecture, recipe.temporal
    if recipe.frames is None or sizes is None:
        raise ValueError(f"{name!r} needs frames, e.g. 4, and a table [temporal].")
    widths = [recipe.n, recipe.m, *((rate.n or rate.m) for rate in recipe.rates)]
    if any(widths):
        raise ValueError(f"n and m are not for {name!r}; give [temporal].")
    if sizes.width % sizes.heads:
        raise ValueError("heads must divide the width of [temporal].")
    latents = sizes.channels[-1]
    if name == "flexible" and (latents % _CONTEXT_TOKENS or sizes.width % _TOKENS):
        raise ValueError(
            f"for 'flexible' the last of channels must be a multiple of "
            f"{_CONTEXT_TOKENS}, and width one of {_TOKENS}."
        )


def _check_pictures(recipe: "TrainingRecipe") -> None:
    if recipe.frames or recipe.temporal:
        raise ValueError("frames and [temporal] are for stacks only.")
    if not recipe.n or not recipe.m:
        raise ValueError(f"{recipe.architecture!r} needs n and m.")
    schedule, augment = recipe.schedule, recipe.augment
    if any((schedule.rate_free, schedule.forecast, augment.shuffle, augment.frames)):
        raise ValueError(
            "rate_free and forecast of [schedule], and shuffle and frames of "
            "[augment], are for stacks only."
        )
