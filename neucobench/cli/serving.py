"""Run a server in this process: its port, its log, its beginning and its end."""

import gc
import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import DatabaseError

from neucobench.cli.first_start import FirstStart
from neucobench.errors import InputError
from neucobench.server.accounts.addresses import NoSecrets
from neucobench.server.accounts.origin import check_proxies
from neucobench.server.app import create_app, take_over
from neucobench.server.context import open_context, unusable_database
from neucobench.server.settings import Settings, database_url, scheduler_address

Say = Callable[[str], None]
Tell = Callable[[dict[str, str | None]], None]

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 20
# For answers that are under way when the server is told to stop.
_GRACE_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class ServeRequest:
    """Hold what the command line asked for; see ``neucobench serve --help``."""

    folder: Path
    host: str
    port: int
    database: str | None
    workers: int
    url: str | None
    proxies: tuple[str, ...]
    empty: bool
    registration: bool


def run_server(asked: ServeRequest, *, say: Say, tell: Tell | None = None) -> None:
    """Run a server until it is told to stop.

    Args:
        asked: what the command line asked for.
        say: prints a line for the host.
        tell: is given the addresses as a document, once.

    Raises:
        InputError: when the port is taken, another server holds the folder, or the
            database cannot be opened.
    """
    _configure_log()
    with _listening(asked.host, asked.port) as listener:
        context = open_context(_settings(asked, listener.getsockname()[1]))
        app = create_app(context)
        beginning = FirstStart(context, app.state.dispatcher, say=say, tell=tell)
        try:
            # Here and not in the lifespan alone: a second server ends with a sentence.
            with _without_ctrl_c():
                take_over(app)
            beginning.announce()
            if not asked.empty:
                beginning.start()
            # What is loaded stays: looking through it again takes 0.2 s each time.
            gc.freeze()
            _Server(_config(app)).run(sockets=[listener])
        except DatabaseError as error:
            raise unusable_database(error) from error
        except KeyboardInterrupt:
            # It came before the server listened to it; what follows is the same.
            pass
        finally:
            beginning.stop()
            app.state.dispatcher.stop()
            context.database.dispose()
    say("The server has stopped; what is not scored yet waits for its next start.")


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Have the threads that begin in the block, and their processes, never see Ctrl-C.

    A terminal sends it to all processes; the workers are ended by the server.
    """
    # Where it is started later, it lets Ctrl-C through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _settings(asked: ServeRequest, port: int) -> Settings:
    url = asked.url.rstrip("/") if asked.url else None
    if url is not None and not url.startswith(("http://", "https://")):
        raise InputError(
            f"--url {url} is no address of a site; it begins with https:// or http://, "
            "e.g. https://challenge.example.org."
        )
    return Settings(
        folder=asked.folder,
        database=database_url(asked.folder, asked.database),
        scheduler=scheduler_address(),
        workers=asked.workers,
        host=asked.host,
        port=port,
        url=url,
        secure=url is not None and url.startswith("https://"),
        proxies=check_proxies(asked.proxies),
        registration=asked.registration,
    )


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a socket that takes connections; they wait until the server runs."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise InputError(
            f"{host!r} is no address of this machine; give one such as 127.0.0.1, or "
            "0.0.0.0 for all of them, with --host."
        ) from error
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError as error:
            raise InputError(
                f"The server cannot listen on {host} port {port} "
                f"({error.strerror}); another program may hold it. Choose another one "
                "with --port, or 0 for any that is free."
            ) from error
        yield listener


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        access_log=False,  # addresses hold the secrets of invitations
        log_config=None,
        server_header=False,
        # Who a proxy may speak for is decided where addresses are asked for.
        proxy_headers=False,
        lifespan="on",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on Ctrl-C and on ``kill``, and go on after the server has ended."""
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _configure_log() -> None:
    """Let the parts of the server speak on standard error, without secrets."""
    handler = logging.StreamHandler()
    formatter = logging.Formatter(
        "%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(NoSecrets())
    # Dask gives its own loggers a level, and has much to say.
    handler.setLevel(logging.WARNING)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
