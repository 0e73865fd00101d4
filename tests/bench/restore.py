"""How fast a backup comes back: exactly, beside the server that restores its own snapshot, and by publishing, beside a null publisher
whose messages have the same expectations; with --blocks instead, how much memory that takes.

Prints a Markdown table. Every figure is of one process, from its start to its end; rounds are interleaved. See README.md beside this file.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from bench import Server, jetcapture, measure, median, spread
from cases import TO_NDJSON, Case, Stream

sys.path.append(str(pathlib.Path(__file__).parent.parent / "deploy"))
from nats_client import Nats  # noqa: E402


class Ways:
    """The ways to bring one stream back, each as a process; after each the stream is counted, and removed."""

    def __init__(self, build, server, folder, stream):
        self.build, self.server, self.folder, self.stream = build, server, folder, stream
        self.client = str(build / "bench/bench_client")
        self.snapshots = str(build / "bench/snapshot_client")
        self.api = Nats(int(server.url.rsplit(":", 1)[1]))
        self.snapshot = folder / "snapshot"

    def prepare(self):
        """The stream, its backup and its snapshot; then it is deleted."""
        name = self.stream.name
        subprocess.run([self.client, *self.published(name)], check=True)
        subprocess.run([self.client, "consumer", self.server.url, name, "bench"], check=True)
        case = Case(TO_NDJSON, "zstd", self.stream, 100_000)
        subprocess.run(jetcapture(self.build, self.server.url)(case, self.folder), stderr=subprocess.DEVNULL, check=True)
        subprocess.run([self.snapshots, "save", self.server.url, name, str(self.snapshot)], check=True)
        self.remove(name)

    def published(self, name):
        return ["publish", self.server.url, name, str(self.stream.messages), str(self.stream.bytes), str(self.stream.keys)]

    def run(self, way):
        name, command = {
            "the server's own snapshot": (self.stream.name, self.own_snapshot),
            "restore --exact": (self.stream.name, self.exact),
            "null publisher": ("NULL", self.null_publisher),
            "null publisher, expecting": ("NULL", lambda: [*self.null_publisher(), "expecting"]),
            "restore --publish": ("REPLAY", self.publish),
        }[way]
        measured = measure(self.client, command(), self.server, self.folder)
        there = self.api.request(f"$JS.API.STREAM.INFO.{name}", "")["state"]["messages"]
        if there != self.stream.messages:
            sys.exit(f"{way}: {there} messages instead of {self.stream.messages}")
        self.remove(name)
        return measured

    def own_snapshot(self):
        return [self.snapshots, "restore", self.server.url, self.stream.name, str(self.snapshot)]

    def exact(self):
        return self.restore("--exact", "--to-stream", self.stream.name)

    def null_publisher(self):
        return [self.client, *self.published("NULL")]

    def publish(self):
        self.api.request("$JS.API.STREAM.CREATE.REPLAY", '{"name":"REPLAY","subjects":["replay.>"]}')
        return self.restore("--publish", "--to-stream", "REPLAY", "--subject-prefix", "replay.")

    def restore(self, *words):
        return [str(self.build / "bin/jetcapture"), "restore", *words, "--server", self.server.url, "--stream", self.stream.name,
                "--store", "file", "--store-opt", f"root={self.folder}/out", "--log-level", "warn", "--yes"]

    def remove(self, name):
        self.api.request(f"$JS.API.STREAM.DELETE.{name}", "")


def memory(options):
    """Both ways with a backup of many blocks: some hundred of them overlap, or all."""
    print("| messages | blocks | that overlap | way | elapsed s | CPU s | peak MB |\n|---:|---:|---:|---|---:|---:|---:|")
    build = options.build.resolve()
    for manifests in (max(options.blocks // 100, 1), 1):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            subprocess.run([build / "bench/make_backup", folder / "out", str(options.messages), str(options.blocks), str(manifests),
                            str(options.blocks), "whole"], check=True)
            server = Server(folder)
            try:
                tried = Ways(build, server, folder, Stream("ORDERS", options.messages, 200, 100))
                for way in ("restore --exact", "restore --publish")[: 1 if options.exact_only else 2]:
                    run = tried.run(way)
                    print(f"| {options.messages:,} | {options.blocks:,} | {options.blocks // manifests:,} | {way} | {run.seconds:.1f} | "
                          f"{run.cpu:.1f} | {run.memory / 1e6:.0f} |", flush=True)
            finally:
                server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--blocks", type=int, default=0, help="instead, the memory with so many")
    parser.add_argument("--exact-only", action="store_true", help="with --blocks, only the exact way")
    options = parser.parse_args()
    if options.blocks:
        return memory(options)
    ceilings = {"restore --exact": "the server's own snapshot", "restore --publish": "null publisher, expecting"}
    ways = ["the server's own snapshot", "restore --exact", "null publisher", "null publisher, expecting", "restore --publish"]
    print("| messages | way | msg/s | ± | to its ceiling | CPU µs/msg | peak MB | server CPU µs/msg |\n|---|---|---:|---:|---:|---:|---:|---:|")
    for stream in (Stream("SMALL", options.messages, 200, 10), Stream("LARGE", options.messages // 64, 65536, 10)):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            server = Server(folder)
            try:
                tried = Ways(options.build.resolve(), server, folder, stream)
                tried.prepare()
                runs = {way: [] for way in ways}
                for _ in range(options.rounds):
                    for way in ways:
                        runs[way].append(tried.run(way))
            finally:
                server.stop()
        for way in ways:
            seconds = median(runs[way], "seconds")
            ratio = median(runs[ceilings.get(way, way)], "seconds") / seconds
            print(f"| {stream.messages:,} of {stream.bytes:,} B | {way} | {stream.messages / seconds:,.0f} | "
                  f"{spread(runs[way], 'seconds'):.0%} | {ratio:.2f} | {median(runs[way], 'cpu') / stream.messages * 1e6:.2f} | "
                  f"{median(runs[way], 'memory') / 1e6:.0f} | {median(runs[way], 'server_cpu') / stream.messages * 1e6:.2f} |", flush=True)


main()
