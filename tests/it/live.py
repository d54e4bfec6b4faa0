#!/usr/bin/env python3
"""live.py - what a real mail server is asked to deliver, and what became of it by the record of sink.c

  live.py make WORLD            writes hosts, sink.conf, transport (Postfix), routes (Exim)
  live.py inject WORLD NAME...  hands in the messages of these scenes, or of all, by SMTP
  live.py truth WORLD SYSTEM    what the record says; SYSTEM: postfix or exim
  live.py states SYSTEM         recipient and state that each delivery comes to
  live.py compare WORLD SYSTEM CSV   the record against what ruadb says; 1 and the difference if
                                they are not the same

A row an attempt: second, recipient, kind, outcome, stage, SMTP code, peer address, reply. A log's
stamp is at most a second behind the sink's own, and a tick of the clock before it: time(2) reads a
clock that is set forward at ticks.

A scene is a domain with hosts, rules of the sink for them, and messages.
"""
import collections
import csv
import smtplib
import sys
import time

DEFERRED = "421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.1"
BLOCKED = "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1"
TICK = 20000  # microseconds

GREY = "450 4.2.0 Greylisted, come back in 300 seconds"

Scene = collections.namedtuple("Scene", "hosts rules messages states")
PP = "mx0%s-00%06x.pphosted.com"


def one(rules, states, host=None, messages=(("a",),)):
    """states: what its recipients come to, in their order; the last one goes for the rest."""
    return Scene([host] if host else [None], [(0,) + r for r in rules], messages, states.split())


def pair(n, rules, states, messages=(("a",),)):
    return Scene([PP % ("a", n), PP % ("b", n)], rules, messages, states.split())


SCENES = {
    "plain": one([], "accepted_first"),
    "greet": one([("greeting", "*", 2, DEFERRED)], "accepted_later", PP % ("a", 1)),
    "rcpt": one([("rcpt", "*", 3, DEFERRED)], "accepted_later", PP % ("a", 2)),
    "end": one([("end", "*", 1, DEFERRED)], "accepted_later", PP % ("a", 3), (("a", "b", "c"),)),
    "blocked": one([("greeting", "*", 2, BLOCKED)], "accepted_later", PP % ("a", 4)),
    "grey": one([("rcpt", "a@*", 1, GREY), ("rcpt", "b@*", 2, GREY)],
                "accepted_later accepted_later accepted_first", None, (("a", "b", "c"),)),
    "expires": one([("rcpt", "*", "*", "451 4.7.1 Try again later")], "expired"),
    "expires2": one([("greeting", "*", "*", DEFERRED)], "expired", PP % ("a", 5), (("a", "b"),)),
    "forced": one([("rcpt", "*", "*", "451 4.3.0 Not now")], "expired"),
    "removed": one([("rcpt", "*", "*", "451 4.3.2 Not yet")], "removed_by_admin"),
    "unknown": one([("rcpt", "*", "*", "550 5.1.1 No such user here")], "bounced", None,
                   (("a", "b"),)),
    "later": one([("rcpt", "*", 1, GREY), ("end", "*", "*", "550 5.7.1 Message rejected")],
                 "bounced"),
    "mail": one([("mail", "*", 1, "451 4.1.8 Domain of sender does not resolve")],
                "accepted_later"),
    "data": one([("data", "*", 1, "451 4.3.0 No room")], "accepted_later"),
    "hang": one([("end", "*", 1, "hang")], "accepted_later"),
    "drop": one([("rcpt", "*", 1, "drop")], "accepted_later"),
    "dropgreet": one([("greeting", "*", 1, "drop")], "accepted_later"),
    "lines": one([("end", "*", 1,
                   r"451 4.7.28 Gmail has detected an unusual rate of\n4.7.28 mail from you.")],
                 "accepted_later", "aspmx.l.google.com"),
    "forger": one([("end", "*", 1,
                    "451 4.0.0 dsn=2.0.0, status=sent (250 Ok) to=<x@example.org>, relay=none (")],
                  "accepted_later"),
    "mx": pair(6, [(0, "greeting", "*", "*", DEFERRED)], "accepted_first"),
    "mxboth": pair(7, [("*", "greeting", "*", 2, DEFERRED)], "accepted_later"),
    "two": one([("greeting", "*", 3, DEFERRED)], "accepted_later", PP % ("a", 8),
               (("a",), ("b",), ("c",))),
    "sender": one([], "accepted_first"),
}
# Where a server does otherwise: Exim takes a 554 of a greeting for final, and has its own word for
# what an administrator gives up.
EXIM = {"blocked": "bounced", "forced": "removed_by_admin"}
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


