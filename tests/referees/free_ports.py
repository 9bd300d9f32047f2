#!/usr/bin/env python3
"""Prints the first of N consecutive TCP ports of loopback that are free, for programs that cannot bind port 0.

They lie outside of the range from which the system draws ports by itself, so that no connection takes them before the
program does.
"""

import random
import socket
import sys


def ephemeral():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
            first, last = map(int, file.read().split())
            return range(first, last + 1)
    except OSError:
        # What IANA suggests.
        return range(49_152, 65_536)


def are_free(ports):
    held = []
    try:
        for port in ports:
            listener = socket.socket()
            held.append(listener)
            listener.bind(("127.0.0.1", port))
        return True
    except OSError:
        return False
    finally:
        for listener in held:
            listener.close()


def free_ports(count):
    taken = ephemeral()
    starts = [start for start in range(10_000, 65_536 - count) if not any(start + n in taken for n in range(count))]
    random.shuffle(starts)
    for start in starts:
        if are_free(range(start, start + count)):
            return start
    sys.exit(f"no {count} consecutive ports are free")


if __name__ == "__main__":
    print(free_ports(int(sys.argv[1])))
