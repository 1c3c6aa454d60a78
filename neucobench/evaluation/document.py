"""The shape of ``evaluation.json``, checked before anything in it is used."""

import json
import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from neucobench.errors import ResultError
from neucobench.findings import Level
from neucobench.tasks.card import TaskType


def _number(value: Any) -> Any:
    """Return a number as a float; NaN where there is none, infinity beyond float64."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 - pydantic's
    try:
        return float(value)
    except OverflowError:
        return math.inf


Number = Annotated[float, BeforeValidator(_number)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ScoreDocument(_Strict):
    """State what stands under ``tasks``."""

    type: TaskType
    metric: str
    rows: int
    scores: list[Number]
    mean: Number
    std: Number
    q: Number
    seconds: Number


class FindingDocument(_Strict):
    """State what stands under ``findings``."""

    code: str
    level: Level
    message: str
    task: str | None = None
    count: int = 0


class _Protocol(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    name: str | None = None


class EvaluationDocument(_Strict):
    """State what stands in ``evaluation.json``, its schema apart."""

    method: str
    phase: str
    created: str
    suite: str | None
    protocol: _Protocol
    embeddings: dict[str, Any]
    labels: dict[str, dict[str, Any]]
    tasks: dict[str, ScoreDocument]
    mean_q: Number
    mean_score: Number
    findings: list[FindingDocument]
    failed: dict[str, str]
    software: dict[str, str]
    seconds: Number


def check_document(content: dict[str, Any], *, source: str) -> EvaluationDocument:
    """Return the content of ``evaluation.json``, its schema apart, checked.

    Args:
        content: the parsed JSON.
        source: what the message of an error calls it, usually the path.

    Raises:
        ResultError: when a key is missing, unknown or misshapen, which the message
            names, or some text is not Unicode.
    """
    try:
        # Half of a surrogate pair is valid JSON, and cannot be written to any file.
        json.dumps(content, ensure_ascii=False).encode("utf-8")
        return EvaluationDocument.model_validate(content)
    except UnicodeEncodeError as error:
        raise ResultError(
            f"{source} holds text that is not valid Unicode; leave the result out."
        ) from error
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise ResultError(
            f"{source} does not follow its schema: {where}: {problem['msg']}. Evaluate "
            "the embeddings again, or leave the result out."
        ) from error
