"""The second process: what echo and latency need on the other side of a socket.

    python neighbour.py load PORT CLIENTS REQUESTS     sends requests, keeping some under way
    python neighbour.py reply PORT                     answers each byte with the time it did so

It is a plain program with blocking sockets, and the same for everyone who is measured.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import threading
from time import perf_counter, sleep

SIZE = 64  # bytes of a request, and of its reply
UNDER_WAY = 16  # requests that a client has sent and has no reply for
THINKS = 0.001  # seconds: a reply that comes at once is read before the loop turns
HERE = "127.0.0.1"


async def start(*arguments: object) -> asyncio.subprocess.Process:
    command = [sys.executable, "-E", "-s", "-P", __file__, *map(str, arguments)]
    return await asyncio.create_subprocess_exec(*command)


def load(port: int, requests: int) -> None:
    """One client: sends as many as it may, then one more for each reply."""
    with socket.create_connection((HERE, port)) as connection:
        replies = connection.makefile("rb")
        for number in range(requests + UNDER_WAY):
            if number < requests:
                connection.sendall(b"x" * SIZE)
            if number >= UNDER_WAY:
                reply = replies.read(SIZE)
                if len(reply) != SIZE:
                    return


def reply(port: int) -> None:
    with socket.create_connection((HERE, port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while connection.recv(1):
            sleep(THINKS)
            connection.sendall(struct.pack("d", perf_counter()))


def main(what: str, port: str, clients: str = "1", requests: str = "0") -> None:
    if what == "reply":
        reply(int(port))
        return
    threads = [
        threading.Thread(target=load, args=(int(port), int(requests) // int(clients)))
        for _ in range(int(clients))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