def inject(names):
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


def judge(event, closed, system):
    """(second, outcome, stage, code, reply) of what decided."""
    answer = event.answer
    if answer in ("hang", "drop"):
        return closed, "deferred", WORDS[event.stage], "", ""
    outcome = {"2": "accepted", "4": "deferred", "5": "bounced"}[answer[0]]
    if event.stage == "greeting" and outcome == "bounced" and system == "postfix":
        outcome = "deferred"  # smtp_skip_5xx_greeting
    code, rest = answer[:3], answer[4:].split("\\n")
    enhanced = rest[0].split(" ")[0]
    lines = [rest[0]] + [x[len(enhanced) + 1:] if x.startswith(enhanced) else x for x in rest[1:]]
    return event.at, outcome, WORDS[event.stage], code, code + " " + " ".join(lines)


def of_connection(events, pending, system):
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
                out[e.text] = judge(e, closed, system)
        elif e.stage in ("greeting", "ehlo", "mail") and not good:
            out.update((r, judge(e, closed, system)) for r in pending)
        elif e.stage == "end" or (e.stage == "data" and not good and accepted):
            out.update((r, judge(e, closed, system)) for r in accepted)
    return out


def scene_truth(name, scene, record, at, system):
    """[(recipient, kind, what decided, address)]"""
    ips = [at[name, i][1] for i in range(len(scene.hosts))]
    done, out = set(), []
    everybody = ["%s@%s.example.org" % (u, name) for to in scene.messages for u in to]
    mine = [c for c in record if c[0] in ips]
    for address, events in mine:
        pending = [r for r in everybody if r not in done]
        if len(scene.messages) > 1:  # whose it was can't be seen from outside
            pending = ["?@%s.example.org" % name]
        further = address == ips[0] and len(ips) > 1
        for who, what in of_connection(events, pending, system).items():
            if what[1] in ("accepted", "bounced"):
                done.add(who)
            kind = "mx_attempt" if further and what[1] == "deferred" else "attempt"
            out.append((who, kind, what, address))
    return out


def truth(world, system):
    at = addresses()
    record = connections(world + "/record")
    for name, scene in SCENES.items():
        if name == "sender":
            continue
        for who, kind, (when, outcome, stage, code, reply), ip in scene_truth(
                name, scene, record, at, system):
            yield when, (who, kind, outcome, stage, code, ip, reply)


# ---- what ruadb says

def said(path):
    for row in csv.reader(open(path, newline="")):
        yield int(row[0]), tuple(row[1:])


def told_by(who):
    """The domain in place of the recipient where the sink can't see whose connection it was."""
    domain = who.split("@")[-1]
    scene = SCENES.get(domain.split(".")[0])
    return domain if scene and len(scene.messages) > 1 else who


def compare(world, system, path):
    wanted, got = collections.defaultdict(list), collections.defaultdict(list)
    for when, row in truth(world, system):
        wanted[told_by(row[0])].append((when, row[1:]))
    for when, row in said(path):
        if not row[0].endswith("@sender.example.org"):
            got[told_by(row[0])].append((when, row[1:]))
    differ = 0
    for who in sorted(set(wanted) | set(got)):
        a, b = (sorted(rows[who], key=lambda x: (x[1], x[0])) for rows in (wanted, got))
        if len(a) == len(b) and all(x[1] == y[1] and (x[0] - TICK) // 1000000 <= y[0] <=
                                    x[0] // 1000000 + 1 for x, y in zip(a, b)):
            continue
        differ += 1
        print(who)
        for source, rows in (("sink ", a), ("ruadb", b)):
            for row in rows:
                print("  ", source, *row)
    return differ or not wanted


def states(system):
    out = []
    for name, scene in SCENES.items():
        if len(scene.messages) > 1:  # which of them was deferred is up to the server
            continue
        to = ["%s@%s.example.org" % (u, name) for users in scene.messages for u in users]
        for i, who in enumerate(to):
            state = scene.states[min(i, len(scene.states) - 1)]
            if name != "sender":
                out.append("%s %s" % (who, EXIM.get(name, state) if system == "exim" else state))
    print(*sorted(out), sep="\n")


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == "make":
        make(args[0])
    elif what == "inject":
        inject(args[1:])
    elif what == "truth":
        for when, row in truth(*args):
            print(when // 1000000, *row, sep="\t")
    elif what == "states":
        states(args[0])
    elif what == "compare":
        sys.exit(1 if compare(*args) else 0)
    else:
        sys.exit(__doc__)


main()
