#!/usr/bin/env python3
"""A bad network between two network namespaces: every packet is late, some are lost.

    lossy-network.py carry CLIENT_NAMESPACE HOST_NAMESPACE DELAY_MS LOSS_PERCENT
    lossy-network.py serve ADDRESS PORT COMMAND...

`carry` makes the client 10.199.0.1 and the host 10.199.0.2, prints "ready" and carries packets; `serve`, to be run in
the host's namespace, gives each connection to a program, as inetd did. Both end with their standard input. Two tun
devices and this program stand between the namespaces, as not every kernel has the queueing discipline netem.
"""

import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000


def device(name: str, namespace: str, address: str) -> int:
    """Makes a tun device, moves it into a namespace, gives it an address, and returns its other end."""
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_WITHOUT_HEADER))
    ip = ["ip", "-n", namespace]
    subprocess.run(["ip", "link", "set", name, "netns", namespace], check=True)
    subprocess.run([*ip, "address", "add", f"{address}/24", "dev", name], check=True)
    subprocess.run([*ip, "link", "set", name, "up"], check=True)
    return end


def carry(client: str, host: str, delay_ms: str, loss_percent: str) -> None:
    mark = f"{os.getpid() % 10_000}"
    near = device(f"kmn{mark}", client, "10.199.0.1")
    far = device(f"kmf{mark}", host, "10.199.0.2")
    other = {near: far, far: near}
    delay, loss = float(delay_ms) / 1000, float(loss_percent) / 100
    chance = random.Random(1)
    late: list[tuple[float, int, int, bytes]] = []
    print("ready", flush=True)
    for number in range(sys.maxsize):
        wait = max(0.0, late[0][0] - time.monotonic()) if late else None
        readable, _, _ = select.select([near, far, sys.stdin], [], [], wait)
        if sys.stdin in readable:
            return
        for end in readable:
            packet = os.read(end, 65536)
            if chance.random() >= loss:
                heapq.heappush(late, (time.monotonic() + delay, number, other[end], packet))
        while late and late[0][0] <= time.monotonic():
            _, _, end, packet = heapq.heappop(late)
            os.write(end, packet)


def serve(address: str, port: str, *command: str) -> None:
    server = socket.create_server((address, int(port)))
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([server, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        connection, _ = server.accept()
        subprocess.Popen(command, stdin=connection, stdout=connection)
        connection.close()


{"carry": carry, "serve": serve}[sys.argv[1]](*sys.argv[2:])
