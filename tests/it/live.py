#!/usr/bin/env python3
"""live.py - what a real mail server is asked to deliver, and what became of it by the sink's record.

  live.py make WORLD            writes hosts, sink.conf, transport (Postfix), routes (Exim)
  live.py inject WORLD NAME...  hands in the messages of these scenes, or of all, by SMTP
  live.py recipients            all of them, one a line
  live.py truth WORLD POSTFIX|EXIM   expected rows, as below
  live.py show CSV              the same rows of what ruadb says: CSV on standard input

A row an attempt, in the order of recipients and times: recipient, kind, outcome, stage, SMTP code,
peer address, source address, reply; with its second in front when rows are compared (a log's stamp
is at most a second behind the sink's own).

A scene is a domain with hosts, rules of the sink for them, and messages.
"""
import collections
import csv
import smtplib
import sys
import time

DEFERRED = "421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.1"
BLOCKED = "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1"
GREY = "450 4.2.0 Greylisted, come back in 300 seconds"

Scene = collections.namedtuple("Scene", "hosts rules messages")
PP = "mx0%s-00%06x.pphosted.com"


def one(rules, host=None, messages=(("a",),)):
    return Scene([host] if host else [None], [(0,) + r for r in rules], messages)


def pair(n, rules, messages=(("a",),)):
    return Scene([PP % ("a", n), PP % ("b", n)], rules, messages)


SCENES = {
    "plain": one([]),
    "greet": one([("greeting", "*", 2, DEFERRED)], PP % ("a", 1)),
    "rcpt": one([("rcpt", "*", 3, DEFERRED)], PP % ("a", 2)),
    "end": one([("end", "*", 1, DEFERRED)], PP % ("a", 3), (("a", "b", "c"),)),
    "blocked": one([("greeting", "*", 2, BLOCKED)], PP % ("a", 4)),
    "grey": one([("rcpt", "a@*", 1, GREY), ("rcpt", "b@*", 2, GREY)], None, (("a", "b", "c"),)),
    "expires": one([("rcpt", "*", "*", "451 4.7.1 Try again later")], None),
    "expires2": one([("greeting", "*", "*", DEFERRED)], PP % ("a", 5), (("a", "b"),)),
    "forced": one([("rcpt", "*", "*", "451 4.3.0 Not now")]),
    "removed": one([("rcpt", "*", "*", "451 4.3.2 Not yet")]),
    "unknown": one([("rcpt", "*", "*", "550 5.1.1 No such user here")], None, (("a", "b"),)),
    "later": one([("rcpt", "*", 1, GREY), ("end", "*", "*", "550 5.7.1 Message rejected")]),
    "mail": one([("mail", "*", 1, "451 4.1.8 Domain of sender does not resolve")]),
    "data": one([("data", "*", 1, "451 4.3.0 No room")]),
    "hang": one([("end", "*", 1, "hang")]),
    "drop": one([("rcpt", "*", 1, "drop")]),
    "dropgreet": one([("greeting", "*", 1, "drop")]),
    "lines": one([("end", "*", 1,
                   r"451 4.7.28 Gmail has detected an unusual rate of\n4.7.28 mail from you.")],
                 "aspmx.l.google.com"),
    "forger": one([("end", "*", 1,
                    "451 4.0.0 dsn=2.0.0, status=sent (250 Ok) to=<x@example.org>, relay=none (")]),
    "mx": pair(6, [(0, "greeting", "*", "*", DEFERRED)]),
    "mxboth": pair(7, [("*", "greeting", "*", 2, DEFERRED)]),
    "two": one([("greeting", "*", 3, DEFERRED)], PP % ("a", 8), (("a",), ("b",), ("c",))),
    "sender": one([]),
}
SENDER = "news@sender.example.org"


def addresses():
    """{(scene, host number): (name, address)}"""
    out, n = {}, 10
    for name, scene in SCENES.items():
        for i, host in enumerate(scene.hosts):
            out[name, i] = host or "mx%d.%s.example.org" % (i + 1, name), \
                "%s.%d" % ("198.51.100" if n % 2 else "203.0.113", n)
            n += 1
    return out


def make(world):
    at = addresses()
    with open(world + "/hosts", "w") as out:
        for host, ip in at.values():
            print(ip, host, file=out)
    with open(world + "/sink.conf", "w") as out:
        for (name, i), (_, ip) in at.items():
            print("listen", ip, 25, file=out)
            for rule in SCENES[name].rules:
                if rule[0] in (i, "*"):
                    print("on", ip, *rule[1:], file=out)
    with open(world + "/transport", "w") as postfix, open(world + "/routes", "w") as exim:
        for name, scene in SCENES.items():
            hosts = [at[name, i][0] for i in range(len(scene.hosts))]
            print("%s.example.org smtp:%s" % (name, ", ".join("[%s]:25" % h for h in hosts)),
                  file=postfix)
            print("%s.example.org: %s" % (name, ":".join(hosts)), file=exim)


def messages():
    for name, scene in SCENES.items():
        for i, to in enumerate(scene.messages):
            yield name, "<%s.%d@mail.example.com>" % (name, i), \
                ["%s@%s.example.org" % (u, name) for u in to]


