"""What a new server begins with: a challenge on synthetic cubes, and two baselines.

::

    DIR/sample-world/
    ├── .unfinished     while the first start is under way; a killed one is taken up
    ├── data/, labels/  200 synthetic cubes and the truth about them
    └── embeddings/     of the baselines
"""

import shutil
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from neucobench.data.sample import make_sample_world
from neucobench.encoders.load import load_encoder
from neucobench.encoders.running.run import encode_folder
from neucobench.server.accounts.people import add_user
from neucobench.server.accounts.visitor import Visitor, visitor_of
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.challenges.create import create_challenge
from neucobench.server.challenges.phases import PhaseRecord, list_phases
from neucobench.server.context import Context
from neucobench.server.submissions.form import SubmissionForm
from neucobench.server.submissions.intake import submit
from neucobench.server.submissions.upload import Incoming
from neucobench.server.tables import Submission, User
from neucobench.studies.stage import Stage

BOARD = "sample-world"
CUBES = 200
BASELINES = ("mean", "random")
# Whose the baselines are; nobody can sign in as it.
ENTRANT = "NeuCo-Bench"


def is_wanted(context: Context) -> bool:
    """Return whether the server has no challenge, or its first start was cut short."""
    return _mark(context).is_file() or not list_phases(context)


def make_first_challenge(context: Context, *, stage: Stage) -> PhaseRecord:
    """Make the sample world, a challenge on it, and hand in the baselines.

    Each step is left alone where it was done before. The baselines are scored by
    whatever scores all submissions.

    Args:
        context: the server's.
        stage: called with a description and a unit; gives a context that yields the
            function to report progress to.
    """
    world = _world(context)
    world.mkdir(mode=0o700, exist_ok=True)
    _mark(context).touch()
    with stage("Making the sample world", "cubes") as advance:
        make_sample_world(world, cubes=CUBES, advance=advance)
    phase = _challenge(context, world)
    entrant = _entrant(context)
    for name in BASELINES:
        if not _is_entered(context, phase, name):
            _enter(context, phase, entrant, _encode(world, name, stage))
    _mark(context).unlink()
    return phase


def _world(context: Context) -> Path:
    return context.settings.folder / BOARD


def _mark(context: Context) -> Path:
    return _world(context) / ".unfinished"


def _challenge(context: Context, world: Path) -> PhaseRecord:
    known = [phase for phase in list_phases(context) if phase.challenge == BOARD]
    if not known:
        known = create_challenge(
            context, BOARD, labels=world / "labels", actor=COMMAND_LINE
        )
    return known[0]


def _entrant(context: Context) -> Visitor:
    with context.database.read() as session:
        user = session.scalar(select(User).where(User.name == ENTRANT))
        if user is not None:
            return visitor_of(user)
    user = add_user(context, ENTRANT, team=None, role="host", actor=COMMAND_LINE)
    return Visitor(
        user_id=user.id, name=user.name, role="host", team_id=None, team=None
    )


def _is_entered(context: Context, phase: PhaseRecord, method: str) -> bool:
    entered = select(Submission.id).where(
        Submission.phase_id == phase.id,
        Submission.method == method,
        Submission.baseline,
    )
    with context.database.read() as session:
        return session.scalars(entered).first() is not None


def _encode(world: Path, name: str, stage: Stage) -> Path:
    out = world / "embeddings" / f"{name}.parquet"
    with stage(f"Encoding with {name}", "cubes") as advance:
        encode_folder(world, load_encoder(name), out, overwrite=True, advance=advance)
    return out


def _enter(context: Context, phase: PhaseRecord, entrant: Visitor, file: Path) -> None:
    """Hand a baseline in as a host would, with the same checks."""
    form = SubmissionForm(method=file.stem, public=True, baseline=True)
    submit(context, phase, entrant, _incoming(context, file), form)


def _incoming(context: Context, file: Path) -> Incoming:
    path = context.settings.incoming / f"{uuid4().hex}{file.suffix}"
    shutil.copyfile(file, path)
    content = path.read_bytes()
    return Incoming(
        path=path,
        file_name=file.name,
        ending=file.suffix,
        digest=sha256(content).hexdigest(),
        bytes=len(content),
        fields={},
    )
