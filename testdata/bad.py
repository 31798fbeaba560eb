#!/usr/bin/env python3
"""Makes testdata/bad: files that are not, or no longer, whole Go traces.

They are cut and altered copies of traces in testdata/traces, so run this script
again when those were recorded anew. bad/README.md describes each file.
"""

import gzip
import pathlib
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
BAD = HERE / "bad"

HEADER = 16  # bytes, "go 1.26 trace\0\0\0"

# The event types that begin a batch, and those with which its contents begin.
EVENT_BATCH, EXPERIMENTAL_BATCH, END_OF_GENERATION = 1, 49, 52
KINDS = {2: "stacks", 4: "strings", 6: "samples", 8: "frequency", 50: "sync"}


class Batch(NamedTuple):
    start: int  # of its header
    body: int  # of its contents
    end: int
    generation: int
    kind: str

    @property
    def middle(self):
        return (self.body + self.end) // 2


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def batches(data):
    """Yields the batches of a trace."""
    at = HEADER
    while at < len(data):
        start, kind = at, data[at]
        at += 1
        if kind == END_OF_GENERATION:
            continue
        if kind == EXPERIMENTAL_BATCH:
            at += 1
        elif kind != EVENT_BATCH:
            sys.exit(f"no batch at offset {start}")
        generation, at = varint(data, at)
        _thread, at = varint(data, at)
        _time, at = varint(data, at)
        size, at = varint(data, at)
        name = KINDS.get(data[at], "events") if kind == EVENT_BATCH else "experimental"
        yield Batch(start, at, at + size, generation, name)
        at += size


def find(data, kind, generation=None):
    """Returns the first batch of the kind, or the first in the given generation."""
    for batch in batches(data):
        if batch.kind == kind and generation in (None, batch.generation):
            return batch
    sys.exit(f"no {kind} batch in generation {generation}")


# The event types of v1, the format of Go 1.5 to 1.21. The two upper bits of a type hold the
# number of an event's arguments, or say that the event states its length.
V1_BATCH, V1_FREQUENCY, V1_STACK, V1_STRING, V1_USER_LOG = 1, 2, 3, 37, 48


class Event(NamedTuple):
    start: int
    end: int
    kind: int


def events_v1(data):
    """Yields the events of a v1 trace of Go 1.7 or later."""
    at = HEADER
    while at < len(data):
        start, kind, count = at, data[at] & 0x3F, data[at] >> 6
        at += 1
        if kind == V1_STRING:
            _id, at = varint(data, at)
        elif count < 3:
            for _ in range(count + 1):
                _number, at = varint(data, at)
        else:
            size, at = varint(data, at)
            at += size
        if kind in (V1_STRING, V1_USER_LOG):
            size, at = varint(data, at)
            at += size
        yield Event(start, at, kind)


def splice(data, start, end, new):
    return data[:start] + new + data[end:]


def without(data, batch):
    return splice(data, batch.start, batch.end, b"")


def bad_v1(hello, new):
    """Returns files made from `hello`, a v1 trace; `new` is a trace of another format."""
    events = list(events_v1(hello))
    first = {}
    for event in events:
        first.setdefault(event.kind, event)
    batches = [event for event in events if event.kind == V1_BATCH]
    second = batches[1]
    inside = next(event for event in events if event.start > second.end)
    stack, string, log = first[V1_STACK], first[V1_STRING], first[V1_USER_LOG]
    frequency = first[V1_FREQUENCY]

    def at(place, new, until=None):
        return splice(hello, place, place if until is None else until, new)

    files = {
        "header-only": hello[:HEADER],
        "cut-batch": hello[: inside.start + 1],
        "cut-batches": hello[: second.start],
        "cut-log": hello[: log.end - 2],
        "cut-string": hello[: string.end - 1],
        "cut-stack": hello[: stack.end - 1],
        "cut-last-byte": hello[:-1],
        "no-frequency": at(frequency.start, b"", frequency.end),
        "no-batch": at(HEADER, b"", batches[0].end),
        "bad-event-type": at(inside.start, b"\x3f", inside.start + 1),
        "bad-event-size": at(inside.start, b"\xc4\x81\x10"),
        "bad-arguments": at(inside.start, b"\x81\x01\x02\x03"),
        "bad-varint": at(inside.start + 1, b"\xff" * 11),
        "bad-proc": at(second.start, b"\x41\xff\xff\xff\x7f\x01", second.end),
        "bad-frequency": at(frequency.start, b"\x02\x00", frequency.end),
        "bad-string-size": at(string.start, b"\x25\x7f\xc1\x84\x3d"),
        "string-zero": at(string.start, b"\x25\x00\x01x"),
        "string-empty": at(string.start, b"\x25\x7f\x00"),
        "string-twice": at(string.start, hello[string.start : string.end]),
        "bad-stack": at(stack.start, b"\xc3\x03\x7f\xe9\x07"),
        "batch-missing": at(batches[0].start, b"", second.start),
        "batch-twice": at(second.start, hello[batches[0].start : second.start]),
        "twice": hello + hello,
        "followed": hello + new,
        "trailing": hello + b"\n",
        "leading": b"HTTP/1.1 200 OK\r\n\r\n" + hello,
    }
    return {f"v1-{name}.trace": data for name, data in files.items()}


