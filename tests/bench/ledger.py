"""What the ledger costs a capture, and how fast a backup is read by its manifests.

Prints Markdown tables. Processor time is of user and system, so that other load on the machine counts little; runs with and without
the ledger are in pairs, one after the other, and their ratio is of each pair. See README.md beside this file.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from bench import Server, cpu_of, jetcapture, measure
from cases import JSON_TO_CSV, Case, Stream

sys.path.append(str(pathlib.Path(__file__).parent.parent / "deploy"))
from nats_client import Nats  # noqa: E402


class Measured:
    """One run of a command: what it took, and how it ended."""

    def __init__(self, *command):
        start = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.status = process.returncode
        self.seconds = time.monotonic() - start
        self.cpu = usage.ru_utime + usage.ru_stime
        self.megabytes = usage.ru_maxrss / 1024


def reading(build, folder, small):
    """ls, find and verify over many manifests, before and after their compaction."""
    scale = 20 if small else 1
    backups = [(10_000_000 // scale, 10_000 // scale, 100), (10_000_000 // scale, 10_000 // scale, 10_000 // scale),
               (1_000_000 // scale, 100_000 // scale, 100_000 // scale)]
    print("| messages | blocks | manifests | command | elapsed s | CPU s | peak MB |\n|---:|---:|---:|---|---:|---:|---:|")
    for messages, blocks, manifests in backups:
        root = folder / "backup"
        subprocess.run([build / "bench/make_backup", root, str(messages), str(blocks), str(manifests)], check=True)
        store = ["--store", "file", "--store-opt", f"root={root}", "--log-level", "warn"]
        for name, words in (("ls", ["ls"]), ("find", ["find", "--sequence", messages // 2]), ("verify", ["verify"]),
                            ("ledger compact", ["ledger", "compact"]), ("ls, with indexes", ["ls"]),
                            ("find, with indexes", ["find", "--sequence", messages // 2])):
            run = Measured(build / "bin/jetcapture", *words, *store)
            assert run.status == 0, (words, run.output[-500:])
            print(f"| {messages:,} | {blocks:,} | {manifests:,} | {name} | {run.seconds:.1f} | {run.cpu:.1f} | {run.megabytes:.0f} |",
                  flush=True)
        shutil.rmtree(root)


def against_stream(build, server, client, folder, small):
    """verify --against-stream: a backup that is whole, and one of which no manifest records anything, so that all is listed."""
    messages = 100_000 if small else 2_000_000
    stream = Stream("PROOF", messages, 200, 10)
    subprocess.run([client, "publish", server.url, stream.name, str(messages), "200", "10"], check=True)
    subprocess.run([client, "consumer", server.url, stream.name, "bench"], check=True)
    measure(client, jetcapture(build, server.url)(Case(JSON_TO_CSV, "none", stream, 100_000), folder), server, folder)
    words = ["verify", "--against-stream", "--server", server.url, "--stream", stream.name, "--consumer", "bench", "--store", "file",
             "--store-opt", f"root={folder}/out", "--log-level", "warn"]
    print("\n| backup | messages | messages a second | CPU s | CPU of the server, s | peak MB |\n|---|---:|---:|---:|---:|---:|")

    def show(what, expected):
        before = cpu_of(server.process)
        run = Measured(build / "bin/jetcapture", *words)
        assert run.status == expected, (run.status, run.output[-500:])
        print(f"| {what} | {messages:,} | {messages / run.seconds:,.0f} | {run.cpu:.1f} | {cpu_of(server.process) - before:.1f} | "
              f"{run.megabytes:.0f} |", flush=True)

    show("whole", 0)
    for manifest in sorted(folder.glob("out/_manifest/**/*.manifest.zst"))[1:]:
        manifest.unlink()
    show("no manifest records a message", 1)
    shutil.rmtree(folder / "out")
    shutil.rmtree(folder / "state")


def capturing(build, server, client, folder, rounds, small):
    """Processor time of a capture with and without the ledger."""
    messages = 100_000 if small else 1_000_000
    print("\n| capture | messages | CPU µs/msg with | without | with to without | of the rounds |\n|---|---:|---:|---:|---:|---|")
    for name, keys, block in (("10 keys, acked at the end", 10, 0), ("1,000 keys, acked at the end", 1000, 0),
                              ("10 keys, blocks of 10,000", 10, 10_000)):
        stream = Stream(f"CPU{keys}", messages, 200, keys)
        if block == 0:
            subprocess.run([client, "publish", server.url, stream.name, str(messages), "200", str(keys)], check=True)
        command = jetcapture(build, server.url)(Case(JSON_TO_CSV, "none", stream, block), folder)
        ratios, both = [], {True: [], False: []}
        for number in range(rounds):
            for ledger in (True, False) if number % 2 == 0 else (False, True):
                subprocess.run([client, "consumer", server.url, stream.name, "bench"], check=True)
                run = measure(client, command + ([] if ledger else ["--no-ledger"]), server, folder)
                both[ledger].append(run.cpu / messages * 1e6)
                shutil.rmtree(folder / "out")
                shutil.rmtree(folder / "state")
            ratios.append(both[True][-1] / both[False][-1])
        print(f"| {name} | {messages:,} | {statistics.median(both[True]):.2f} | {statistics.median(both[False]):.2f} | "
              f"{statistics.median(ratios):.3f} | {', '.join(f'{ratio:.2f}' for ratio in sorted(ratios))} |", flush=True)


def acking(build, server, folder, rounds):
    """From the publishing of a message that ends a block to the ack of its messages; and the objects that are put for it."""
    client = Nats(int(server.url.rsplit(":", 1)[1]))
    print("\n| one block each time | ack ms, median | 90 % below | manifests a block |\n|---|---:|---:|---:|")
    for ledger in (True, False):
        stream = f"ACK{int(ledger)}"
        client.request(f"$JS.API.STREAM.CREATE.{stream}", f'{{"name":"{stream}","subjects":["{stream}.>"]}}')
        root = folder / stream
        host = subprocess.Popen(
            [str(build / "bin/jetcapture"), "--server", server.url, "--stream", stream, "--consumer", "bench", "--create-consumer",
             "--decoder", "message", "--writer", "ndjson", "--store", "file", "--store-opt", f"root={root}", "--state-dir",
             f"{root}-state", "--max-messages", "10", "--log-level", "warn"] + ([] if ledger else ["--no-ledger"]),
            stderr=subprocess.DEVNULL)
        times = []
        try:
            wait_for(lambda: "error" not in client.request(f"$JS.API.CONSUMER.INFO.{stream}.bench", ""))
            for number in range(1, rounds + 1):
                time.sleep(1.2)  # the ledger puts a manifest a second at most
                client.publish(f"{stream}.a", "x" * 200, 10)
                start = time.monotonic()
                wait_for(lambda: client.request(f"$JS.API.CONSUMER.INFO.{stream}.bench", "")["ack_floor"]["stream_seq"] == 10 * number)
                times.append((time.monotonic() - start) * 1000)
        finally:
            host.terminate()
            host.wait(30)
        manifests = len(list(root.glob("_manifest/**/*.manifest.zst")))
        times.sort()
        print(f"| {'with' if ledger else 'without'} the ledger | {statistics.median(times):.0f} | {times[len(times) * 9 // 10]:.0f} | "
              f"{manifests / rounds:.1f} |", flush=True)


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        if time.monotonic() > end:
            sys.exit("not within 30 s")
        time.sleep(0.002)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", type=pathlib.Path, required=True)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--small", action="store_true", help="a twentieth of the messages")
    arguments.add_argument("--only", choices=["size", "reading", "against-stream", "capturing", "acking"])
    given = arguments.parse_args()
    build = given.build.resolve()
    client = str(build / "bench/bench_client")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if given.only in (None, "size"):
            subprocess.run([build / "bench/manifest_size"], check=True)
        if given.only in (None, "reading"):
            reading(build, folder, given.small)
        if given.only in (None, "against-stream", "capturing", "acking"):
            server = Server(folder)
            try:
                if given.only in (None, "against-stream"):
                    against_stream(build, server, client, folder, given.small)
                if given.only in (None, "capturing"):
                    capturing(build, server, client, folder, given.rounds, given.small)
                if given.only in (None, "acking"):
                    acking(build, server, folder, 3 * given.rounds)
            finally:
                server.stop()


main()
