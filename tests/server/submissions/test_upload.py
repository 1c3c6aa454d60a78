import asyncio
import contextlib
import errno
import hashlib
import logging
import os
import re

import pytest
from starlette.requests import Request

from neucobench.machine import peak_memory
from neucobench.server.context import Context
from neucobench.server.refusals import (
    Busy,
    NotAllowed,
    Refusal,
    Rejected,
    TooLarge,
    TooMany,
    TooSlow,
)
from neucobench.server.submissions import multipart, upload
from neucobench.server.submissions.hand_in import hand_in
from neucobench.server.submissions.upload import clear_incoming, receive

BOUNDARY = b"boundary"
LIMIT = 10_000
CONTENT = b"id,0\na,1\n"


def part(name, content, file_name=None):
    """Return one part of a body."""
    about = f'Content-Disposition: form-data; name="{name}"'
    if file_name is not None:
        about += f'; filename="{file_name}"'
    return b"--%b\r\n%b\r\n\r\n%b\r\n" % (BOUNDARY, about.encode(), content)


def body(*parts):
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


def request_of(pieces, *, length=None, kind="multipart/form-data; boundary=boundary"):
    """Return a request whose body comes in pieces; an exception is raised instead."""
    headers = [(b"content-type", kind.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))

    async def messages():
        for piece in pieces:
            if isinstance(piece, float):
                await asyncio.sleep(piece)
            elif piece is None:
                yield {"type": "http.disconnect"}
            else:
                yield {"type": "http.request", "body": piece, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}

    source = messages()

    async def receive_one():
        await asyncio.sleep(0)
        return await anext(source)

    scope = {"type": "http", "method": "POST", "headers": headers, "path": "/"}
    return Request(scope, receive_one)


def take(context, *parts, pieces=None, limit=LIMIT, **about):
    whole = body(*parts)
    pieces = [whole] if pieces is None else pieces
    return asyncio.run(receive(request_of(pieces, **about), context, limit=limit))


def left(context):
    return list(context.settings.incoming.iterdir())


def file(content=CONTENT, name="mine.csv"):
    return part("file", content, name)


def test_a_file_arrives_whole_with_its_digest_and_fields(sqlite_context, clock):
    got = take(sqlite_context, part("method", "Größe".encode()), file())
    assert got.path.read_bytes() == CONTENT
    assert got.path.parent == sqlite_context.settings.incoming
    assert (got.digest, got.bytes) == (hashlib.sha256(CONTENT).hexdigest(), 9)
    assert (got.file_name, got.ending) == ("mine.csv", ".csv")
    assert (got.fields, got.received) == ({"method": "Größe"}, clock())


def test_fields_may_come_after_the_file(sqlite_context):
    got = take(sqlite_context, file(), part("method", b"m"), part("public", b"false"))
    assert got.fields == {"method": "m", "public": "false"}


@pytest.mark.parametrize("size", [1, 7, 64])
def test_pieces_of_any_size_give_the_same_file(sqlite_context, size):
    content = b"\r\n--bound\r\n--boundar" * 20
    whole = body(file(content), part("method", b"m"))
    pieces = [whole[i : i + size] for i in range(0, len(whole), size)]
    got = take(sqlite_context, pieces=pieces)
    assert got.path.read_bytes() == content


def test_the_file_is_readable_by_the_server_only(sqlite_context):
    assert take(sqlite_context, file()).path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\\\data\\\\mine.CSV", "mine.csv"),
        ("/abs/mine.npz", "mine.npz"),
        ("..csv", "..csv"),
        ("a\x01b\u202ec.csv", "abc.csv"),
        ("=cmd.csv", "=cmd.csv"),
        ("m" * 400 + ".parquet", "m" * 200 + ".parquet"),
    ],
)
def test_a_file_name_is_bare_and_printable(sqlite_context, given, kept):
    got = take(sqlite_context, file(name=given))
    assert got.file_name == kept
    assert re.fullmatch(r"[0-9a-f]{32}\.(csv|npz|parquet)", got.path.name)


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ([file(name="mine.exe")], "mine.exe ends in '.exe'; embedding files end in"),
        ([file(name="")], "No file was chosen"),
        ([file(name="mine")], "mine ends in ''"),
        ([part("method", b"m")], "There is no file"),
        ([file(), file()], "one too many"),
        ([part("file", b"text")], "one too many, or not of its kind"),
        ([part("other", b"x", "other.csv")], "one too many, or not of its kind"),
        ([part("method", b"a"), part("method", b"b"), file()], "one too many"),
        ([part("method", b"x" * 20_000), file()], "longer than 16,384 bytes"),
        ([part("method", b"\xff"), file()], "not UTF-8"),
        ([part(f"f{i}", b"") for i in range(30)], "more than 20 fields"),
        ([part("x" * 5000, b""), file()], "not put together"),
    ],
)
def test_what_is_no_upload_is_a_sentence_and_leaves_nothing(
    sqlite_context, parts, complaint
):
    with pytest.raises(Rejected, match=re.escape(complaint)):
        take(sqlite_context, *parts)
    assert left(sqlite_context) == []


