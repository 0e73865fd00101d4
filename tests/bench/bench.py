"""Runs jetcapture, a null consumer and other programs over the same streams, in turn, and prints what each took.

Every figure is of one process: from its start to its end, with its start-up. Rounds are interleaved, so that a noisy machine is
noisy for all; the median is shown, and the ratios are of medians. See README.md beside this file.
"""

import argparse
import dataclasses
import functools
import gzip
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

from cases import FIELDS, JSON_JOBS, JSON_TO_CSV, JSON_TO_PARQUET, TO_NDJSON, TO_PARQUET, TO_RAW, Case, Stream, all_cases
from peers import Gateway, benthos, gateway_program, pyarrow, python_of_pyarrow


@dataclass
class Run:
    """What one process took."""

    seconds: float
    cpu: float  # seconds, user and system
    memory: int  # peak, bytes
    server_cpu: float
    gateway_cpu: float = 0  # of the S3 server
    files: int = 0
    bytes: int = 0


@dataclass
class Contestant:
    name: str
    command: callable  # (case, folder) -> arguments, or None where it does not do such a case
    csv_header: bool = True  # its CSV files begin with the names of the columns
    rounds: float = float("inf")  # at most so many
    runs: dict = field(default_factory=dict)  # by case


class Server:
    """A nats-server of its own, on loopback, with its store in the folder."""

    def __init__(self, folder):
        config = folder / "server.conf"
        config.write_text(
            f'listen: 127.0.0.1:-1\njetstream {{ store_dir: "{folder}/jetstream" }}\nports_file_dir: "{folder}"\n'
        )
        binary = os.environ.get("JETCAPTURE_NATS_SERVER") or shutil.which("nats-server", path=os.environ["PATH"] + ":/usr/sbin")
        self.version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        self.process = subprocess.Popen([binary, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ports = folder / f"nats-server_{self.process.pid}.ports"
        deadline = time.monotonic() + 20
        while not (ports.exists() and ports.read_text().strip()):
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit("nats-server did not start")
            time.sleep(0.05)
        self.url = json.loads(ports.read_text())["nats"][0]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def cpu_of(process):
    """Seconds, user and system, of what Popen started."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(client, arguments, server, folder, gateway=None):
    processes = [server.process] + ([gateway.process] if gateway else [])
    before = [cpu_of(process) for process in processes]
    report = folder / "report.json"
    ended = subprocess.run([client, "run", str(report)] + arguments, capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(arguments)}\nended with {ended.returncode}:\n{ended.stderr[-3000:]}")
    server_cpu, *gateway_cpu = [cpu_of(process) - then for process, then in zip(processes, before)]
    return Run(**json.loads(report.read_text()), server_cpu=server_cpu, gateway_cpu=sum(gateway_cpu))


WRITERS = {JSON_TO_CSV: "csv", TO_NDJSON: "ndjson", TO_PARQUET: "parquet", JSON_TO_PARQUET: "parquet", TO_RAW: "raw"}


def jetcapture(build, url, gateway=None):
    def command(case, folder):
        # Parquet compresses its pages itself.
        codec = "none" if WRITERS[case.job] == "parquet" else case.compression
        arguments = [
            str(build / "bin" / "jetcapture"), "--server", url, "--stream", case.stream.name, "--consumer", "bench", "--once",
            "--state-dir", f"{folder}/state", "--compression", codec, "--max-age", "10m", "--max-messages", str(case.block),
            "--max-bytes", case.block_bytes or "0", "--log-level", "warn", "--delivery", case.delivery,
            "--writer", WRITERS[case.job],
        ]
        if case.store == "s3":
            arguments += gateway.options()
        else:
            arguments += ["--store", "file", "--store-opt", f"root={folder}/out"]
        if codec != case.compression:
            arguments += ["--writer-opt", f"compression={case.compression}"]
        if case.job in JSON_JOBS:
            return arguments + ["--decoder", "json", "--decoder-opt", "key=field:/key", "--decoder-opt", f"fields={FIELDS}"]
        return arguments + ["--decoder", "message"]

    return command


def null_consumer(build, url):
    return lambda case, folder: [
        str(build / "bench" / "bench_client"), "null", url, case.stream.name, "bench", str(case.stream.messages),
        str(case.block) if case.delivery == "shared" else "never",
    ]


def ndjson_of(build, server, client, stream, folder):
    """The data of a stream's messages as files, one a key."""
    subprocess.run([client, "consumer", server.url, stream.name, "bench"], check=True)
    subprocess.run(jetcapture(build, server.url)(Case(TO_RAW, "none", stream), folder), capture_output=True, check=True)
    return [str(path) for path in blocks_in(folder / "out")]


def instructions(build, server, client, folder):
    """Instructions a message, by callgrind: the difference of two runs, so without start and end."""
    if shutil.which("valgrind") is None:
        return {}
    streams = [Stream(f"I{messages}", messages, 200, 10) for messages in (10_000, 30_000)]
    for stream in streams:
        subprocess.run([client, "publish", server.url, stream.name, str(stream.messages), str(stream.bytes), str(stream.keys)],
                       check=True)
    short = {}
    for job in (JSON_TO_CSV, TO_NDJSON):
        for compression in ("none", "gzip"):
            counted = []
            for stream in streams:
                subprocess.run([client, "consumer", server.url, stream.name, "bench"], check=True)
                shutil.rmtree(folder / "out", ignore_errors=True)
                shutil.rmtree(folder / "state", ignore_errors=True)
                command = jetcapture(build, server.url)(Case(job, compression, stream), folder)
                said = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"] + command,
                                      capture_output=True, text=True, check=True).stderr
                counted.append(int(re.search(r"Collected : (\d+)", said)[1]))
            short[f"{job} {compression}"] = (counted[1] - counted[0]) / 20_000
    return short


def blocks_in(folder):
    """The files with messages: manifests tell what is in them, and an S3 gateway has files of its own."""
    return [path for path in folder.rglob("*") if path.is_file() and not {"_manifest", ".sgwtmp"} & set(path.parts)]


def contents(folder):
    files = blocks_in(folder)
    return len(files), sum(path.stat().st_size for path in files)


def check_complete(case, folder, csv_header):
    """Every message stands in the output, so nobody is fast by leaving something out."""
    lines = 0
    files = 0
    for path in blocks_in(folder):
        files += 1
        if path.suffix == ".parquet":
            count = "import sys, pyarrow.parquet; print(pyarrow.parquet.ParquetFile(sys.argv[1]).metadata.num_rows)"
            lines += int(subprocess.run([python_of_pyarrow, "-c", count, str(path)], capture_output=True, check=True).stdout)
            continue
        if path.suffix == ".zst":
            text = subprocess.run(["zstd", "-dc", str(path)], capture_output=True, check=True).stdout
        else:
            text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines += text.count(b"\n")
    wanted = case.stream.messages + (files if case.job == JSON_TO_CSV and csv_header else 0)
    if lines != wanted:
        sys.exit(f"{case.title}: {lines} lines instead of {wanted}")


def median(runs, name):
    return statistics.median(getattr(run, name) for run in runs)


def spread(runs, name):
    values = [getattr(run, name) for run in runs]
    return (max(values) - min(values)) / 2 / statistics.median(values)


def table(case_list, contestants):
    yield "| case | program | msg/s | ± | MB/s | to null | CPU µs/msg | peak MB | server CPU µs/msg | files | MB out |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for case in case_list:
        null = next((c.runs[case] for c in contestants if c.name == "null consumer" and case in c.runs), None)
        for contestant in contestants:
            runs = contestant.runs.get(case)
            if not runs:
                continue
            messages = case.stream.messages
            rate = messages / median(runs, "seconds")
            ratio = median(null, "seconds") / median(runs, "seconds") if null else float("nan")
            yield (f"| {case.title} | {contestant.name} | {rate:,.0f} | {spread(runs, 'seconds'):.0%} |"
                   f" {rate * case.stream.bytes / 1e6:.0f} | {ratio:.2f} | {median(runs, 'cpu') / messages * 1e6:.2f} |"
                   f" {median(runs, 'memory') / 1e6:.0f} | {median(runs, 'server_cpu') / messages * 1e6:.2f} |"
                   f" {runs[-1].files} | {runs[-1].bytes / 1e6:.1f} |")


def deliveries(case_list, contestants):
    """Ordered delivery beside shared delivery, where both did the case."""
    ours = next(c for c in contestants if c.name == "jetcapture")
    null = next(c for c in contestants if c.name == "null consumer")
    for case in case_list:
        shared = dataclasses.replace(case, delivery="shared")
        if case.delivery == "ordered":
            faster = "not run"
            if shared in ours.runs:
                faster = f"{median(ours.runs[shared], 'seconds') / median(ours.runs[case], 'seconds'):.1f} ×"
            above = (median(ours.runs[case], "cpu") - median(null.runs[case], "cpu")) / case.stream.messages * 1e6
            yield f"| {case.title} | {faster} | {above:.2f} |"


def stores(case_list, contestants):
    """What each program of a case of s3 takes, and how much of the processors all take together."""
    ours = next(c for c in contestants if c.name == "jetcapture")
    for case in case_list:
        if case.store == "s3" and case in ours.runs:
            parts = [median(ours.runs[case], name) / case.stream.messages * 1e6 for name in ("cpu", "server_cpu", "gateway_cpu")]
            rate = case.stream.messages / median(ours.runs[case], "seconds")
            used = sum(parts) * rate / 1e6
            yield f"| {case.title} | {parts[0]:.2f} | {parts[1]:.2f} | {parts[2]:.2f} | {used:.2f} of {os.cpu_count()} |"


def peers(case_list, contestants):
    """jetcapture beside every other program that did the case."""
    ours = next(c for c in contestants if c.name == "jetcapture")
    for case in case_list:
        for peer in contestants:
            if peer.name not in ("null consumer", "jetcapture") and case in peer.runs:
                times = [median(peer.runs[case], name) / median(ours.runs[case], name) for name in ("seconds", "cpu")]
                yield f"| {case.title} | jetcapture to {peer.name} | {times[0]:.1f} × | {times[1]:.1f} × less |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="fewer messages and one round, in two minutes")
    parser.add_argument("--rounds", type=int, help="rounds of every case (3, with --quick 1)")
    parser.add_argument("--only", default="", help="only cases that have this text")
    parser.add_argument("--peers", action="store_true", help="other programs too, which --quick leaves out")
    parser.add_argument("--json", type=pathlib.Path, help="file for all figures")
    options = parser.parse_args()
    rounds = options.rounds or (1 if options.quick else 3)
    said = subprocess.run([str(options.build / "bin" / "jetcapture"), "--help"], capture_output=True, text=True).stdout
    codecs = [codec for codec in ("none", "gzip", "zstd") if re.search(rf"none\S*\|{codec}|{codec}\|", said)]
    has_parquet = python_of_pyarrow is not None and (options.build / "lib" / "jetcapture" / "parquet.so").exists()
    if not has_parquet or not gateway_program.exists():
        print("without pyarrow and versitygw their cases are left out; tests/run.sh installs them", file=sys.stderr)
    chosen = [case for case in all_cases(options.quick, codecs, has_parquet, gateway_program.exists()) if options.only in case.title]
    if not chosen:
        sys.exit(f"no case has {options.only!r} in its title")

    with tempfile.TemporaryDirectory(prefix="jetcapture-bench-") as name:
        folder = pathlib.Path(name)
        server = Server(folder)
        gateway = Gateway(folder) if any(case.store == "s3" for case in chosen) else None
        try:
            client = str(options.build / "bench" / "bench_client")
            for stream in {case.stream for case in chosen}:
                print(f"publishing {stream.messages:,} messages of {stream.bytes} B over {stream.keys} keys", file=sys.stderr)
                subprocess.run([client, "publish", server.url, stream.name, str(stream.messages), str(stream.bytes),
                                str(stream.keys)], check=True)
            contestants = [
                Contestant("null consumer", null_consumer(options.build, server.url)),
                Contestant("jetcapture", jetcapture(options.build, server.url, gateway)),
            ]
            if (options.peers or not options.quick) and (options.build / "bench" / "benthos").exists():
                # One round: it takes five times as long as jetcapture, or more.
                contestants.append(Contestant("Benthos 4.27", benthos(options.build, server.url), csv_header=False, rounds=1))
            if options.peers or not options.quick:
                contestants.append(Contestant("pyarrow", pyarrow(functools.partial(ndjson_of, options.build, server, client))))
            for turn in range(rounds):
                for case in chosen:
                    print(f"round {turn + 1}/{rounds}: {case.title}", file=sys.stderr)
                    for contestant in contestants:
                        command = contestant.command(case, folder)
                        if command is None or turn >= contestant.rounds:
                            continue
                        shutil.rmtree(folder / "out", ignore_errors=True)
                        shutil.rmtree(folder / "state", ignore_errors=True)
                        if gateway:
                            gateway.clear()
                        acks = ["none"] if case.delivery == "ordered" else []
                        subprocess.run([client, "consumer", server.url, case.stream.name, "bench"] + acks, check=True)
                        run = measure(client, command, server, folder, gateway)
                        if contestant.name != "null consumer":
                            out = gateway.bucket if case.store == "s3" else folder / "out"
                            run.files, run.bytes = contents(out)
                            if turn == 0:
                                check_complete(case, out, contestant.csv_header)
                        contestant.runs.setdefault(case, []).append(run)
            per_message = {} if options.only or options.quick else instructions(options.build, server, client, folder)
            version = server.version
        finally:
            server.stop()
            if gateway:
                gateway.stop()

    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    machine = f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), {version}, Linux {platform.release()}"
    print(f"{machine}; {rounds} rounds, medians.\n")
    print("\n".join(table(chosen, contestants)))
    ordered = list(deliveries(chosen, contestants))
    if ordered:
        print("\n| ordered delivery | to shared delivery | CPU above the null consumer, µs/msg |\n|---|---:|---:|")
        print("\n".join(ordered))
    stored = list(stores(chosen, contestants))
    if stored:
        print("\n| case of s3, CPU µs/msg | jetcapture | nats-server | S3 server | processors in use |\n|---|---:|---:|---:|---:|")
        print("\n".join(stored))
    compared = list(peers(chosen, contestants))
    if compared:
        print("\n| case | | throughput | CPU |\n|---|---|---:|---:|")
        print("\n".join(compared))
    if per_message:
        print("\n| instructions a message (200 B, 10 keys) | |\n|---|---:|")
        for title, count in per_message.items():
            print(f"| {title} | {count:,.0f} |")
    if options.json:
        options.json.write_text(json.dumps({
            "machine": machine,
            "instructions": per_message,
            "cases": [{"case": case.title, "program": c.name, "messages": case.stream.messages,
                       "runs": [vars(run) for run in c.runs[case]]} for case in chosen for c in contestants if case in c.runs],
        }, indent=1))


if __name__ == "__main__":
    main()
