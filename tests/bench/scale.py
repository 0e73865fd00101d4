"""How throughput, CPU and memory of jetcapture go with the number of keys, of messages in flight, of hosts and of pipelines: a table each.

  tests/bench/run.sh --scale
"""

import argparse
import contextlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from bench import Server, contents, jetcapture, measure
from cases import JSON_TO_CSV, TO_NDJSON, Case, Stream

KEYS = (1, 10, 100, 1_000, 10_000, 100_000)
IN_FLIGHT = (10_000, 100_000, 1_000_000, 5_000_000)
HOSTS = (1, 2, 3, 4)
PIPELINES = (1, 2, 4)


class Scale:
    def __init__(self, build, folder, server, share):
        self.build = build
        self.folder = folder
        self.server = server
        self.share = share  # of the messages, for a quick look
        self.client = str(build / "bench" / "bench_client")

    def publish(self, name, messages, keys):
        print(f"publishing {messages:,} messages over {keys:,} keys", file=sys.stderr)
        subprocess.run([self.client, "publish", self.server.url, name, str(messages), "200", str(keys)], check=True)
        return Stream(name, messages, 200, keys)

    def fresh(self, stream):
        for folder in ("out", "state"):
            shutil.rmtree(self.folder / folder, ignore_errors=True)
        subprocess.run([self.client, "consumer", self.server.url, stream.name, "bench"], check=True)

    def run(self, job, stream, decoder=None, more=()):
        self.fresh(stream)
        command = jetcapture(self.build, self.server.url)(Case(job, "none", stream), self.folder) + list(more)
        if decoder:
            command[command.index("--decoder") + 1] = decoder
        return measure(self.client, command, self.server, self.folder)

    def keys(self):
        yield "| keys | msg/s | CPU µs/msg | to 10 keys | peak MB | files |\n|---:|---:|---:|---:|---:|---:|"
        messages = int(1_000_000 * self.share)
        rows = []
        for keys in KEYS:
            run = self.run(JSON_TO_CSV, self.publish(f"K{keys}", messages, keys))
            rows.append((keys, run, contents(self.folder / "out")[0]))
        ten = next(run for keys, run, _ in rows if keys == 10)
        for keys, run, files in rows:
            yield (f"| {keys:,} | {messages / run.seconds:,.0f} | {run.cpu / messages * 1e6:.2f} | {run.cpu / ten.cpu:.1f} |"
                   f" {run.memory / 1e6:.0f} | {files:,} |")

    def in_flight(self):
        yield "| messages in flight | msg/s | CPU µs/msg | peak MB |\n|---:|---:|---:|---:|"
        runs = {}
        for count in IN_FLIGHT:
            messages = int(count * self.share)
            runs[messages] = run = self.run(TO_NDJSON, self.publish(f"H{count}", messages, 10))
            yield (f"| {messages:,} | {messages / run.seconds:,.0f} | {run.cpu / messages * 1e6:.2f} | {run.memory / 1e6:.0f} |")
        # Below a million the blocks are not yet larger than the memory that they may have.
        (fewer, first), (more, last) = list(runs.items())[-2:]
        yield f"\nMemory for each message in flight, from {fewer:,} to {more:,}: {(last.memory - first.memory) / (more - fewer):.2f} bytes."

    def hosts(self):
        yield "| hosts on one consumer | msg/s of all | to one host |\n|---:|---:|---:|"
        stream = self.publish("HOSTS", int(1_000_000 * self.share), 10)
        alone = None
        for hosts in HOSTS:
            self.fresh(stream)
            begin = time.monotonic()
            processes = []
            for number in range(hosts):
                own = self.folder / f"host{number}"
                shutil.rmtree(own, ignore_errors=True)
                own.mkdir()
                # Hosts wait for one another's messages at the end, and blocks that end early keep that short.
                processes.append(subprocess.Popen(
                    jetcapture(self.build, self.server.url)(Case(JSON_TO_CSV, "none", stream, 20_000), own), stdout=subprocess.DEVNULL))
            if any([process.wait() for process in processes]):
                sys.exit("a host failed")
            seconds = time.monotonic() - begin
            alone = alone or seconds
            yield f"| {hosts} | {stream.messages / seconds:,.0f} | {alone / seconds:.2f} |"

    def pipelines(self):
        yield ("| pipelines | JSON→CSV msg/s | CPU µs/msg | slow decoder msg/s | CPU µs/msg | to one pipeline |\n"
               "|---:|---:|---:|---:|---:|---:|")
        fast = self.publish("FAST", int(1_000_000 * self.share), 10)
        slow = self.publish("SLOW", int(300_000 * self.share), 10)
        one = None
        for pipelines in PIPELINES:
            count = ["--pipelines", str(pipelines)]
            json_run = self.run(JSON_TO_CSV, fast, more=count)
            slow_run = self.run(TO_NDJSON, slow, decoder=str(self.build / "bench" / "slow.so"), more=count)
            one = one or slow_run
            yield (f"| {pipelines} | {fast.messages / json_run.seconds:,.0f} | {json_run.cpu / fast.messages * 1e6:.2f} |"
                   f" {slow.messages / slow_run.seconds:,.0f} | {slow_run.cpu / slow.messages * 1e6:.2f} |"
                   f" {one.seconds / slow_run.seconds:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual number of messages")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jetcapture-scale-") as name, contextlib.ExitStack() as stack:
        server = Server(pathlib.Path(name))
        stack.callback(server.stop)
        scale = Scale(options.build, pathlib.Path(name), server, options.share)
        for table in (scale.keys, scale.in_flight, scale.hosts, scale.pipelines):
            for line in table():
                print(line, flush=True)
            print()


if __name__ == "__main__":
    main()