@pytest.mark.parametrize(
    "pieces",
    [[body(file())[:-20]], [b"nonsense"], [b""], [body(file()).replace(b"\r\n", b"")]],
)
def test_a_body_that_is_broken_off_leaves_nothing(sqlite_context, pieces):
    with pytest.raises(Rejected, match="broke off"):
        take(sqlite_context, pieces=pieces)
    assert left(sqlite_context) == []


@pytest.mark.parametrize(
    "kind",
    ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=a"],
)
def test_another_kind_of_request_is_refused(sqlite_context, kind):
    with pytest.raises(Rejected, match="multipart/form-data"):
        take(sqlite_context, file(), kind=kind)


def test_a_file_of_the_limit_is_taken(sqlite_context):
    assert take(sqlite_context, file(b"x" * LIMIT)).bytes == LIMIT


def test_a_file_beyond_the_limit_is_refused_with_the_limit(sqlite_context):
    with pytest.raises(TooLarge, match="larger than 10,000 bytes"):
        take(sqlite_context, file(b"x" * (LIMIT + 1)))
    assert left(sqlite_context) == []


def test_a_body_that_says_it_is_too_large_is_not_read(sqlite_context):
    pieces = [RuntimeError("was read")]
    with pytest.raises(TooLarge):
        take(sqlite_context, pieces=pieces, length=10 * LIMIT + 2**18)


def test_a_body_that_never_ends_is_refused_when_it_is_too_long(sqlite_context):
    pieces = [file(), *([b"x" * 2**16] * 100)]
    with pytest.raises(TooLarge):
        take(sqlite_context, pieces=pieces)
    assert left(sqlite_context) == []


def test_a_slow_upload_is_given_up(sqlite_context, monkeypatch):
    monkeypatch.setattr(upload, "LEAST_SECONDS", 0.2)
    with pytest.raises(TooSlow, match="did not arrive within"):
        take(sqlite_context, pieces=[file(), 30.0], length=100)
    assert left(sqlite_context) == []


def test_an_upload_has_the_time_that_its_size_needs(sqlite_context):
    seconds = upload._seconds_for
    assert seconds(0, sqlite_context) == 60
    assert seconds(2**20, sqlite_context) == 92
    assert seconds(2**40, sqlite_context) == 1800


def test_who_states_a_large_size_and_is_silent_is_given_up(sqlite_context, monkeypatch):
    monkeypatch.setattr(upload, "LEAST_SECONDS", 0.2)
    with pytest.raises(TooSlow):
        take(sqlite_context, pieces=[file(), 30.0], length=60_000)
    assert left(sqlite_context) == []


def test_what_came_quickly_earns_no_long_silence(sqlite_context, monkeypatch):
    monkeypatch.setattr(upload, "LEAST_SECONDS", 0.2)
    monkeypatch.setattr(upload, "SLOWEST_BYTES_PER_SECOND", 1)
    with pytest.raises(TooSlow):
        take(sqlite_context, pieces=[file(b"x" * 1000), 30.0])


def test_an_upload_that_keeps_its_pace_is_taken(sqlite_context, monkeypatch):
    monkeypatch.setattr(upload, "LEAST_SECONDS", 0.5)
    monkeypatch.setattr(upload, "SLOWEST_BYTES_PER_SECOND", 10)
    content = file() + body()
    cut = len(content) // 4
    pieces = [content[:cut], 0.3, content[cut : 2 * cut], 0.3, content[2 * cut :]]
    assert take(sqlite_context, pieces=pieces).bytes


def test_a_visitor_who_leaves_leaves_nothing_behind(sqlite_context):
    with pytest.raises(Exception, match=r"^$") as gone:
        take(sqlite_context, pieces=[file(), None])
    assert type(gone.value).__name__ == "ClientDisconnect"
    assert left(sqlite_context) == []


