"""Teams, their members, and how members show who they are.

Passwords are stored as argon2 hashes; tokens, sessions and invitations as SHA-256
digests of long random secrets. No secret can be read back from the database.
"""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from neucobench.server.tables.base import Base, Moment

Role = Literal["participant", "host", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)


class Team(Base):
    """Hold a team; quota is counted per team, and a board has one row for each.

    Attributes:
        id: the team's number.
        name: unique, 1 to 80 characters; markup in it is data.
        created: when it was made.
    """

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    created: Mapped[datetime] = mapped_column(Moment)
    members: Mapped[list["User"]] = relationship(back_populates="team")


class User(Base):
    """Hold an account.

    Attributes:
        id: the account's number.
        name: unique, 1 to 80 characters; a deleted account is renamed.
        role: participant, host or admin; each may do what the one before may.
        team_id: the team; None for hosts and admins who take no part.
        password: an argon2 hash; None where only tokens or links open the account.
        created: when it was made.
        deleted: when it was deleted; its submissions stay with the team.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    password: Mapped[str | None] = mapped_column(String(255))
    created: Mapped[datetime] = mapped_column(Moment)
    deleted: Mapped[datetime | None] = mapped_column(Moment)
    team: Mapped[Team | None] = relationship(back_populates="members")


class AccessToken(Base):
    """Hold an API token, by its digest."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime] = mapped_column(Moment)
    used: Mapped[datetime | None] = mapped_column(Moment)
    revoked: Mapped[datetime | None] = mapped_column(Moment)
    user: Mapped[User] = relationship()


class BrowserSession(Base):
    """Hold a browser's session, by the digest of its cookie."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime] = mapped_column(Moment)
    expires: Mapped[datetime] = mapped_column(Moment)
    user: Mapped[User] = relationship()


class Invitation(Base):
    """Hold a link that makes an account, or sets a new password, by its digest.

    Attributes:
        id: its number.
        digest: of the secret in the link.
        role: the role of the account to be made.
        team_id: the team to join; None lets the guest name a new one.
        user_id: the account whose password the link sets; None makes a new account.
        created: when it was made.
        expires: when it stops working.
        used: when it was used; a link works once.
    """

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created: Mapped[datetime] = mapped_column(Moment)
    expires: Mapped[datetime] = mapped_column(Moment)
    used: Mapped[datetime | None] = mapped_column(Moment)
    team: Mapped[Team | None] = relationship()
