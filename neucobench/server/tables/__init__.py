"""The tables of the server, one file per subject.

::

    teams ── users ── sessions, tokens          challenges ── phases ── announcements
      │        └── invitations (also resets)         │          │
      └──────────────── submissions ─────────────────┴──────────┘
                         │   │   └── files (stored once, by digest)
                         │   └── scores (one row per version; never overwritten)
                         └── jobs (what workers have to do)
    audit, attempts, standings (the history of a board)
"""

from neucobench.server.tables.base import Base
from neucobench.server.tables.challenges import (
    Announcement,
    Challenge,
    ChallengePhase,
    Standing,
)
from neucobench.server.tables.people import (
    AccessToken,
    BrowserSession,
    Invitation,
    Team,
    User,
)
from neucobench.server.tables.records import Attempt, AuditEntry
from neucobench.server.tables.submissions import Job, Score, StoredFile, Submission

__all__ = [
    "AccessToken",
    "Announcement",
    "Attempt",
    "AuditEntry",
    "Base",
    "BrowserSession",
    "Challenge",
    "ChallengePhase",
    "Invitation",
    "Job",
    "Score",
    "Standing",
    "StoredFile",
    "Submission",
    "Team",
    "User",
]
