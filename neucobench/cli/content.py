"""The commands that list cards, or show one, for each kind of card.

Each is a command group: without a subcommand it lists, ``show NAME`` prints one card.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer

from neucobench.cli.console import JsonOption, output, print_json


@dataclass(frozen=True, kw_only=True)
class CardKind:
    """Say how the cards of one kind are found and listed.

    Attributes:
        plural: the name of the command.
        singular: what one card is called.
        module: where the functions are, imported on use.
        names: the function that returns the names.
        load: the function that returns the card of a name.
        columns: the fields that the list shows beside the name.
        example: a name for the help text.
    """

    plural: str
    singular: str
    module: str
    names: str
    load: str
    columns: tuple[str, ...]
    example: str

    def all_names(self) -> list[str]:
        """Return the names of all cards of this kind."""
        names: list[str] = getattr(import_module(self.module), self.names)()
        return names

    def card(self, name: str) -> dict[str, Any]:
        """Return one card as plain JSON types."""
        card: dict[str, Any] = getattr(import_module(self.module), self.load)(
            name
        ).as_dict()
        return card


KINDS = (
    CardKind(
        plural="encoders",
        singular="encoder",
        module="neucobench.encoders.catalog",
        names="encoder_names",
        load="encoder_entry",
        columns=("dims", "modalities", "title"),
        example="mean",
    ),
    CardKind(
        plural="codecs",
        singular="codec",
        module="neucobench.codecs.card",
        names="codec_names",
        load="codec_card",
        columns=("family", "rate", "rates", "title"),
        example="tec-fp",
    ),
    CardKind(
        plural="tasks",
        singular="task",
        module="neucobench.tasks.card",
        names="task_names",
        load="task_card",
        columns=("type", "samples", "question"),
        example="biomass_mean",
    ),
    CardKind(
        plural="suites",
        singular="suite",
        module="neucobench.tasks.card",
        names="suite_names",
        load="suite",
        columns=("title", "tasks"),
        example="cvpr2025",
    ),
    CardKind(
        plural="protocols",
        singular="protocol",
        module="neucobench.evaluation.protocol",
        names="protocol_names",
        load="protocol",
        columns=("folds", "epochs", "description"),
        example="neuco-1.1",
    ),
    CardKind(
        plural="boards",
        singular="board",
        module="neucobench.leaderboard.card",
        names="board_card_names",
        load="board_card",
        columns=("suite", "protocol", "rule", "title"),
        example="neuco-11",
    ),
)


def content_groups() -> list[typer.Typer]:
    """Return one command group for each kind of card, named ``kind.plural``."""
    return [_group(kind) for kind in KINDS]


def _group(kind: CardKind) -> typer.Typer:
    group = typer.Typer(
        name=kind.plural,
        help=f"List the {kind.plural}, or show one.\n\n"
        f"Example: neucobench {kind.plural} show {kind.example}",
        invoke_without_command=True,
    )
    group.callback()(_lister(kind))
    group.command(
        "show",
        help=f"Print the card of one {kind.singular}.\n\n"
        f"Example: neucobench {kind.plural} show {kind.example}",
    )(_shower(kind))
    return group


def _lister(kind: CardKind) -> Callable[..., None]:
    def list_cards(context: typer.Context, as_json: JsonOption = False) -> None:
        if context.invoked_subcommand is not None:
            return
        cards = [kind.card(name) for name in kind.all_names()]
        if as_json:
            print_json(cards)
        else:
            _print_list(cards, kind.columns)

    return list_cards


def _shower(kind: CardKind) -> Callable[..., None]:
    def show_card(
        context: typer.Context,
        name: Annotated[str, typer.Argument(help=f"The {kind.singular}'s name.")],
        as_json: JsonOption = False,
    ) -> None:
        card = kind.card(name)
        # The option may stand before "show", where the group takes it.
        if as_json or (context.parent and context.parent.params["as_json"]):
            print_json(card)
        else:
            _print_card(card)

    return show_card


def _print_list(cards: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("name", no_wrap=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    for card in cards:
        table.add_row(
            Text(card["name"]), *(Text(_plain(card.get(column))) for column in columns)
        )
    output.print(table)


def _print_card(card: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(overflow="fold")
    for key, value in card.items():
        if value not in (None, [], {}):
            table.add_row(Text(key), Text(_plain(value)))
    output.print(table)


def _plain(value: Any) -> str:
    """Return a card's value as text: one line per note or phase, years with a dash."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, dict):
        known = {key: item for key, item in value.items() if item is not None}
        return ", ".join(f"{key} {_plain(item)}" for key, item in known.items())
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        return ("\n" if any(len(item) > 40 for item in items) else ", ").join(items)
    return "" if value is None else str(value)
