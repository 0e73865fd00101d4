#!/usr/bin/env python3
"""Prometheus scrapes a running capture: each query of the dashboard and of the alerts answers with data.
Arguments: the source folder, the program, its folder of plug-ins."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import queries
from free_port import free_port
from nats_client import Nats

source, program, plugins = sys.argv[1:4]


def eventually(seconds, what, condition):
    end = time.monotonic() + seconds
    while True:
        try:
            found = condition()
            if found:
                return found
        except OSError:
            pass
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.1)


with tempfile.TemporaryDirectory() as folder:
    nats_port, capture_port, prometheus_port = free_port(), free_port(), free_port()
    node_port = free_port()  # of what stands for the node exporter
    Path(folder, "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        "scrape_configs:\n- job_name: jetcapture\n  static_configs:\n"
        f'  - targets: ["127.0.0.1:{capture_port}"]\n'
        "- job_name: node\n  metrics_path: /verify.prom\n  static_configs:\n"
        f'  - targets: ["127.0.0.1:{node_port}"]\n')
    started = []

    def start(name, *command):
        log = open(Path(folder, name + ".log"), "wb")
        started.append(subprocess.Popen(command, stdout=log, stderr=log,
                                        env={**os.environ, "JETCAPTURE_PLUGIN_PATH": plugins}))

    def ask(query):
        url = f"http://127.0.0.1:{prometheus_port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    try:
        start("nats", "nats-server", "-a", "127.0.0.1", "-p", str(nats_port), "-js", "-sd", folder + "/js")
        client = eventually(20, "nats-server", lambda: Nats(nats_port))
        made = client.request("$JS.API.STREAM.CREATE.ORDERS", '{"name":"ORDERS","subjects":["orders.>"]}')
        assert "error" not in made, made
        start("capture", program, "--server", f"nats://127.0.0.1:{nats_port}", "--stream", "ORDERS", "--consumer", "c",
              "--create-consumer", "--decoder", "message", "--writer", "ndjson", "--store", "file",
              "--store-opt", f"root={folder}/root", "--state-dir", folder + "/state", "--max-age", "1s",
              "--listen", f"127.0.0.1:{capture_port}")
        start("node", sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, str(node_port))
        start("prometheus", "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
              f"--web.listen-address=127.0.0.1:{prometheus_port}")

        def scraped():
            client.publish("orders.eu", "x" * 100, 100)
            return ask("jetcapture_blocks_stored_total > 3") and ask('up{job="jetcapture"} == 1')

        eventually(60, "a capture that Prometheus has scraped", scraped)
        verified = subprocess.run([program, "verify", "--store", "file", "--store-opt", f"root={folder}/root",
                                   "--metrics-file", f"{folder}/verify.prom"], capture_output=True, text=True,
                                  env={**os.environ, "JETCAPTURE_PLUGIN_PATH": plugins})
        assert verified.returncode == 0, verified
        wanted = queries.dashboard_queries(source)
        # An alert that is silent answers with nothing: what it compares has to be there.
        wanted += [(name, re.sub(r"(==|>|<) (?=[\d.]+\b(?! \*))", r"\1 bool ", query)
                    .replace("> 0.8 *", "> bool 0.8 *")
                    .replace("[15m]", "[10s]").replace("[30m]", "[10s]").replace("[1h]", "[10s]"))
                   for name, query in queries.alert_queries(source)]
        readme = (Path(source) / "README.md").read_text()
        wanted += [("README", query) for query in re.findall(r"```promql\n(.*?)\n```", readme, re.DOTALL)]
        assert len(wanted) > 50, wanted
        unanswered = list(wanted)

        def all_answer():
            client.publish("orders.eu", "x" * 100, 100)
            unanswered[:] = [(name, query) for name, query in unanswered if not ask(query)]
            return not unanswered

        try:
            eventually(40, "data for each query", all_answer)
        except AssertionError:
            sys.exit(f"no data for {unanswered}")
        print(f"{len(wanted)} queries answered with data")
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