def main():
    def trace(name):
        return (HERE / "traces" / f"{name}.trace").read_bytes()

    hello = trace("go1.27/hello")
    hello22 = trace("go1.22/hello")
    gens = trace("go1.26/syscalls-gens")
    gens22 = trace("go1.22/syscalls-gens")

    files = {
        # Files that are no traces at all.
        "empty.trace": b"",
        "text.trace": b"This is not a trace.\n",
        "page.trace": b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head>\n"
        b"<body><h1>Not Found</h1><p>/debug/pprof/trace</p></body></html>\n",
        "gzip.trace": gzip.compress(hello, mtime=0),
        "zeros.trace": bytes(4096),
        # Traces with bad headers.
        "header-cut.trace": hello[:9],
        "header-only.trace": hello[:HEADER],
        "header-future.trace": b"go 1.31 trace\0\0\0" + hello[HEADER:],
        "header-never.trace": b"go 1.20 trace\0\0\0" + hello[HEADER:],
        "header-padding.trace": b"go 1.26 trace\0\0x" + hello[HEADER:],
        # Traces that were damaged by a transfer or an editor.
        "crlf.trace": hello.replace(b"\n", b"\r\n"),
        "utf8.trace": hello.decode("utf-8", "replace").encode(),
        "twice.trace": hello + hello,
        "trailing.trace": hello + b"\n",
    }

    # Traces that are cut, in the old format and the new, with one generation or many.
    events = find(hello, "events")
    files |= {
        "cut-batch-header.trace": hello[: events.start + 3],
        "cut-batch.trace": hello[: events.middle],
        "cut-stacks.trace": hello[: find(hello, "stacks").middle],
        "cut-strings.trace": hello[: find(hello, "strings").middle],
        "cut-before-tables.trace": hello[: find(hello, "stacks").start],
        "cut-last-byte.trace": hello[:-1],
        "cut-go1.22-before-tables.trace": hello22[: find(hello22, "stacks").start],
        "cut-go1.22-last-byte.trace": hello22[:-1],
    }
    for name, data in ("gens", gens), ("go1.22-gens", gens22):
        second = next(b for b in batches(data) if b.generation == 2)
        files[f"cut-{name}-first.trace"] = data[: second.start]
        files[f"cut-{name}-second.trace"] = data[: find(data, "events", 2).middle]
        files[f"cut-{name}-second-batch.trace"] = data[: find(data, "events", 2).end]
        files[f"cut-{name}-no-first.trace"] = data[:HEADER] + data[second.start :]

    # Traces with damage inside.
    sync = find(hello, "sync")
    files |= {
        "no-sync.trace": without(hello, sync),
        "no-stacks.trace": without(hello, find(hello, "stacks")),
        "no-strings.trace": without(hello, find(hello, "strings")),
        "no-events.trace": without(hello, events),
        "bad-batch-type.trace": splice(hello, events.start, events.start + 1, b"\x7f"),
        "bad-event-type.trace": splice(hello, events.body, events.body + 1, b"\x7f"),
        "bad-varint.trace": splice(
            hello, events.start + 1, events.start + 1, b"\xff" * 11
        ),
        "bad-batch-size.trace": splice(
            hello, sync.start, sync.body, b"\x01\x01\x01\x01\x81\x80\x04"
        ),
    }

    files |= bad_v1(trace("go1.21/hello"), hello)

    BAD.mkdir(exist_ok=True)
    for name, data in files.items():
        (BAD / name).write_bytes(data)
    for path in BAD.glob("*.trace"):
        if path.name not in files:
            path.unlink()


if __name__ == "__main__":
    main()
