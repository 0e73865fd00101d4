#!/usr/bin/env python3
"""Every command of examples/deploy/README.md runs, in order, from nothing: on a root folder of its own, as on a new machine.
Arguments: the source folder, the program in its build folder.

What needs a package manager, a service manager or a cluster is a stand-in below, which does as much of it as can be done
without: it installs the program, makes the user, enables and starts the unit's command, reads what a cluster would be given."""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from free_port import free_port
from nats_client import Nats

source, program = Path(sys.argv[1]), Path(sys.argv[2])
is_root = os.geteuid() == 0


def commands(readme):
    """The lines of its sh blocks, continued ones joined."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", readme.read_text(), re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines() if line]


class Machine:
    """A root folder with what Debian's systemd brings along, and a nats-server beside it."""

    def __init__(self, folder):
        self.root = Path(folder, "root")
        for part in ("etc/systemd/system", "var/lib", "usr/bin", "usr/lib"):
            (self.root / part).mkdir(parents=True)
        for part in (Path(folder), *self.root.parents):
            if str(part).startswith(str(folder)):
                part.chmod(0o755)
        self.environment = {**os.environ, "JETCAPTURE_LISTEN": "127.0.0.1:0"}

    def inside(self, word):
        """A path of the machine as one below its root."""
        return re.sub(r"^(/(?:etc|var|usr|backup)(?:/|$))", rf"{self.root}\1", word)

    def ids(self, user):
        entry = next(line for line in (self.root / "etc/passwd").read_text().splitlines() if line.startswith(user + ":"))
        return entry.split(":")[2:4]

    def run(self, *words, **more):
        done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              cwd=source, env=self.environment, timeout=60, **more)
        assert done.returncode == 0, f"{shlex.join(str(word) for word in words)}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def as_user(self, user, *words):
        uid, gid = self.ids(user)
        become = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"] if is_root else []
        return self.run(*become, *words)

    def unit(self, name, instance):
        """The service with its drop-ins, and with its credentials where it reads them."""
        parts = [self.root / f"usr/lib/systemd/system/{name}@.service",
                 *sorted((self.root / f"etc/systemd/system/{name}@{instance}.service.d").glob("*.conf"))]
        text = "\n".join(part.read_text() for part in parts).replace("%i", instance)
        credentials = self.root / "run/credentials"
        credentials.mkdir(parents=True, exist_ok=True)
        for credential, file in re.findall(r"^LoadCredential=(\w+):(.*)$", text, re.MULTILINE):
            (credentials / credential).write_text(Path(self.inside(file)).read_text())
        return text.replace("%d", str(credentials))

    def variables(self, unit):
        state = re.search(r"^StateDirectory=(.*)$", unit, re.MULTILINE).group(1)
        return [f"STATE_DIRECTORY={self.root}/var/lib/{state}", *re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)]

    def oneshot(self, name, instance):
        """What the service runs, as its user."""
        unit = self.unit(name, instance)
        user = re.search(r"^User=(.*)$", unit, re.MULTILINE).group(1)
        for command in re.findall(r"^ExecStart(?:Pre)?=-?(.*)$", unit, re.MULTILINE):
            self.as_user(user, "env", *self.variables(unit), *map(self.inside, command.split()))

    # The stand-ins, by the first word of a command.

    def bash(self, flag, script):
        """Names what the build needs, and installs nothing: this test runs where it has been built."""
        assert flag == "-c" and "; need_packages " in script
        self.run("bash", "-ec", script.replace("; need_packages ", "; printf '%s\\n' "))

    def cmake(self, *words):
        known = (source / "CMakeLists.txt").read_text()
        for option in re.findall(r"-D(JETCAPTURE_\w+)=", " ".join(words)):
            assert f"option({option} " in known, f"there is no option {option}"

    def cd(self, folder):
        assert folder == "build"

    def cpack(self, *words):
        assert words == ("-G", "DEB")

    def apt(self, verb, package):
        """What the package has, and what its script does once it is unpacked."""
        assert (verb, package) == ("install", "./jetcapture_*.deb")
        build = program.parent.parent
        self.environment["DESTDIR"] = str(self.root)
        for component in ("host", "service"):
            self.run("cmake", "--install", build, "--prefix", "/usr", "--component", component)
        del self.environment["DESTDIR"]
        self.environment["JETCAPTURE_PLUGIN_PATH"] = str(self.root / "usr/lib/jetcapture")
        self.make_local(self.root / "etc/jetcapture/orders.ini")
        (self.root / "etc/jetcapture/orders.password").write_text("secret\n")
        self.environment["DPKG_ROOT"] = str(self.root)
        if is_root:
            self.run(source / "host/packaging/debian/postinst", "configure", "")
        else:
            self.run("systemd-sysusers", f"--root={self.root}")
        del self.environment["DPKG_ROOT"]

    def make_local(self, file):
        """What it names is below the root."""
        file.write_text(file.read_text().replace(" = /var/", f" = {self.root}/var/"))

    def install(self, *words):
        words = list(words)
        for flag, which in (("-o", 0), ("-g", 1)):
            if flag in words:
                at = words.index(flag)
                words[at:at + 2] = [flag, self.ids(words[at + 1])[which]] if is_root else []
        self.run("install", *map(self.inside, words))

    def nightly(self, name, instance):
        """What the service of a timer runs once, as its user."""
        for file in self.root.glob("var/lib/prometheus/*"):
            assert file.stat().st_mode & 0o777 == 0o775, oct(file.stat().st_mode)
        self.oneshot(name, instance)
        metrics = (self.root / f"var/lib/prometheus/node-exporter/jetcapture-{instance}.prom").read_text()
        assert re.search(r"^jetcapture_verify_status\S* 0$", metrics, re.MULTILINE), metrics

    def systemctl(self, verb, *words):
        if verb == "daemon-reload":
            return
        *flags, unit = words
        if verb == "start":
            self.oneshot(*unit.split("@"))
            return
        assert (verb, flags) == ("enable", ["--now"])
        self.run("systemctl", f"--root={self.root}", "enable", unit)
        name, instance = unit.split("@")
        if instance.endswith(".timer"):
            self.nightly(name, instance.removesuffix(".timer"))
            return
        text = self.unit(name, instance)
        setting = lambda key: re.search(rf"^{key}=(.*)$", text, re.MULTILINE).group(1)
        log = self.root / "log"
        uid, gid = self.ids(setting("User"))
        become = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"] if is_root else []
        with log.open("wb") as out:
            service = subprocess.Popen([*become, "env", *self.variables(text), *map(self.inside, setting("ExecStart").split())],
                                       stdout=out, stderr=out, env=self.environment)
        end = time.monotonic() + 30
        # Its first manifest is there as well: else a nightly job has nothing to look at.
        while "msg=capturing" not in log.read_text() or not any(self.root.glob("var/**/*.manifest.zst")):
            assert service.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0, log.read_text()

    def podman(self, verb, *words):
        assert verb == "build" and (source / words[-1]).is_dir()
        assert (source / words[words.index("-f") + 1]).is_file()

    def kubectl(self, verb, flag, file):
        assert (verb, flag) == ("apply", "-f")
        assert all({"apiVersion", "kind", "metadata"} <= set(each) for each in yaml.safe_load_all((source / file).read_text()))

    def docker(self, compose, flag, file, verb):
        assert (compose, flag, verb) == ("compose", "-f", "up")
        assert yaml.safe_load((source / file).read_text())["services"]

    def do(self, line):
        words = shlex.split(line)
        while words:
            end = words.index("&&") if "&&" in words else len(words)
            word, *rest = words[:end]
            stand_in = getattr(self, word.replace("-", "_"), None)
            assert stand_in is not None, f"this test knows no stand-in for: {line}"
            stand_in(*rest)
            words = words[end + 1:]


with tempfile.TemporaryDirectory() as folder:
    machine = Machine(folder)
    port = free_port()
    machine.environment["JETCAPTURE_SERVER"] = f"nats://127.0.0.1:{port}"
    # The capture gives a password, this test none.
    machine.environment["JETCAPTURE_USER"] = "capture"
    users = Path(folder, "nats.conf")
    users.write_text("authorization { users: [ { user: capture, password: secret }, { user: test, password: none } ] }\nno_auth_user: test\n")
    nats = subprocess.Popen(["nats-server", "-c", users, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", folder + "/js"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        made = Nats.connected(port).request("$JS.API.STREAM.CREATE.ORDERS", '{"name":"ORDERS","subjects":["orders.>"]}')
        assert "error" not in made, made
        lines = commands(source / "examples/deploy/README.md")
        assert len(lines) > 5, lines
        for line in lines:
            machine.do(line)
        print(f"{len(lines)} commands ran")
    finally:
        nats.terminate()
        nats.wait(20)
