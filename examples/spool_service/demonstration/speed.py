# SPDX-License-Identifier: Apache-2.0

"""Many uploads under wrk: memory and descriptors, and requests per second."""

import collections
import contextlib
import json
import math
import os
import shutil
import statistics
import subprocess
import tempfile

from endings import MARGIN
from service import Failed, SMALL, Service, contents, wait_until

CONNECTIONS = 8
MEMORY = "/dev/shm"
ROOM = 512 << 20  # for what waits to be removed in the background
WARM_UP = 2  # seconds: fills what waits to be removed in the background
# Memory may grow by this much over a run: allocators keep a little. A leak of a
# hundred bytes in each of 100,000 requests is more.
MOST_GROWTH_KIB = 8 * 1024


class Wrk:
    """wrk with upload.lua, each run of which sends other archives."""

    def __init__(self, scratch):
        self.template = os.path.join(scratch, "template.tar")
        with open(self.template, "wb") as file:
            file.write(SMALL.body)
        self.runs = 0

    def send(self, address, requests):
        """Sends that many, or a few more; returns what became of them."""
        total = collections.Counter()
        while total["whole"] < requests:
            # As long as the rest takes at the speed until now.
            rate = total["whole"] / total["seconds"] if total["whole"] else requests
            result = self.run(address, min(math.ceil((requests - total["whole"]) / rate), 60))
            total.update(result)
            if result["whole"] == 0:
                break
        return dict(total)

    def run(self, address, seconds):
        self.runs += 1
        host, port = address
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "upload.lua")
        run = subprocess.run(
            ["wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s",
             "--timeout=60s", f"--script={script}", f"http://{host}:{port}/", "--",
             self.template, str(SMALL.entries), str(self.runs * 10**10)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = run.stdout.strip().splitlines()
        if run.returncode != 0 or not lines or not lines[-1].startswith("{"):
            raise Failed(f"wrk: {run.stdout}")
        return json.loads(lines[-1])


def end_with_sigterm(service, problems):
    service.process.terminate()
    if not service.end(10 + MARGIN):
        problems.append("it did not end in its grace")
    service.close()


def many_uploads(program, requests):
    """Returns what many uploads change in a process that runs on."""
    problems = []
    with tempfile.TemporaryDirectory(prefix="demonstration-") as scratch:
        spool = os.path.join(scratch, "spool")
        os.mkdir(spool)
        wrk = Wrk(scratch)
        service = Service(program, spool)
        try:
            # The first requests fill what stays: threads, the cache, arenas.
            wrk.send(service.address, max(requests // 10, 500))

            await_rest(spool)
            idle = settled(service)
            before = service.resident()
            result = wrk.send(service.address, requests)
            await_rest(spool)
            after_idle = settled(service)
            after = service.resident()
            left_running = len(contents(spool))
            if result["broken"]:
                problems.append(f"{result['broken']} broken answers")
            if result["whole"] < requests or result["refused"] or result["no_answer"]:
                problems.append(f"not every upload was answered with 200: {result}")
            if after - before > MOST_GROWTH_KIB:
                problems.append(f"memory has grown from {before} to {after} KiB")
            if after_idle > idle:
                problems.append(f"descriptors: {idle} before, {after_idle} after")
            end_with_sigterm(service, problems)
            left = len(contents(spool))
            if left:
                problems.append(f"{left} entries left in the spool")
        finally:
            service.close()
    return {"requests": result["whole"], **result, "resident_kib": [before, after],
            "descriptors": [idle, after_idle], "spool_while_idle": left_running,
            "left": left, "problems": problems}


def await_rest(spool):
    """Waits until each upload has been removed, also those in the background."""
    wait_until(lambda: len(contents(spool)) <= 2, "the service comes to rest")


def settled(service):
    """The number of descriptors, once it is the same for some time."""
    last, same = None, 0

    def check():
        nonlocal last, same
        now = service.descriptors()
        same = same + 1 if now == last else 0
        last = now
        return same >= 40 and now

    return wait_until(check, "descriptors settle")


def steady_place():
    """A file system on which each pair of runs finds what the first one found.

    That is memory, if there is room. A disk has a journal to write, and an ext4
    without one takes no inode again within a minute of its removal: there each run is
    slower than the one before.
    """
    with contextlib.suppress(OSError):
        if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
            return MEMORY
    return tempfile.gettempdir()


def speeds(program, plain, pairs, seconds, place):
    """Returns requests per second of both services, in pairs, with spools in `place`.

    A run begins in the middle of the load, so that no fewer uploads wait for their
    removal than at its end.
    """
    found = []
    problems = []
    with tempfile.TemporaryDirectory(prefix="demonstration-", dir=place) as scratch:
        wrk = Wrk(scratch)
        services = []
        try:
            for name, path in (("finalize", program), ("plain", plain)):
                spool = os.path.join(scratch, name)
                os.mkdir(spool)
                services.append((name, spool, Service(path, spool)))
            for pair in range(pairs):
                rates = {}
                # Each goes first as often as the other.
                for name, spool, service in services if pair % 2 == 0 else services[::-1]:
                    wrk.run(service.address, WARM_UP)
                    result = wrk.run(service.address, seconds)
                    await_rest(spool)  # or it would go on during the run of the other
                    if result["whole"] == 0 or result["broken"] or result["refused"]:
                        problems.append(f"{name}: {result}")
                    rates[name] = result["whole"] / result["seconds"]
                rates["ratio"] = rates["finalize"] / rates["plain"]
                found.append(rates)
        finally:
            for _, _, service in services:
                service.close()
    median = {name: statistics.median(rates[name] for rates in found)
              for name in ("finalize", "plain", "ratio")}
    return {"spools_in": place, "pairs": found, "median": median, "problems": problems}
