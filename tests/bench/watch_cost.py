"""What it costs to watch a capture: the CPU of each of its threads while a page is open and /metrics is scraped each second.

  cmake --build build --target bench plugins/all && python3 tests/bench/watch_cost.py --build build
"""

import argparse
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from bench import Server


def metric(text, name):
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))


def open_page(address):
    """Reads the events for as long as they come."""
    page = socket.create_connection(address)
    page.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")

    def read():
        while page.recv(1 << 16):
            pass

    threading.Thread(target=read, daemon=True).start()


def cpu_by_thread(pid):
    """Seconds by the name of the thread. Source: proc(5), schedstat."""
    seconds = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        seconds[name] = seconds.get(name, 0) + int((task / "schedstat").read_text().split()[0]) / 1e9
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--messages", type=int, default=2_000_000)
    options = parser.parse_args()
    client = str(options.build / "bench" / "bench_client")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server = Server(folder)
        try:
            subprocess.run([client, "publish", server.url, "W", str(options.messages), "200", "10"], check=True)
            subprocess.run([client, "consumer", server.url, "W", "bench"], check=True)
            log = folder / "log"
            with log.open("w") as output:
                host = subprocess.Popen(
                    [str(options.build / "bin" / "jetcapture"), "--server", server.url, "--stream", "W", "--consumer", "bench",
                     "--decoder", "message", "--writer", "ndjson", "--store", "file", "--store-opt", f"root={folder}/out",
                     "--state-dir", f"{folder}/state", "--max-age", "5s", "--listen", "127.0.0.1:0"], stderr=output)
            try:
                deadline = time.monotonic() + 20
                while "url=http://" not in log.read_text():
                    if time.monotonic() > deadline:
                        sys.exit("it does not listen: " + log.read_text())
                    time.sleep(0.02)
                url = log.read_text().split("url=")[1].split()[0]
                begin = time.monotonic()
                address = url.split("/")[2].split(":")
                open_page((address[0], int(address[1])))
                taken = 0
                while taken < options.messages:
                    time.sleep(1)
                    taken = metric(urllib.request.urlopen(url + "metrics").read().decode(), "jetcapture_messages_total")
                took = time.monotonic() - begin
                seconds = cpu_by_thread(host.pid)
            finally:
                host.kill()
                host.wait()
        finally:
            server.stop()
    total = sum(seconds.values())
    print(f"{taken:,.0f} messages in {took:.0f} s, {taken / took:,.0f} a second; CPU by thread:\n")
    for thread, used in sorted(seconds.items(), key=lambda entry: -entry[1]):
        print(f"| {thread} | {used:.3f} s | {100 * used / total:.2f} % |")


if __name__ == "__main__":
    main()
