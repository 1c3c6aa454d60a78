"""What a participant says about a file: the fields beside it, read and judged."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields

from neucobench.errors import UnknownNameError
from neucobench.names import printable
from neucobench.server.refusals import Rejected

LONGEST_METHOD = 120
LONGEST_TEXT = 2000
CARD_FIELDS = ("description", "code", "weights", "training_data")
# A page's form carries the token that shows whose page it was.
PASSED_OVER = ("csrf",)

_WORDS = {"true": True, "1": True, "yes": True, "on": True} | {
    "false": False, "0": False, "no": False, "off": False, "": False
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SubmissionForm:
    """Hold what a participant says about a file.

    Attributes:
        method: the method's name; markup in it is data.
        public: whether the board may show it.
        transductive: whether the encoder has seen the cubes that are scored.
        baseline: whether a host enters it as a baseline.
        description: what the method does.
        code: where its code is.
        weights: where its weights are.
        training_data: what it was trained on.
    """

    method: str
    public: bool = True
    transductive: bool = False
    baseline: bool = False
    description: str = ""
    code: str = ""
    weights: str = ""
    training_data: str = ""

    def card(self) -> dict[str, str]:
        """Return the method card: what was said, without what was left out."""
        said = {name: str(getattr(self, name)) for name in CARD_FIELDS}
        return {name: text for name, text in said.items() if text}


def read_form(given: Mapping[str, str]) -> SubmissionForm:
    """Return the fields of an upload as a form.

    Args:
        given: field to text. ``method`` is needed; ``public`` is true unless it says
            otherwise, ``transductive`` and ``baseline`` are false.

    Raises:
        Rejected: when a field is missing, unknown, too long, or says what it cannot.
    """
    known = [field.name for field in fields(SubmissionForm)]
    for name in given:
        if name not in known and name not in PASSED_OVER:
            raise Rejected(str(UnknownNameError("field", printable(name)[:80], known)))
    return SubmissionForm(
        method=_method(given.get("method", "")),
        public=_truth(given, "public", default=True),
        transductive=_truth(given, "transductive", default=False),
        baseline=_truth(given, "baseline", default=False),
        description=_text(given, "description"),
        code=_text(given, "code"),
        weights=_text(given, "weights"),
        training_data=_text(given, "training_data"),
    )


def _method(given: str) -> str:
    name = unicodedata.normalize("NFC", given).strip()
    if not 1 <= len(name) <= LONGEST_METHOD:
        raise Rejected(
            f"The method's name has {len(name):,} characters; 1 to {LONGEST_METHOD} "
            "are shown. Send it in the field 'method'."
        )
    if not name.isprintable():
        raise Rejected(
            f"The method's name '{printable(name)}' has a character that cannot be "
            "seen; names are printable text. Type it again without."
        )
    return name


def _truth(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    if name not in given:
        return default
    word = given[name].strip().lower()
    if word not in _WORDS:
        raise Rejected(
            f"The field {name!r} says '{printable(word)[:40]}'; it says true or false."
        )
    return _WORDS[word]


def _text(given: Mapping[str, str], name: str) -> str:
    text = unicodedata.normalize("NFC", given.get(name, "")).strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST_TEXT:
        raise Rejected(
            f"The field {name!r} has {len(text):,} characters; at most "
            f"{LONGEST_TEXT:,} are kept. Shorten it, and link to the rest."
        )
    return "".join(sign for sign in text if sign in "\n\t" or sign.isprintable())
