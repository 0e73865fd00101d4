"""The PromQL of the dashboard and of the alert rules in examples/deploy."""

import json
import re
from pathlib import Path


def dashboard(source):
    return json.loads((Path(source) / "examples/deploy/grafana/jetcapture.json").read_text())


def dashboard_queries(source):
    """(panel, query) with Grafana's variables filled in."""
    found = []
    for panel in dashboard(source)["panels"]:
        for target in panel["targets"]:
            query = target["expr"].replace("$instance", ".*")
            query = query.replace("$__rate_interval", "10s").replace("$__interval", "10s")
            found.append((panel["title"], query))
    return found


def alert_queries(source):
    """(alert, query)."""
    text = (Path(source) / "examples/deploy/prometheus/jetcapture.rules.yml").read_text()
    return re.findall(r"- alert: (\w+)\n\s+expr: (.*)\n", text)


def metrics_of(query):
    """The metrics of jetcapture that a query names, a histogram under its own name."""
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bjetcapture_\w+", query)}


def documented_metrics(source):
    """Those in the table of the README."""
    return set(re.findall(r"^\| `(jetcapture_\w+)", (Path(source) / "README.md").read_text(), re.MULTILINE))
