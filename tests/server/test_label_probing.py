"""What a thousand submissions learn about hidden labels: mean Q, rounded, and the rank.

The same thousand are played against two servers whose labels differ: every score per
task, every fold, every digit of mean Q behind the third, every digest and row count of
a label file is another one. Rounded means and ranks are the same, and so must be every
answer, to the byte.
"""

import json
import math
import random
import re
from contextlib import ExitStack

import pytest

from neucobench.server.boards.history import record_standing
from neucobench.server.challenges.phases import phase_of
from neucobench.server.submissions.queue import claim, fail, finish
from neucobench.tasks.card import suite

COUNT = 1000
PACE = 61  # seconds, as fast as the limit on uploads allows
PHASE = "/api/v1/phases/blind"
PAGES = ("", "/board.csv", "/board.json", "/history", "?rule=mean-q", "?find=m1")
TASKS = suite("full").tasks
ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


def made_up_scores():
    """Return Q per submission and task; some means are equal in three digits."""
    draw = random.Random(20250405)
    rows, best = [], {"ada": None, "bob": None}
    for number in range(COUNT):
        who = team_of(number)
        if number % 10 == 9 and best[who]:
            # As an attacker would: the best again, with a small change.
            row = [q + draw.choice((0.0, 1e-5)) for q in best[who]]
        else:
            level = draw.uniform(-20, 20)
            row = [level + draw.gauss(0, 15) for _ in TASKS]
        rows.append(_with_middle_mean(row))
        best[who] = max(best[who] or rows[-1], rows[-1], key=sum)
    return rows


def team_of(number):
    """Return who hands a submission in."""
    return ("ada", "bob")[number % 3 == 2]


def _with_middle_mean(row):
    """Return scores whose mean lies in the middle of what rounds to the same."""
    mean = sum(row) / len(row)
    return [q + round(mean, 3) - mean for q in row]


def of_other_labels(rows):
    """Return the scores that other labels give: the same rounded means and ranks.

    Tasks change places, each gets another level, and hidden digits are others.
    """
    draw = random.Random(7)
    order = draw.sample(range(len(TASKS)), len(TASKS))
    levels = [draw.uniform(-30, 30) for _ in TASKS]
    levels = [level - sum(levels) / len(levels) for level in levels]
    return [
        [row[place] + level + shift for place, level in zip(order, levels, strict=True)]
        for row in rows
        for shift in [draw.uniform(-4e-4, 4e-4)]
    ]


class Server:
    """Play submissions against a server, and write down every answer."""

    def __init__(self, hosted, module, clock, *, rows, labels):
        self.hosted, self.module, self.clock = hosted, module, clock
        self.rows, self.labels = rows, labels
        self.answers, self.numbers, self.clients = [], {}, {}

    def __enter__(self):
        self.open = ExitStack()
        for name in ("ada", "bob", None):
            client = self.hosted.client(name, **{"accept-encoding": "identity"})
            # Entered, it keeps one event loop for all of its requests.
            self.clients[name] = self.open.enter_context(client)
        return self

    def __exit__(self, *_):
        self.open.close()

    def note(self, who, path):
        """Ask, and write the answer down with the ids that were drawn replaced."""
        found = self.clients[who].get(path)
        assert found.status_code < 500, path
        headers, text = dict(found.headers), self.hide(found.text)
        if text != found.text:
            # It names the content, ids and all.
            headers.pop("etag", None)
        self.answers.append([who, self.hide(path), found.status_code, headers, text])

    def hide(self, text):
        return ID.sub(lambda id_: self.numbers.get(id_[0], id_[0]), text)

    def play(self, number):
        """Hand in a file as one of two teams, have it scored, and look around."""
        who = team_of(number)
        sent = {
            "files": {"file": ("mine.csv", self.hosted.csv(shift=number))},
            "data": {"method": f"m{number}", "public": str(number % 7 != 0).lower()},
        }
        posted = self.clients[who].post(f"{PHASE}/submissions", **sent)
        assert posted.status_code == 202, posted.text
        id_ = posted.json()["id"]
        self.numbers[id_] = f"submission {number}"
        self.clock.move(seconds=PACE)
        self.end(number)
        for asking in self.clients if number % 5 == 0 else ["ada"]:
            self.note(asking, f"/api/v1/submissions/{id_}")
        if number % 25 == 24:
            self.look_around(number)

    def end(self, number):
        """Do as a worker: most files get a score, some fail over a label."""
        work = claim(self.hosted.context)
        if number % 50 == 40:
            reason = f"The labels of {TASKS[0]} have {self.labels['rows']} rows."
            assert fail(self.hosted.context, work, message="-", host_message=reason)
            return
        document = self.module.evaluation(work, self.rows[number])
        for label in document["labels"].values():
            label.update(self.labels)
        for task in document["tasks"].values():
            task["rows"] = self.labels["rows"]
            task["seconds"] = self.labels["seconds"]
        document["seconds"] = 14 * self.labels["seconds"]
        assert finish(self.hosted.context, work, document)

    def look_around(self, number):
        """Ask for everything else, as each of those who ask."""
        context = self.hosted.context
        record_standing(context, phase_of(context, "blind"))
        for asking in self.clients:
            for path in ("", "/board", "/board?rule=mean-q", "/board?rule=borda"):
                self.note(asking, PHASE + path)
            for path in (f"{PHASE}/history", "/api/v1/health", "/api/v1/challenges"):
                self.note(asking, path)
        for page in PAGES:
            self.note(None, f"/phases/blind{page}")
        for path in ("/submissions", "/phases/blind/methods"):
            self.note(None, f"{path}/{list(self.numbers)[-2]}")
        self.note(None, f"{PHASE}/entries")
        if number % 250 == 249:
            self.note("ada", "/api/v1/submissions")


