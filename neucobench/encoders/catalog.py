"""What ``--encoder`` takes by name: the encoders that have a card, and the recipes."""

from neucobench.encoders.card import EncoderCard, encoder_card, encoder_card_names
from neucobench.encoders.recipe import Recipe, read_recipe, recipe_paths
from neucobench.errors import UnknownNameError


def encoder_names() -> list[str]:
    """Return the names of all encoder cards and of all recipes, sorted."""
    return sorted([*encoder_card_names(), *recipe_paths()])


def encoder_entry(name: str) -> EncoderCard | Recipe:
    """Return the card of an encoder, or the recipe of an ensemble.

    Raises:
        UnknownNameError: when there is neither.
        CardError: when it cannot be read.
    """
    if name in encoder_card_names():
        return encoder_card(name)
    if name in recipe_paths():
        return read_recipe(recipe_paths()[name])
    raise UnknownNameError("encoder", name, encoder_names())