def inject(world, names):
    for name, message_id, to in messages():
        if name == "sender" or (names and name not in names):
            continue
        s = smtplib.SMTP("192.0.2.1", 25, "client.example.net", timeout=20)
        s.sendmail(SENDER, to, "From: News <news@example.com>\nTo: you@example.org\nSubject: x\n"
                   "Message-ID: %s\nDate: %s\n\nhello\n" % (
                       message_id, time.strftime("%a, %d %b %Y %T +0000", time.gmtime())))
        s.quit()


# ---- the truth

Event = collections.namedtuple("Event", "at stage text message_id answer")


def connections(path):
    """Of the record: [(address, [event])] in the order they began."""
    out = {}
    for line in open(path):
        at, no, address, stage, text, message_id, answer = line.rstrip("\n").split("\t")
        out.setdefault(int(no), (address, []))[1].append(
            Event(int(at), stage, text, message_id, answer))
    return [out[no] for no in sorted(out)]


WORDS = {"greeting": "greeting", "ehlo": "EHLO", "mail": "MAIL", "rcpt": "RCPT", "data": "DATA",
         "end": "end of data"}


def judge(event, closed):
    """(second, outcome, stage, code, reply) of what decided."""
    answer = event.answer
    if answer in ("hang", "drop"):
        return closed, "deferred", WORDS[event.stage], "", ""
    outcome = {"2": "accepted", "4": "deferred", "5": "bounced"}[answer[0]]
    if event.stage == "greeting" and outcome == "bounced":
        outcome = "deferred"  # by another host, or later
    code, rest = answer[:3], answer[4:].split("\\n")
    enhanced = rest[0].split(" ")[0]
    lines = [rest[0]] + [x[len(enhanced) + 1:] if x.startswith(enhanced) else x for x in rest[1:]]
    return event.at, outcome, WORDS[event.stage], code, code + " " + " ".join(lines)


def of_connection(events, pending):
    """{recipient: what decided}; of those that came to nothing before RCPT: pending."""
    closed = [e.at for e in events if e.stage == "closed"]
    closed = closed[0] if closed else events[-1].at
    out, accepted = {}, []
    for e in events:
        good = e.answer[:1] in ("2", "3")
        if e.stage == "rcpt":
            if good:
                accepted.append(e.text)
            else:
                out[e.text] = judge(e, closed)
        elif e.stage in ("greeting", "ehlo", "mail") and not good:
            out.update((r, judge(e, closed)) for r in pending)
        elif e.stage == "end" or (e.stage == "data" and not good and accepted):
            out.update((r, judge(e, closed)) for r in accepted)
    return out


def scene_truth(name, scene, record, at):
    """[(recipient, kind, what decided, address)]"""
    ips = [at[name, i][1] for i in range(len(scene.hosts))]
    done, out = set(), []
    everybody = ["%s@%s.example.org" % (u, name) for to in scene.messages for u in to]
    mine = [c for c in record if c[0] in ips]
    for n, (address, events) in enumerate(mine):
        pending = [r for r in everybody if r not in done]
        if len(scene.messages) > 1:  # whose it was can't be seen from outside
            pending = ["?@%s.example.org" % name]
        further = address == ips[0] and len(ips) > 1
        for who, what in of_connection(events, pending).items():
            if what[1] in ("accepted", "bounced"):
                done.add(who)
            kind = "mx_attempt" if further and what[1] == "deferred" else "attempt"
            out.append((who, kind, what, address))
    return out


def truth(world, names):
    at = addresses()
    record = connections(world + "/record")
    for name in names:
        for who, kind, (when, outcome, stage, code, reply), ip in scene_truth(
                name, SCENES[name], record, at):
            yield when // 1000000, (who, kind, outcome, stage, code, ip, reply)


# ---- what ruadb says

def said(path):
    """Columns: second, recipient, kind, outcome, stage, smtp_code, peer_ip, reply."""
    for row in csv.reader(open(path, newline="")):
        yield int(row[0]), tuple(row[1:])


def compare(world, path, anonymous):
    """Prints what differs; anonymous: scenes whose recipients can't be told from outside."""
    bad = 0
    names = [n for n in SCENES if n != "sender"]
    wanted, got = collections.defaultdict(list), collections.defaultdict(list)
    for when, row in truth(world, names):
        wanted[row[0].split("@")[1] if row[0][0] == "?" or row[0].split("@")[1].split(".")[0]
               in anonymous else row[0]].append((when, row[1:]))
    for when, row in said(path):
        domain = row[0].split("@")[1] if "@" in row[0] else row[0]
        if domain.split(".")[0] in names:
            got[domain if domain.split(".")[0] in anonymous else row[0]].append((when, row[1:]))
    for who in sorted(set(wanted) | set(got)):
        a, b = sorted(wanted[who]), sorted(got[who])
        same = len(a) == len(b) and all(
            x[1] == y[1] and 0 <= y[0] - x[0] <= 1 for x, y in zip(a, b))
        if same:
            print("same", who, len(a))
            continue
        bad += 1
        print("DIFFERS", who)
        for x in a:
            print("   sink ", *x)
        for y in b:
            print("   ruadb", *y)
    return bad


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == "make":
        make(args[0])
    elif what == "inject":
        inject(args[0], args[1:])
    elif what == "truth":
        for when, row in truth(args[0], [n for n in SCENES if n != "sender"]):
            print(when, *row, sep="\t")
    elif what == "compare":
        sys.exit(1 if compare(args[0], args[1], args[2:]) else 0)
    else:
        sys.exit(__doc__)


main()
