#!/usr/bin/env python3
"""The files of examples/deploy, each by the tool that it is for. Arguments: what to test, the source folder, the program."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import queries
import yaml

what, source, program = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
deploy = source / "examples/deploy"


def run(*command, expected=0, **more):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    assert done.returncode == expected, f"{command}: {done.returncode}\n{done.stdout}"
    return done.stdout


def accepted(config):
    """The program takes it, and it has all that a capture needs."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "capture.ini"
        file.write_text(config)
        shown = run(program, "--config", file, "--print-config")
        for key in ("stream", "consumer", "listen"):
            assert re.search(rf"^{key} = \S", shown, re.MULTILINE), f"{key} is missing in\n{config}"
        assert shown.count("\nname = ") == 3, f"a stage is missing in\n{config}"


def no_call_is_forbidden(unit):
    """What the program calls and the unit's filter forbids has its setting in the unit, or is not for a capture."""
    instead = {"sched_setscheduler": "\nCPUSchedulingPolicy=batch\n", "setrlimit": ""}  # the latter: check-plugin
    forbidden = re.search(r"^SystemCallFilter=~(.*)$", unit, re.MULTILINE).group(1).split()
    lists = [run("systemd-analyze", "syscall-filter", each) for each in forbidden]
    names = {line.strip() for text in lists for line in text.splitlines() if re.match(r"    [a-z]", line)}
    called = set(re.findall(r"^ +U (\w+)", run("nm", "-D", "--undefined-only", program), re.MULTILINE))
    assert len(names) > 20 and len(called) > 100
    for call in names & called:
        assert call in instead and instead[call] in unit, f"the unit's filter forbids {call}, which the program calls"


def systemd():
    accepted((deploy / "systemd/orders.ini").read_text())
    run("systemd-sysusers", "--dry-run", deploy / "systemd/sysusers.conf")
    unit = (deploy / "systemd/jetcapture@.service").read_text()
    assert "/usr/bin/jetcapture " in unit
    no_call_is_forbidden(unit)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("jetcapture", "jetcapture-check", "jetcapture-verify"):
            drop_ins = Path(folder) / f"{name}@orders.service.d"
            drop_ins.mkdir()
            (drop_ins / "password.conf").write_text((deploy / "systemd/password.conf").read_text())
        file = Path(folder) / "jetcapture@orders.service"
        file.write_text(unit.replace("/usr/bin/jetcapture ", program + " "))
        said = run("systemd-analyze", "verify", "--man=no", file)
        assert said == "", said
        security = run("systemd-analyze", "security", "--offline=true", "--threshold=15", file)
        for name in ("jetcapture-check@.service", "jetcapture-verify@.service", "jetcapture-verify@.timer"):
            text = (deploy / "systemd" / name).read_text().replace("/usr/bin/jetcapture ", program + " ")
            (Path(folder) / name.replace("@", "@orders")).write_text(text)
        said = run("systemd-analyze", "verify", "--man=no", Path(folder) / "jetcapture-verify@orders.timer",
                   Path(folder) / "jetcapture-verify@orders.service", Path(folder) / "jetcapture-check@orders.service")
        assert said == "", said
    # Both checks are shut in as the capture is.
    shut_in = unit[unit.index("CapabilityBoundingSet="):unit.index("\n[Install]")]
    for name in ("jetcapture-check@.service", "jetcapture-verify@.service"):
        assert (deploy / "systemd" / name).read_text().endswith(shut_in), f"{name} is shut in otherwise"
    # What --check finds depends on these, too.
    check = (deploy / "systemd/jetcapture-check@.service").read_text()
    for key in ("User", "Group", "UMask", "StateDirectory", "StateDirectoryMode", "LimitNOFILE", "CPUSchedulingPolicy", "MemoryMax"):
        line = re.search(rf"^{key}=.*$", unit, re.MULTILINE).group(0)
        assert f"\n{line}\n" in check, f"jetcapture-check@.service has no {line}"
    # Another systemd weighs otherwise.
    if not run("systemd-analyze", "--version").startswith("systemd 252"):
        return
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", security).group(1)
    assert f"exposure level **{score}**" in (deploy / "README.md").read_text(), f"the README does not name {score}"


