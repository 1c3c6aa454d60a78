"""The way of a submission, from a request to the queue; the API and the page share it.

::

    admit ──▶ receive ──▶ read_form ──▶ submit: inspect ──▶ count, store, queue
    (cheap)   (streamed)                        (own process)  (one transaction)
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from neucobench.machine import available_cores
from neucobench.server.accounts.limits import spend
from neucobench.server.accounts.visitor import Visitor
from neucobench.server.challenges.phases import PhaseRecord
from neucobench.server.context import Context
from neucobench.server.submissions.admission import upload_limit
from neucobench.server.submissions.form import read_form
from neucobench.server.submissions.intake import Accepted, admit, submit
from neucobench.server.submissions.upload import receive

_HOUR = 3600

# Uploads wait here for their check, and not in the threads that serve pages.
_checks = ThreadPoolExecutor(
    available_cores() + 1, thread_name_prefix="neucobench-check"
)


async def hand_in(
    request: Request,
    context: Context,
    phase: PhaseRecord,
    visitor: Visitor,
    *,
    require: Callable[[Mapping[str, str]], None] | None = None,
) -> Accepted:
    """Take a multipart request with a file as a submission.

    Args:
        request: whose body nobody has read.
        context: the server's.
        phase: where it is handed in.
        visitor: who hands it in.
        require: looks at the text fields before anything else does, and raises when
            they will not do, e.g. without the token of a page's form.

    Raises:
        Refusal: in a sentence; nothing is left behind and no quota used.
    """
    await run_in_threadpool(_let_in, context, phase, visitor)
    incoming = await receive(request, context, limit=upload_limit(context, phase))
    try:
        if require is not None:
            await run_in_threadpool(require, incoming.fields)
        form = read_form(incoming.fields)
    except BaseException:
        incoming.path.unlink(missing_ok=True)
        raise
    return await asyncio.get_running_loop().run_in_executor(
        _checks, submit, context, phase, visitor, incoming, form
    )


def _let_in(context: Context, phase: PhaseRecord, visitor: Visitor) -> None:
    """Refuse before the upload what would be refused after it, and what is too often.

    A team has so many uploads in an hour, refused ones included: what can be learned
    from refusals is bounded, too.
    """
    admit(context, phase, visitor)
    owner = visitor.team_id or f"user-{visitor.user_id}"
    limit = context.settings.uploads_per_hour
    spend(context, f"upload:{owner}", limit=limit, seconds=_HOUR)
