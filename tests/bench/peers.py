"""What jetcapture is measured beside: other programs that do the same job, and an S3 server that it stores into."""

import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

from cases import JSON_TO_CSV, JSON_TO_PARQUET, TO_NDJSON, TO_PARQUET

# Where tests/support/services.sh and pyarrow.sh install what they do.
services_folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "jetcapture-tests"
python_of_pyarrow = next(services_folder.glob("pyarrow-*/bin/python3"), None)  # of whichever version is there
gateway_program = services_folder / "versitygw-current" / "versitygw"


class Gateway:
    """versitygw, an S3 server, on loopback, with a bucket that is a folder."""

    def __init__(self, folder):
        self.bucket = folder / "gateway" / "bench"
        self.bucket.mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [gateway_program, "--port", f"127.0.0.1:{self.port}", "--access", "bench", "--secret", "bench-secret", "posix",
             str(self.bucket.parent)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", self.port)) != 0:
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit("versitygw did not start")
            time.sleep(0.05)

    def options(self):
        given = {"bucket": "bench", "endpoint": f"http://127.0.0.1:{self.port}", "access-key": "bench", "secret-key": "bench-secret"}
        return ["--store", "s3"] + [word for name, value in given.items() for word in ("--store-opt", f"{name}={value}")]

    def clear(self):
        for path in self.bucket.iterdir():
            shutil.rmtree(path)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def pyarrow(prepare):
    """pyarrow, which reads the same messages from NDJSON files and writes Parquet files: no server, no sync, all processors.

    prepare(stream, folder) makes a folder of NDJSON files, one a key; what that takes does not count.
    """
    script = ("import pathlib, sys, pyarrow.json, pyarrow.parquet\n"
              "pathlib.Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)\n"
              "for number, path in enumerate(sys.argv[3:]):\n"
              "    table = pyarrow.json.read_json(path)\n"
              "    pyarrow.parquet.write_table(table, f'{sys.argv[2]}/{number}.parquet', compression=sys.argv[1])\n")
    made = {}

    def command(case, folder):
        if case.job != JSON_TO_PARQUET or case.delivery != "shared":
            return None
        if case.stream not in made:
            made[case.stream] = prepare(case.stream, folder / f"ndjson-{case.stream.name}")
        return [str(python_of_pyarrow), "-c", script, case.compression, str(folder / "out")] + made[case.stream]

    return command


def benthos(build, url):
    """Benthos 4.27, the ancestor of Redpanda Connect under the MIT licence.

    It promises less: it syncs no file, keeps no journal, and does not wait for the server to confirm its acks. It always writes
    blocks of 30,000 messages, a file for each key of a block, and acks them then; jetcapture does so with 100,000 or holds all.

    It has a push consumer, which it makes itself, as is usual with it: from a pull consumer it fetches one message at a time, each
    with a request of its own, which takes longer and more CPU. Two blocks are then the most that can be unacked, since its NATS
    client drops messages when 65,536 wait. 10,000 keys are left out: three messages a file would be another job.

    It ends as the stream does, without polling: read_until stops after the last message, and that also ends the block. It
    closes once that block is acked; one thread maps and compresses, beside those that read, so that no earlier ack comes later.
    """
    number = itertools.count(1)
    block = 30_000
    message = (
        'meta key = meta("nats_subject")\n'
        'root = {"subject": meta("nats_subject"), "stream": "STREAM", "sequence": meta("nats_sequence_stream").int64(),'
    )
    mappings = {
        JSON_TO_CSV: (
            'meta key = this.key\n'
            'root = this.id.string() + "," + this.key + "," + this.price.string() + "," + this.ok.string()'
            ' + ",\\"" + this.text.replace_all("\\"", "\\"\\"") + "\\"\\n"'
        ),
        TO_NDJSON: (
            'let time = meta("nats_timestamp_unix_nano")\n' + message +
            ' "timestamp": $time.slice(0, -9).int64().ts_format("2006-01-02T15:04:05", "UTC") + "." + $time.slice(-9) + "Z",'
            ' "data": content().string()}.format_json(no_indent: true).string() + "\\n"'
        ),
        JSON_TO_PARQUET: 'meta key = this.key\nroot = this',
        TO_PARQUET: message + ' "timestamp": meta("nats_timestamp_unix_nano").int64(), "data": content()}',
    }
    columns = {
        JSON_TO_PARQUET: {"id": "INT64", "key": "UTF8", "price": "DOUBLE", "ok": "BOOLEAN", "text": "UTF8"},
        TO_PARQUET: {"subject": "UTF8", "stream": "UTF8", "sequence": "INT64", "timestamp": "INT64", "data": "BYTE_ARRAY"},
    }
    suffixes = {JSON_TO_CSV: ".csv", TO_NDJSON: ".ndjson"}

    def command(case, folder):
        if case.job not in mappings or case.store != "file":
            return None
        if case.stream.bytes != 200 or case.stream.keys > 10:
            return None
        if case.stream.keys == 1 and not case.block or case.delivery == "ordered":
            return None
        if case.job in columns:
            schema = [{"name": name, "type": kind} for name, kind in columns[case.job].items()]
            encode = [{"parquet_encode": {"schema": schema, "default_compression": case.compression}}]
            suffix = ".parquet"
        else:
            encode = [{"archive": {"format": "concatenate"}}]
            if case.compression != "none":
                encode.append({"compress": {"algorithm": case.compression}})
            suffix = suffixes[case.job] + {"none": "", "gzip": ".gz", "zstd": ".zst"}[case.compression]
        consumer = {
            "urls": [url], "stream": case.stream.name, "subject": f"{case.stream.name}.>", "durable": f"benthos{next(number)}",
            "ack_wait": "1h", "max_ack_pending": 2 * block,
        }
        config = folder / "benthos.json"
        config.write_text(json.dumps({
            "http": {"enabled": False}, "logger": {"level": "WARN"}, "metrics": {"none": {}},
            "input": {"batched": {
                "child": {"read_until": {"check": f'count("taken") >= {case.stream.messages}', "input": {"nats_jetstream": consumer}}},
                "policy": {"count": block, "check": 'meta("benthos_read_until") == "final"'},
            }},
            "pipeline": {"threads": 1, "processors": [
                {"mapping": mappings[case.job].replace("STREAM", case.stream.name)},
                {"group_by_value": {"value": '${! meta("key") }'}}, *encode,
            ]},
            "output": {"file": {
                "path": f'{folder}/out/${{! meta("key") }}/${{! meta("nats_sequence_stream") }}{suffix}', "codec": "all-bytes"
            }},
        }))
        return [str(build / "bench" / "benthos"), "-c", str(config)]

    return command
