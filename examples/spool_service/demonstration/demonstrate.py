# SPDX-License-Identifier: Apache-2.0

"""Plays how the service ends, and measures it: tools/demonstrate runs this."""

import argparse
import dataclasses
import json
import os
import sys

import endings
import service
import speed


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/demonstrate",
        description="Ends examples/spool_service in every way, under load, and checks each "
        "answer and the spool; then measures it. Fails if a promise is broken.")
    parser.add_argument("--requests", type=int, default=100000, metavar="N",
                        help="uploads in the measurement of memory (default: 100000)")
    parser.add_argument("--pairs", type=int, default=5, metavar="N",
                        help="runs of each service for its speed (default: 5)")
    parser.add_argument("--seconds", type=int, default=5, metavar="N",
                        help="of each of these runs (default: 5)")
    parser.add_argument("--speed-in", metavar="DIR",
                        help="where the spools are in these runs (default: in memory, "
                        "if there is room)")
    known = [*endings.ENDINGS, "plain", "many", "speed"]
    parser.add_argument("--only", metavar="NAME,...",
                        help="plays these alone: " + ", ".join(known))
    parser.add_argument("--json", action="store_true", help="prints JSON instead of a table")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--plain", required=True, help=argparse.SUPPRESS)
    found = parser.parse_args()
    found.only = found.only.split(",") if found.only else known
    for name in found.only:
        if name not in known:
            parser.error(f"no such name: {name}")
    if min(found.requests, found.pairs, found.seconds) < 1:
        parser.error("a number must be positive")
    found.speed_in = found.speed_in or speed.steady_place()
    if not os.access(found.speed_in, os.W_OK | os.X_OK):
        parser.error(f"not a directory in which this user can create: {found.speed_in}")
    return found


COLUMNS = (
    ("whole", "whole"), ("refused", "refused"), ("no answer", "no_answer"), ("broken", "broken"),
    ("left", "left"), ("next start", "left_next"))


def print_endings(rows):
    width = max(len(row.what) for row in rows)
    print(f"{'how it ends':{width}}" + "".join(f"{title:>11}" for title, _ in COLUMNS) +
          f"{'seconds':>13}  ended by")
    for row in rows:
        cells = "".join(f"{getattr(row, field):>11}" for _, field in COLUMNS)
        print(f"{row.what:{width}}{cells}{row.seconds:>7.2f} of {row.grace:<3.0f}"
              f"{row.ended}{'  WRONG' if row.problems else ''}")
    print("""
whole: answered with 200, complete, with the right checksum; refused: another
status, or no connection; no answer: the connection ended before one; broken: an
answer that was cut off or wrong; left: entries in the spool after the end, and
after the next start; seconds: from the signal to the end, of the grace.
""")


def print_many(many):
    before, after = many["resident_kib"]
    print(f"{many['requests']} uploads under wrk: {many['whole']} whole, {many['refused']} refused, "
          f"{many['no_answer']} no answer, {many['broken']} broken")
    print(f"resident memory: {before} KiB before, {after} KiB after "
          f"({(after - before) * 1024 / many['requests']:+.1f} bytes a request)")
    print("descriptors: {} before, {} after".format(*many["descriptors"]))
    print(f"spool: {many['spool_while_idle']} entries at rest, {many['left']} after the end\n")


def print_speeds(speeds):
    print(f"{'requests per second':22}{'finalize':>10}{'plain':>10}{'ratio':>8}")
    for rates in [*speeds["pairs"], speeds["median"]]:
        title = "median" if rates is speeds["median"] else "a pair"
        print(f"{title:22}{rates['finalize']:>10.0f}{rates['plain']:>10.0f}{rates['ratio']:>7.2f}x")
    print(f"""
finalize: this service; plain: plain_service, the same without the library. Spools in
{speeds['spools_in']}. Each run begins in the middle of the load: as much waits to be removed
then as at its end.
""")


def main():
    chosen = arguments()
    rows, many, speeds = [], None, None
    # Each ending needs some load, not all of it.
    load = max(min(chosen.requests // 100, 500), 20)
    try:
        for name in chosen.only:
            print(f"{name} …", file=sys.stderr)
            if name == "many":
                many = speed.many_uploads(chosen.program, chosen.requests)
            elif name == "speed":
                speeds = speed.speeds(chosen.program, chosen.plain, chosen.pairs,
                                      chosen.seconds, chosen.speed_in)
            elif name == "plain":
                rows += endings.play_plain(chosen.plain, load)
            else:
                rows.append(endings.play(name, chosen.program, load))
    except service.Failed as failure:
        print(f"tools/demonstrate: {failure}", file=sys.stderr)
        return 1

    problems = [(row.name, problem) for row in rows for problem in row.problems]
    problems += [("many", problem) for problem in (many or {}).get("problems", [])]
    problems += [("speed", problem) for problem in (speeds or {}).get("problems", [])]
    if chosen.json:
        print(json.dumps({"endings": [dataclasses.asdict(row) for row in rows], "many": many,
                          "speed": speeds, "wrong": len(problems)}, indent=2))
    else:
        if rows:
            print_endings(rows)
        if many:
            print_many(many)
        if speeds:
            print_speeds(speeds)
        for name, problem in problems:
            print(f"WRONG: {name}: {problem}")
        if not problems:
            print("every promise held")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
