"""Ports for servers that a test starts, as tests/support/loopback.hpp gives them."""

import random
import socket

reserved = []  # by names that live as long as this process


def free_port():
    """None that another test is given or that the system gives to connections."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as first_port_of_connections:
        end = max(int(first_port_of_connections.read().split()[0]), 20000)
    while True:
        port = random.SystemRandom().randrange(10000, end)
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            name.bind(f"\0jetcapture-test-port-{port}")
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        reserved.append(name)
        return port
