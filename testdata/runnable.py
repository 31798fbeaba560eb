#!/usr/bin/env python3
"""Sorts what Go prints in random order for a v1 trace.

`go tool trace -d=parsed` of a trace of Go 1.11 to 1.21 begins with the
goroutines that were runnable when tracing began, in the order of a Go map,
which differs from run to run. This script sorts them by ID. Their times stay
in their places, as they count up in any order, and nothing else is changed.

    go tool trace -d=parsed FILE | testdata/runnable.py
"""

import re
import sys

RUNNABLE = re.compile(
    rb"(M=-1 P=-1 G=-1 StateTransition Time=\d+ GoID=)(\d+)"
    rb'( Undetermined->Runnable Reason=""\n)'
)


def main():
    out = sys.stdout.buffer
    run = []

    def settle():
        ids = sorted((match[2] for match in run), key=int)
        for match, goroutine in zip(run, ids):
            out.write(match[1] + goroutine + match[3])
        run.clear()

    for line in sys.stdin.buffer:
        if match := RUNNABLE.fullmatch(line):
            run.append(match)
            continue
        settle()
        out.write(line)
    settle()


if __name__ == "__main__":
    main()
