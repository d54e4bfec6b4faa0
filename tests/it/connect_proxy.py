#!/usr/bin/env python3
"""connect_proxy.py - an HTTP proxy for the tests that knows CONNECT only, on loopback.

    connect_proxy.py DIR

Listens on a free port, writes it to DIR/port; where it connected to goes to DIR/connected.
"""
import os
import socket
import sys
import threading

folder = sys.argv[1]


def pump(source, sink):
    while data := source.recv(65536):
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def serve(client):
    head = b''
    while not head.endswith(b'\r\n\r\n'):
        data = client.recv(1)
        if not data:
            return
        head += data
    method, target = head.decode().split(' ')[:2]
    if method != 'CONNECT':
        client.sendall(b'HTTP/1.1 405 CONNECT only\r\n\r\n')
        client.close()
        return
    with open(os.path.join(folder, 'connected'), 'a') as f:
        f.write(target + '\n')
    host, port = target.rsplit(':', 1)
    server = socket.create_connection((host, int(port)))
    client.sendall(b'HTTP/1.1 200 connected\r\n\r\n')
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    pump(client, server)


listener = socket.create_server(('127.0.0.1', 0))
with open(os.path.join(folder, 'port.new'), 'w') as out:
    out.write(str(listener.getsockname()[1]))
os.rename(os.path.join(folder, 'port.new'), os.path.join(folder, 'port'))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
