# SPDX-License-Identifier: Apache-2.0

"""The service as a process, and clients that check each of its answers."""

import collections
import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

from archives import Template

# How long anything may take that is not measured.
PATIENCE = 120

WHOLE = "whole"  # 200, complete, and it says what it must
REFUSED = "refused"  # another status, or no connection
NO_ANSWER = "no answer"  # the connection ended before an answer began
BROKEN = "broken"  # an answer that is cut off or wrong


class Failed(Exception):
    """The demonstration cannot go on."""


def wait_until(condition, what, limit=PATIENCE):
    """Waits until condition() is true, and returns what it returned."""
    end = time.monotonic() + limit
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {limit} s")
        time.sleep(0.005)


class Service:
    """One start of the service, with every process that comes from it."""

    def __init__(self, program, spool, *arguments, grace=10):
        self.spool = os.path.realpath(spool)
        self.log = open(self.spool + ".log", "ab+")
        self.process = subprocess.Popen(
            [program, "--listen=127.0.0.1:0", f"--spool={self.spool}", f"--grace={grace}",
             *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline().decode()
        match = re.fullmatch(r"listening on (.*):(\d+)\n", line)
        if not match:
            raise Failed(f"{program} said {line!r}\n{self.errors()}")
        self.address = (match[1], int(match[2]))

    @property
    def pid(self):
        return self.process.pid

    def errors(self):
        with open(self.log.name, "rb") as log:
            return log.read().decode(errors="replace")

    def processes(self):
        """Every process that serves this spool, also after a reload."""
        self.process.poll()
        mark = f"\0--spool={self.spool}\0".encode()
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline", "rb") as file:
                if mark in b"\0" + file.read():
                    found.append(int(name))
        return sorted(found)

    def end(self, limit):
        """Waits until no process is left; returns whether none had to be killed."""
        limit += time.monotonic()
        while self.processes():
            if time.monotonic() > limit:
                self.kill()
                return False
            time.sleep(0.002)
        return True

    def kill(self):
        """Kills what is left."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.processes(), "SIGKILL")

    def close(self):
        self.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def resident(self):
        """The resident memory of all its processes, in KiB."""
        total = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/status") as status:
                total += int(re.search(r"^VmRSS:\s+(\d+) kB", status.read(), re.M)[1])
        return total

    def descriptors(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.processes())


def contents(directory):
    """What is in a directory: the inode by the path."""
    found = {}
    for folder, directories, files in os.walk(directory):
        for name in directories + files:
            path = os.path.join(folder, name)
            with contextlib.suppress(FileNotFoundError):
                found[os.path.relpath(path, directory)] = os.lstat(path).st_ino
    return found


class Client:
    """A connection, on which one request follows the other."""

    def __init__(self, address):
        self.address = address
        self.connection = None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(self, method, path, body=None):
        """Returns (kind, status, body); of a broken answer the text says why.

        A server may close a connection between two requests. If the next one
        crosses that, it is sent again on a new connection, as by any client.
        """
        reused = self.connection is not None
        answer = self.ask_once(method, path, body)
        if answer[0] == NO_ANSWER and reused:
            answer = self.ask_once(method, path, body)
        return answer

    def ask_once(self, method, path, body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
            try:
                self.connection.connect()
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                self.close()
                return REFUSED, 0, str(error)
        try:
            self.connection.request(method, path, body)
        except OSError:
            pass  # an answer may be there nevertheless
        try:
            response = self.connection.getresponse()
        except (OSError, http.client.BadStatusLine) as error:
            # RemoteDisconnected is a BadStatusLine, without a single byte.
            cut = (isinstance(error, http.client.BadStatusLine) and
                   not isinstance(error, http.client.RemoteDisconnected))
            self.close()
            return BROKEN if cut else NO_ANSWER, 0, repr(error)
        except http.client.HTTPException as error:
            self.close()
            return BROKEN, 0, repr(error)
        try:
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return BROKEN, response.status, f"cut off: {error!r}"
        length = response.getheader("Content-Length")
        if response.will_close:
            self.close()
        if length is None or int(length) != len(text):
            return BROKEN, response.status, f"Content-Length {length}, body {len(text)}"
        return WHOLE if response.status == 200 else REFUSED, response.status, text

    def upload(self, body, expected):
        kind, status, text = self.ask("POST", "/upload", body)
        if kind == WHOLE:
            try:
                answer = json.loads(text)
            except ValueError:
                return BROKEN, status, f"not JSON: {text!r}"
            if any(answer.get(key) != value for key, value in expected.items()):
                return BROKEN, status, f"{answer} instead of {expected}"
        return kind, status, text


class Load:
    """Clients that upload, each on a thread of its own, until they are stopped."""

    numbers = itertools.count(1)

    def __init__(self, address, templates):
        self.address = address
        self.counts = collections.Counter()
        self.statuses = collections.Counter()
        self.broken = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(template,), daemon=True)
                        for template in templates]
        for thread in self.threads:
            thread.start()

    def run(self, template):
        client = Client(self.address)
        listening = True
        while not self.stopping.is_set():
            kind, status, text = client.upload(*template.numbered(next(Load.numbers)))
            had_listened, listening = listening, kind != REFUSED or status != 0
            with self.lock:
                # Where nothing listens any more, each client is refused once.
                self.counts[kind] += listening or had_listened
                self.statuses[status] += 1
                if kind == BROKEN:
                    self.broken.append(str(text))
            if kind != WHOLE:
                # Most likely the service has ended.
                self.stopping.wait(0.01)
        client.close()

    def await_whole(self, count):
        """Waits until so many more uploads were answered."""
        count += self.counts[WHOLE]
        wait_until(lambda: self.counts[WHOLE] >= count, f"{count} uploads")

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE)
            if thread.is_alive():
                raise Failed("a client hangs")


SMALL = Template()
