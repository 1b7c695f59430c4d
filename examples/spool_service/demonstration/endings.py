# SPDX-License-Identifier: Apache-2.0

"""The ways in which the service ends, each under load, and what must hold."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import service
from archives import Template
from service import BROKEN, NO_ANSWER, REFUSED, SMALL, WHOLE, Client, Load, Service, wait_until

CLIENTS = 8
# How much later than its grace a process may end: the watchdog waits for a
# second, and the machine may be busy.
MARGIN = 3.0


@dataclasses.dataclass
class Row:
    """What one way of ending gave."""

    name: str
    what: str
    whole: int = 0
    refused: int = 0
    no_answer: int = 0
    broken: int = 0
    left: int = 0  # in the spool, after the end
    left_next: int = 0  # of that, after the next start
    seconds: float = 0.0  # from the first signal to the end
    grace: float = 0.0
    ended: str = ""
    problems: list = dataclasses.field(default_factory=list)

    def plus(self, other):
        """This row and another run of the same: the sums, and the longest."""
        for field in ("whole", "refused", "no_answer", "broken", "left", "left_next", "problems"):
            setattr(self, field, getattr(self, field) + getattr(other, field))
        self.seconds = max(self.seconds, other.seconds)
        return self


class Ending:
    """The frame: a service under load, its end, and the next start."""

    name = what = ""
    arguments = ("--faults",)
    grace = 10
    may_leave = False  # until the next start
    may_refuse = False  # before the end
    repeats = 1  # more where much depends on the moment
    expected_ends = ("exit 0",)
    templates = (SMALL,) * CLIENTS

    def __init__(self, program, requests):
        self.program = program
        self.requests = requests
        self.row = Row(self.name, self.what, grace=self.grace)

    # What subclasses change.
    def before(self):
        """Prepares, once the load runs."""

    def finish(self):
        """Ends the service, or has it ended."""
        self.signal(signal.SIGTERM)

    def after(self):
        """Looks at what came of it."""

    def signal(self, number):
        os.kill(self.service.pid, number)

    def check(self, holds, problem):
        if not holds:
            self.row.problems.append(problem)

    def play(self):
        with tempfile.TemporaryDirectory(prefix="demonstration-") as scratch:
            self.scratch = scratch
            self.spool = os.path.join(scratch, "spool")
            os.mkdir(self.spool)
            self.play_in_spool()
        return self.row

    def play_in_spool(self):
        self.service = Service(self.program, self.spool, *self.arguments, grace=self.grace)
        self.load = Load(self.service.address, self.templates)
        try:
            self.load.await_whole(self.requests)
            self.before()
            refused = self.load.counts[REFUSED]
            self.check(self.may_refuse or refused == 0,
                       f"{refused} requests were refused before the end")
            started = time.monotonic()
            self.finish()
            in_time = self.service.end(self.grace + MARGIN)
            self.row.seconds = time.monotonic() - started
            self.load.stop()
            self.check(in_time, f"not ended {MARGIN:.0f} s after its grace")
            self.look_at_end()
            self.after()
            self.look_at_spool()
        finally:
            self.load.stopping.set()
            self.service.close()
        if self.row.problems:
            self.row.problems.append("standard error: " + self.service.errors()[-2000:])

    def look_at_end(self):
        status = self.service.process.wait()
        self.row.ended = (signal.Signals(-status).name if status < 0 else f"exit {status}")
        self.check(self.row.ended in self.expected_ends,
                   f"ended by {self.row.ended}, not by {' or '.join(self.expected_ends)}")
        counts = self.load.counts
        self.row.whole, self.row.refused = counts[WHOLE], counts[REFUSED]
        self.row.no_answer, self.row.broken = counts[NO_ANSWER], counts[BROKEN]
        self.check(counts[WHOLE] > 0, "nothing was answered")
        self.check(counts[BROKEN] == 0, f"broken answers: {self.load.broken[:3]}")

    def look_at_spool(self):
        left = service.contents(self.spool)
        self.row.left = len(left)
        self.check(self.may_leave or not left, f"left in the spool: {sorted(left)[:5]}")
        follower = Service(self.program, self.spool, *self.arguments, grace=self.grace)
        try:
            kept = [path for path, inode in service.contents(self.spool).items()
                    if left.get(path) == inode]
            self.row.left_next = len(kept)
            self.check(not kept, f"left after the next start: {sorted(kept)[:5]}")
            client = Client(follower.address)
            kind, _, text = client.upload(*SMALL.numbered(next(Load.numbers)))
            client.close()
            self.check(kind == WHOLE, f"the next start does not answer: {text}")
            os.kill(follower.pid, signal.SIGTERM)
            self.check(follower.end(self.grace + MARGIN), "the next start does not end")
            left = service.contents(self.spool)
            self.check(not left, f"left after the next end: {sorted(left)[:5]}")
        finally:
            follower.close()


class Stuck:
    """A request that the service does not answer for some seconds."""

    def __init__(self, address, seconds):
        self.result = None
        self.thread = threading.Thread(target=self.run, args=(address, seconds), daemon=True)
        self.thread.start()
        watcher = Client(address)
        wait_until(lambda: "POST /fault/stuck" in
                   str(watcher.ask("GET", "/debug/finalizers?format=text")[2]),
                   "the stuck request is in flight")
        watcher.close()

    def run(self, address, seconds):
        client = Client(address)
        self.result = client.ask("POST", f"/fault/stuck?seconds={seconds}", "")
        client.close()

    def kind(self):
        self.thread.join(service.PATIENCE)
        return self.result and self.result[0]


class Sigterm(Ending):
    name = "sigterm"
    what = "SIGTERM"


class TwoAtOnce(Ending):
    name = "two_at_once"
    what = "two SIGTERMs at once: one request to end"

    def finish(self):
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGTERM)


class SecondSigterm(Ending):
    name = "second_sigterm"
    what = "a second SIGTERM while a request is stuck: it ends now"
    may_leave = True
    expected_ends = ("SIGTERM",)
    grace = 20

    def before(self):
        self.stuck = Stuck(self.service.address, 600)

    def finish(self):
        self.signal(signal.SIGTERM)
        time.sleep(1.5)  # behind the time in which signals are one request
        self.second = time.monotonic()
        self.signal(signal.SIGTERM)

    def after(self):
        self.check(self.row.seconds < self.grace / 2, "waited for the stuck request")
        self.check(self.stuck.kind() != WHOLE, "the stuck request was answered")


class Sigkill(Ending):
    name = "sigkill"
    what = "SIGKILL"
    repeats = 5
    may_leave = True
    expected_ends = ("SIGKILL",)

    def finish(self):
        self.signal(signal.SIGKILL)


class Crash(Ending):
    name = "crash"
    what = "SIGSEGV, with the crash tier"
    repeats = 5
    arguments = ("--faults", "--crash-tier")
    expected_ends = ("SIGSEGV",)

    def finish(self):
        client = Client(self.service.address)
        kind, _, _ = client.ask("POST", "/fault/crash", "")
        client.close()
        self.check(kind != WHOLE, "the crash was answered")


class StuckInTime(Ending):
    name = "stuck_in_time"
    what = "SIGTERM, and a request that takes 2 s more"

    def before(self):
        self.stuck = Stuck(self.service.address, 2)

    def after(self):
        self.check(self.stuck.kind() == WHOLE, f"the slow request: {self.stuck.result}")


class StuckTooLong(Ending):
    name = "stuck_too_long"
    what = "SIGTERM, and a request that is stuck"
    grace = 4
    # The request did not end: that is a failure.
    expected_ends = ("exit 1",)

    def before(self):
        self.stuck = Stuck(self.service.address, 600)

    def after(self):
        self.check(self.stuck.kind() != WHOLE, "the stuck request was answered")
        self.check("/fault/stuck" in self.service.errors(),
                   "standard error does not name the stuck request")


class Reload(Ending):
    name = "reload"
    what = "SIGHUP: fork and exec; then SIGTERM"

    def before(self):
        self.signal(signal.SIGHUP)
        wait_until(lambda: self.service.pid not in self.service.processes(),
                   "the old process ends")
        successors = self.service.processes()
        self.check(bool(successors), "no process follows")
        self.load.await_whole(self.requests)
        self.successor = successors[0] if successors else 0

    def finish(self):
        if self.successor:
            os.kill(self.successor, signal.SIGTERM)


class Prefork(Ending):
    name = "prefork"
    what = "3 workers, of which one is killed; then SIGTERM"
    repeats = 3
    arguments = ("--faults", "--workers=3")
    # What the killed worker left may be there until the next start.
    may_leave = True

    def workers(self):
        return [pid for pid in self.service.processes() if pid != self.service.pid]

    def before(self):
        workers = wait_until(lambda: len(self.workers()) == 3 and self.workers(),
                             "three workers")
        os.kill(workers[1], signal.SIGKILL)
        wait_until(lambda: len(self.workers()) == 3 and workers[1] not in self.workers(),
                   "another worker")
        self.load.await_whole(self.requests)


class FullDisk(Ending):
    name = "full_disk"
    what = "a full disk; then SIGTERM"
    may_refuse = True
    size = 3 << 20
    # A big one does not fit beside what it unpacks to.
    templates = (SMALL,) * (CLIENTS // 2) + (Template(2 << 20),) * (CLIENTS // 2)

    def play_in_spool(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size},mode=700",
                        "demonstration", self.spool], check=True)
        try:
            super().play_in_spool()
        finally:
            subprocess.run(["umount", "--lazy", self.spool], check=True)

    def before(self):
        wait_until(lambda: self.load.statuses[507] >= CLIENTS, "refusals with 507")

    def after(self):
        full = self.load.statuses[507]
        self.check(self.load.statuses[500] == 0,
                   f"{self.load.statuses[500]} answers of 500, not 507")
        self.row.what += f" ({full} times 507)"

    @classmethod
    def play_in_namespace(cls, program, requests):
        """Returns the row of a run in a mount namespace of its own."""
        as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        run = subprocess.run(
            ["unshare", *as_root, "--mount", "--propagation=private", sys.executable,
             os.path.abspath(__file__), program, str(requests)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if run.returncode != 0:
            row = Row(cls.name, cls.what)
            row.problems.append(f"could not be played: {run.stderr.strip()[-500:]}")
            return row
        return Row(**json.loads(run.stdout))


ENDINGS = {ending.name: ending for ending in (
    Sigterm, TwoAtOnce, SecondSigterm, Sigkill, Crash, StuckInTime, StuckTooLong, FullDisk,
    Reload, Prefork)}


def play(name, program, requests):
    if name == FullDisk.name:
        return FullDisk.play_in_namespace(program, requests)
    total = None
    for _ in range(ENDINGS[name].repeats):
        ending = ENDINGS[name](program, requests)
        try:
            ending.play()
        except service.Failed as failure:
            ending.row.problems.append(str(failure))
        total = ending.row if total is None else total.plus(ending.row)
    if ENDINGS[name].repeats > 1:
        total.what += f", {ENDINGS[name].repeats} times"
    return total


def play_plain(program, requests):
    """Rows of the service without the library, for which nothing is promised."""
    rows = []
    for name in ("sigterm", "sigkill"):
        row = play(name, program, requests)
        row.name = "plain_" + name
        row.what += ", without the library"
        row.problems = []
        rows.append(row)
    return rows


if __name__ == "__main__":
    # Of play_in_namespace.
    print(json.dumps(dataclasses.asdict(FullDisk(sys.argv[1], int(sys.argv[2])).play())))
