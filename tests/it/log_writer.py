#!/usr/bin/env python3
"""Writes numbered deliveries to a log of Postfix, as a syslog daemon would, and rotates it.

log_writer.py PATH HOST FIRST COUNT SECONDS ROTATE EVERY

COUNT messages from number FIRST on, spread over SECONDS; each is one delivery of five lines, with a
queue id and a message id of its own. After each EVERY messages the log is rotated: ROTATE is rename
(the daemon goes on writing to the old file for a while, until it is told), copytruncate, or none.
"""
import datetime
import os
import shutil
import sys
import time

path, host, first, count, seconds, rotate, every = sys.argv[1:8]
first, count, seconds, every = int(first), int(count), float(seconds), int(every)


def stamp():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds")


def message(i):
    qid = "%010X" % (0x100000000 + i)
    said = [
        "smtpd[1]: %s: client=app.example.com[192.0.2.9]" % qid,
        "cleanup[2]: %s: message-id=<%d@%s.example.com>" % (qid, i, host),
        "qmgr[3]: %s: from=<bounce@example.com>, size=%d, nrcpt=1 (queue active)" % (qid, 1000 + i % 7),
        "smtp[4]: %s: to=<user%d@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1, "
        "delays=0.1/0/0.4/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as %d)" % (qid, i, i),
        "qmgr[3]: %s: removed" % qid,
    ]
    return ["%s %s postfix/%s\n" % (stamp(), host, s) for s in said]


def shift():
    for n in range(8, 0, -1):
        if os.path.exists("%s.%d" % (path, n)):
            os.rename("%s.%d" % (path, n), "%s.%d" % (path, n + 1))


out = open(path, "a", buffering=1)
told = None
began = time.monotonic()
for k in range(count):
    for line in message(first + k):
        out.write(line)
    if (k + 1) % every == 0 and k + 1 < count:
        shift()
        if rotate == "rename":
            os.rename(path, path + ".1")
            open(path, "a").close()
            told = k + every // 4
        elif rotate == "copytruncate":
            shutil.copy2(path, path + ".1")
            os.truncate(path, 0)
    if told is not None and k >= told:
        out.close()
        out = open(path, "a", buffering=1)
        told = None
    behind = began + seconds * (k + 1) / count - time.monotonic()
    if behind > 0:
        time.sleep(behind)