def test_a_full_disk_is_a_sentence_and_leaves_nothing(sqlite_context, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(multipart.os, "fsync", refuse)
    with pytest.raises(Busy, match="no room"):
        take(sqlite_context, file())
    assert left(sqlite_context) == []


def test_an_upload_for_which_there_is_no_room_is_not_read(sqlite_context, monkeypatch):
    monkeypatch.setattr(upload, "FREE_BYTES", 2**60)
    with pytest.raises(Busy, match="no room"):
        take(sqlite_context, pieces=[RuntimeError("was read")])


def test_no_more_uploads_are_read_at_once_than_are_allowed(sqlite_context, monkeypatch):
    monkeypatch.setattr(upload, "WAITING_PER_SLOT", 2)
    settings = sqlite_context.settings.__class__(
        folder=sqlite_context.settings.folder,
        database=sqlite_context.settings.database,
        uploads_at_once=2,
    )
    context = Context(settings=settings, database=sqlite_context.database, secret=b"")
    reading, most = set(), []

    async def one(number):
        async def watched():
            reading.add(number)
            most.append(len(reading))
            await asyncio.sleep(0.05)
            yield body(file())
            reading.discard(number)

        request = request_of([])
        request.stream = watched
        return await receive(request, context, limit=LIMIT)

    async def all_of_them():
        return await asyncio.gather(*map(one, range(6)), return_exceptions=True)

    outcomes = asyncio.run(all_of_them())
    assert max(most) == 2
    refused = [item for item in outcomes if isinstance(item, Busy)]
    assert (len(refused), len(left(context))) == (2, 4)


@pytest.mark.slow
def test_many_large_uploads_at_once_take_little_memory(sqlite_context):
    size, many = 20 * 2**20, 30
    piece = os.urandom(2**16)

    async def one():
        pieces = [file(b"")[:-2], *([piece] * (size // 2**16)), b"\r\n", body()]
        request = request_of(pieces, length=size + 500)
        got = await receive(request, sqlite_context, limit=size)
        got.path.unlink()
        return got.bytes, got.digest

    async def all_of_them():
        return await asyncio.gather(*(one() for _ in range(many)))

    before = peak_memory()
    outcomes = asyncio.run(all_of_them())
    assert set(outcomes) == {
        (size, hashlib.sha256(piece * (size // 2**16)).hexdigest())
    }
    assert peak_memory() - before < 100 * 2**20


def test_what_a_killed_server_left_half_done_is_removed(sqlite_context):
    (sqlite_context.settings.incoming / "half.csv").write_bytes(b"id")
    assert clear_incoming(sqlite_context) == 1
    assert left(sqlite_context) == []


def test_nothing_of_a_request_is_logged(sqlite_context, caplog):
    caplog.set_level(logging.DEBUG)
    take(sqlite_context, part("csrf", b"s3cret"), file(b"id,0\nhidden,1\n"))
    assert "s3cret" not in caplog.text
    assert "hidden" not in caplog.text


def give(staged, *parts, visitor=None, **options):
    request = request_of([body(*parts)])
    return asyncio.run(
        hand_in(request, staged.context, staged.phase, visitor or staged.ada, **options)
    )


def test_a_request_becomes_a_submission(sqlite_stage):
    staged = sqlite_stage()
    accepted = give(staged, part("method", b"mine"), file(staged.csv()))
    assert staged.row(accepted.id).file_name == "mine.csv"
    assert left(staged.context) == []


def test_a_request_without_a_method_leaves_nothing(sqlite_stage):
    staged = sqlite_stage()
    with pytest.raises(Rejected, match="method"):
        give(staged, file(staged.csv()))
    assert left(staged.context) == []


def test_a_form_that_is_not_ours_leaves_nothing(sqlite_stage):
    staged = sqlite_stage()

    def require(fields):
        assert fields == {"method": "m"}
        raise NotAllowed("The form is not ours.")

    with pytest.raises(NotAllowed):
        give(staged, part("method", b"m"), file(staged.csv()), require=require)
    assert left(staged.context) == []


def test_uploads_are_limited_per_team_and_hour_refused_ones_included(sqlite_stage):
    staged = sqlite_stage()
    for _ in range(staged.context.settings.uploads_per_hour):
        with contextlib.suppress(Refusal):
            give(staged, part("method", b""), file(b""))
    with pytest.raises(TooMany, match="60 times"):
        give(staged, part("method", b"m"), file(staged.csv()))
    accepted = give(
        staged, part("method", b"m"), file(staged.csv()), visitor=staged.bob
    )
    assert accepted.status == "queued"