@pytest.fixture
def two_servers(hosting, quiz_labels, tmp_path, make_context, monkeypatch):
    """Return a function that plays the same against two servers."""
    hosting.take_every_file(monkeypatch)
    content = hosting.make_content(tmp_path / "content")
    monkeypatch.setenv("NEUCOBENCH_PATH", str(content))
    rows = made_up_scores()
    kinds = {
        "first": (rows, {"sha256": "a" * 64, "rows": 20, "seconds": 0.1}),
        "second": (
            of_other_labels(rows),
            {"sha256": "b" * 64, "rows": 17, "seconds": 9},
        ),
    }

    def play(count):
        servers = []
        for name, (scores, labels) in kinds.items():
            context, clock = make_context(name)
            hosted = hosting.hosted(context, quiz_labels)
            server = Server(hosted, hosting, clock, rows=scores, labels=labels)
            with server:
                for number in range(count):
                    server.play(number)
            servers.append(server)
        return servers

    return play


def test_the_two_servers_have_nothing_in_common_but_means_and_ranks():
    rows = made_up_scores()
    others = of_other_labels(rows)
    for row, other in zip(rows, others, strict=True):
        assert round(sum(row) / len(row), 3) == round(sum(other) / len(other), 3)
        assert all(q != r for q, r in zip(row, other, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    "count", [250, pytest.param(COUNT, marks=pytest.mark.endurance)]
)
def test_many_submissions_learn_means_and_ranks_and_nothing_else(two_servers, count):
    first, second = two_servers(count)
    assert len(first.answers) == len(second.answers)
    for one, other in zip(first.answers, second.answers, strict=True):
        assert one == other
    text = json.dumps(first.answers)
    for hidden in (*TASKS, "a" * 64, "b" * 64):
        assert hidden not in text
    listed = [answer for answer in first.answers if answer[1].endswith("submissions")]
    means = {item["mean_q"] for item in json.loads(listed[-1][-1])} - {None}
    assert len(means) > count / 3
    assert all(round(mean, 3) == mean for mean in means)


def bits_of_one_score(lowest, highest, *, digits=3, entries=1):
    """Return the most that one answer can tell: a rounded mean, and a rank."""
    return math.log2((highest - lowest) * 10**digits + 1) + math.log2(entries)


def test_rounding_and_quota_bound_what_can_be_learned():
    # Q lies between -100 and 100 for all but absurd files; 30 teams are on the board.
    one = bits_of_one_score(-100, 100, entries=30)
    assert round(one, 1) == 22.5
    # The final phase of 2025 allowed three; fourteen tasks of 2,000 labels, each known
    # to a hundredth of its range, hold 186,000 bits.
    assert round(3 * one) == 68
    assert 3 * one < 14 * 2000 * math.log2(100) / 2700
