"""A challenge with the rules that a test asks for, people, and files to hand in."""

import hashlib
from pathlib import Path
from uuid import uuid4

from sqlalchemy import update

from neucobench.server.accounts.visitor import visitor_of
from neucobench.server.challenges.create import create_challenge
from neucobench.server.challenges.phases import phase_of
from neucobench.server.submissions.form import SubmissionForm
from neucobench.server.submissions.intake import submit
from neucobench.server.submissions.queue import claim, finish
from neucobench.server.submissions.upload import Incoming
from neucobench.server.tables import Submission, Team, User

SCORE = {"software": {"neucobench": "9"}, "mean_q": 5.0, "failed": {}, "tasks": {}}
CARD = """
name = "{name}"
title = "A staged challenge"
description = "For tests."
suite = "tiny"
protocol = "tiny"
rule = "mean-q"
"""
PHASE = """
[[phases]]
name = "{name}"
{rules}
"""
RULES = {
    "opens": "2026-05-01T00:00:00Z",
    "closes": "2026-05-31T23:59:59Z",
    "counts": '"last-public"',
    "reveals": '"mean-q"',
    "private_submissions": "true",
    "dims": "8",
    "max_upload_bytes": "1_000_000",
}


def write_card(folder: Path, name="staged", **phases) -> None:
    """Write a board card with phases: name to the rules that are not the usual ones."""
    text = CARD.format(name=name)
    for phase, rules in phases.items():
        lines = (f"{key} = {value}" for key, value in (RULES | rules).items())
        text += PHASE.format(name=phase, rules="\n".join(lines))
    (folder / "leaderboard" / "boards" / f"{name}.toml").write_text(text)


class Stage:
    """Hold a challenge ``staged`` with one phase ``dev``, two teams and a host."""

    def __init__(self, context, small, folder: Path, rules) -> None:
        self.context, self.small = context, small
        small.write_content(folder / "content")
        write_card(folder / "content", dev=rules)
        labels = small.write_labels(folder / "labels")
        create_challenge(context, "staged", labels=labels, actor="test")
        self.ada = self._add("ada", "lovelace")
        self.bob = self._add("bob", "boole")
        self.hana = self._add("hana", None, role="host")

    @property
    def phase(self):
        return phase_of(self.context, "dev")

    def csv(self, *, ids=None, dims=4, seed=0) -> bytes:
        """Return an embedding file; by default one that is accepted."""
        lines = [",".join(["id", *map(str, range(dims))])]
        for row, name in enumerate(self.small.IDS if ids is None else ids):
            cells = [f"{(row * 31 + place * 17 + seed) % 97}" for place in range(dims)]
            lines.append(",".join([name, *cells]))
        return ("\n".join(lines) + "\n").encode()

    def incoming(self, content=None, name="mine.csv", **fields) -> Incoming:
        """Return an upload that has arrived."""
        content = self.csv() if content is None else content
        ending = Path(name).suffix
        path = self.context.settings.incoming / f"{uuid4().hex}{ending}"
        path.write_bytes(content)
        return Incoming(
            path=path,
            file_name=name,
            ending=ending,
            digest=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            fields=fields,
            received=self.context.clock(),
        )

    def submit(self, visitor=None, *, content=None, method="mine", **said):
        """Hand a file in, and return what the participant gets."""
        return submit(
            self.context,
            self.phase,
            visitor or self.ada,
            self.incoming(content),
            SubmissionForm(method=method, **said),
        )

    def score(self) -> str:
        """Give the first of the queue a score, and return its id."""
        work = claim(self.context)
        assert finish(self.context, work, SCORE)
        return work.submission_id

    def row(self, id_) -> Submission:
        with self.context.database.read() as session:
            return session.get_one(Submission, id_)

    def change(self, id_, **values) -> None:
        with self.context.database.write() as session:
            change = update(Submission).where(Submission.id == id_)
            session.execute(change.values(**values))

    def _add(self, name, team, role="participant"):
        now = self.context.clock()
        with self.context.database.write() as session:
            belongs = Team(name=team, created=now) if team else None
            user = User(name=name, role=role, team=belongs, created=now)
            session.add(user)
            session.flush()
            return visitor_of(user)