def rules():
    folder = deploy / "prometheus"
    run("promtool", "check", "config", folder / "prometheus.yml")
    run("promtool", "check", "rules", "--lint=all", "--lint-fatal", folder / "jetcapture.rules.yml")
    run("promtool", "test", "rules", folder / "jetcapture.test.yml")
    alerts = {name for name, _ in queries.alert_queries(source)}
    tested = set(re.findall(r'alertname="(\w+)"', (folder / "jetcapture.test.yml").read_text()))
    assert len(alerts) > 10 and alerts == tested, f"only in one of rules and tests: {alerts ^ tested}"


def metrics():
    known = queries.documented_metrics(source)
    assert len(known) > 30, "the README's table of metrics is not found"
    for name, query in queries.dashboard_queries(source) + queries.alert_queries(source):
        missing = queries.metrics_of(query) - known
        assert not missing, f"{name}: {missing} not in the README's table of metrics"
    shown = set().union(*(queries.metrics_of(query) for _, query in queries.dashboard_queries(source)))
    assert len(shown) > 25, shown


def dashboard():
    panels = queries.dashboard(source)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, f"{panel['title']} lies over another"
        taken |= cells
        assert panel["description"] and panel["targets"]
    # promtool parses each query as that of a recording rule.
    rules_of = [{"record": f"panel:{i}", "expr": query} for i, (_, query) in enumerate(queries.dashboard_queries(source))]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules_of}]}))
        run("promtool", "check", "rules", file)


def kubernetes():
    objects = list(yaml.safe_load_all((deploy / "kubernetes/jetcapture.yaml").read_text()))
    by_kind = {each["kind"]: each for each in objects}
    accepted(by_kind["ConfigMap"]["data"]["orders.ini"])
    hosts = by_kind["StatefulSet"]["spec"]
    pod = hosts["template"]["spec"]
    container = pod["containers"][0]
    assert hosts["replicas"] > 1
    assert container["ports"] == [{"name": "http", "containerPort": 9464}]
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    volumes = {each["name"] for each in pod["volumes"]}
    own = {each["metadata"]["name"] for each in hosts["volumeClaimTemplates"]}
    mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert set(mounts) == volumes | own and own == {"state"}
    assert f"state-dir = {mounts['state']}" in by_kind["ConfigMap"]["data"]["orders.ini"]
    assert pod["terminationGracePeriodSeconds"] > 60
    # It listens on all addresses, so who may ask is said.
    policy = by_kind["NetworkPolicy"]["spec"]
    assert policy["podSelector"]["matchLabels"] == hosts["selector"]["matchLabels"]
    assert policy["policyTypes"] == ["Ingress"]
    assert [rule["ports"] for rule in policy["ingress"]] == [[{"port": "http", "protocol": "TCP"}]]
    assert all(rule["from"] for rule in policy["ingress"])


def compose():
    services = yaml.safe_load((deploy / "compose/compose.yaml").read_text())["services"]
    assert set(services) == {"nats", "stream", "capture", "prometheus"}
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        for volume in service.get("volumes", []):
            host = volume.split(":")[0]
            assert not host.startswith(".") or (deploy / "compose" / host).is_file(), f"{host} is not there"
    accepted((deploy / "compose/orders.ini").read_text())
    config = yaml.safe_load((deploy / "compose/prometheus.yml").read_text())
    assert config["scrape_configs"][0]["static_configs"][0]["targets"] == ["capture:9464"]


def container():
    text = (deploy / "container/Containerfile").read_text()
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert stages == ["debian:12", "debian:12-slim"]
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE), "it would run as root"
    for file in re.findall(r"^COPY (?!--)(\S+) ", text, re.MULTILINE):
        assert (source / file).exists(), f"{file} is not there"


globals()[what]()
