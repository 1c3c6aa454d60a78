"""Study what a bit is worth: code, encode, score, at each rate and in each storage.

::

    cubes ──┬──────────────────────▶ encoder ──▶ vectors ──▶ tasks    the reference
            ├─▶ codec ─▶ decoded ──▶ encoder ──▶ vectors ──▶ tasks    for each rate
            └─▶ codec ─▶ latents ──▶ pooled ───▶ vectors ──▶ tasks    for each rate

    vectors of the reference ──▶ shorter, and fewer bytes ──▶ tasks   for each of them
"""

import time
from collections.abc import Iterator

from neucobench.findings import Finding
from neucobench.studies.stage import Stage
from neucobench.studies.utility.candidates import candidates, count_candidates
from neucobench.studies.utility.encoding import Encoded, encode_all
from neucobench.studies.utility.export import write_study
from neucobench.studies.utility.point import UtilityPoint
from neucobench.studies.utility.request import UtilityRequest
from neucobench.studies.utility.scoring import Scorer, open_scorer
from neucobench.studies.utility.storages import check_reducer
from neucobench.studies.utility.study import UtilityStudy
from neucobench.studies.utility.tables import open_tables


def study_utility(request: UtilityRequest, *, stage: Stage) -> UtilityStudy:
    """Return what the cubes score at each rate, and their vectors in each storage.

    Everything is written to ``request.out``: the tables, the scores, the figures, and
    what is returned. The same study goes on from where an earlier one stopped.

    Args:
        request: what is to be coded, encoded and scored.
        stage: called with a description and a unit; gives a context that yields the
            function to report progress to.

    Raises:
        UsageError: when the encoder does not read what the codecs code.
        CubeError: when no cube can be coded at every rate.
        NeucoError: when cubes, labels, codecs or the encoder cannot be used.
    """
    started = time.perf_counter()
    check_reducer(request)
    scorer = open_scorer(request)
    tables = open_tables(request)
    encoded = encode_all(tables, stage)
    points = tuple(_score(encoded, request, scorer, stage))
    study = UtilityStudy(
        request=request,
        reader=tables.reader,
        cubes=encoded.original.rows,
        cube_digest=tables.cubes,
        points=points,
        findings=(*_findings(encoded), *points[0].evaluation.findings),
        seconds=time.perf_counter() - started,
    )
    write_study(study)
    return study


def _score(
    encoded: Encoded, request: UtilityRequest, scorer: Scorer, stage: Stage
) -> Iterator[UtilityPoint]:
    total = count_candidates(encoded, request)
    with stage("Scoring", "tables") as advance:
        for number, candidate in enumerate(candidates(encoded, request), start=1):
            evaluation = scorer.score(candidate.table, candidate.name)
            yield candidate.scored(evaluation)
            advance(number, total)


def _findings(encoded: Encoded) -> Iterator[Finding]:
    if encoded.left_out:
        message = (
            f"{encoded.left_out} cubes cannot be encoded at every rate and are left "
            "out everywhere, so that all scores are of the same cubes."
        )
        yield Finding(
            code="left-out-cubes",
            level="warning",
            message=message,
            count=encoded.left_out,
        )
    lacking = dict.fromkeys(
        setting.codec for setting in encoded.decoded if setting not in encoded.latents
    )
    for codec in lacking:
        message = f"The codec {codec} has no latents; its decoded cubes are scored."
        yield Finding(code="no-latents", level="info", message=message, count=1)
