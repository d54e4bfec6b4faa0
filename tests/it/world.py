#!/usr/bin/env python3
"""world.py SEED DIR - logs and reports of the same traffic, and what is true of it.

Writes into DIR: mail.log (Postfix), now/*.xml and late/*.xml (reports; late ones come when the rest
is stored already), ruadb.conf, and truth*, sorted, as t_world.sh asks for it. Ten days, the last of
them six days ago, so that all is settled.

  shop.example   marketing, postfix/news on mx1 (192.0.2.2, mapped). Its header From is in no log:
                 the stream says it. Deferred at Proofpoint. On the platform's shared address
                 203.0.113.10 it sends too, without logs, and an impostor sends as it there.
                 203.0.113.66 sends as it from nowhere; 198.51.100.200 forwards it.
  bank.example   transactional, postfix/smtp on mx1 (192.0.2.1, mapped); on two days its signature
                 breaks and SPF does not align. Microsoft's report is missing.
  club.example   mx2, a pool of addresses (192.0.2.32 to .35) that nobody mapped: replies name
                 them. On the fourth day it is one address.
  firm.example   mx3, behind NAT: mapped to 192.0.2.9, but replies and reports say 198.51.100.77.
                 No stream is declared: what reports show for the envelope's domain stands for it.
"""
import collections
import datetime
import json
import os
import random
import sys

DAYS = 10
BACK = 15  # days from the first to today
PP, GOOGLE, MICROSOFT, OWN = "proofpoint", "google", "microsoft", None
FAMILY_WORD = {PP: "proofpoint-enterprise", GOOGLE: "google", MICROSOFT: "microsoft-365", OWN: ""}
# Recipients a stream and day, by who answers for them.
VOLUME = {PP: 40, GOOGLE: 60, MICROSOFT: 30, OWN: 10}
DEFER = "421 Deferred - see https://ipcheck.proofpoint.com/?ip=%s"
Stream = collections.namedtuple("Stream", "domain host service ips shown envelope")
STREAMS = [
    Stream("shop.example", "mx1", "postfix/news", ["192.0.2.2"], None, "bounce.shop-mail.example"),
    Stream("bank.example", "mx1", "postfix", ["192.0.2.1"], None, "bank.example"),
    Stream("club.example", "mx2", "postfix", ["192.0.2.%d" % i for i in range(32, 36)], None,
           "club.example"),
    Stream("firm.example", "mx3", "postfix", ["192.0.2.9"], "198.51.100.77", "firm.example"),
]
MAPPED = {"shop.example": "192.0.2.2", "bank.example": "192.0.2.1", "club.example": "",
          "firm.example": "192.0.2.9"}


def date_of(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).date().isoformat()


class World:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        today = datetime.datetime.now(datetime.timezone.utc).date()
        self.first = today - datetime.timedelta(days=BACK)
        self.lines = []      # (seconds, order, host, text)
        self.facts = []      # (day, gateway, domain, true of it)
        self.named = collections.defaultdict(set)   # (domain, day): addresses in replies
        self.accepted = collections.Counter()   # (domain, shown ip, day, family)
        self.deliveries = []
        self.conflicts = 0
        self.no = 0

    def day(self, n):
        return self.first + datetime.timedelta(days=n)

    def midnight(self, n):
        return int(datetime.datetime.combine(self.day(n), datetime.time(),
                                             datetime.timezone.utc).timestamp())

    def known_ip(self, domain, day):
        """Mapped, or the one that all replies of that service and day name."""
        named = self.named[domain, day]
        return MAPPED[domain] or (min(named) if len(named) == 1 else "")

    def line(self, at, host, program, text):
        self.lines.append((at, len(self.lines), "%s %s[%d]: %s" % (
            host, program, 1000 + self.rng.randrange(50), text)))


def peer(gateway, domain, n):
    if gateway == PP:
        return "mx0%s-%08x.pphosted.com[198.51.100.%d]" % (
            "ab"[n % 2], int(domain.split(".")[0][1:]), 10 + n % 2)
    if gateway == GOOGLE:
        return "aspmx.l.google.com[198.51.100.30]"
    if gateway == MICROSOFT:
        return "%s.mail.protection.outlook.com[198.51.100.40]" % domain.replace(".", "-")
    return "mail.%s[198.51.100.50]" % domain


class Message:
    """One recipient, its life in the log."""

    def __init__(self, w, stream, at, gateway, fate, day):
        w.no += 1
        self.w, self.s, self.at, self.gateway, self.fate = w, stream, at, gateway, fate
        self.arrived = at
        self.qid = "%05X%06X" % (w.rng.randrange(1 << 20), 0x100000 + w.no)
        base = {PP: 0, GOOGLE: 100, MICROSOFT: 200, OWN: 300}[gateway]
        self.domain = "c%d.example.org" % (base + w.rng.randrange(20))
        # A recipient of its own, so that recipients and deliveries are as many.
        self.to = "user%d@%s" % (w.no, self.domain)
        # On one day the pool has one address: replies name it, and it is inferred.
        self.ip = stream.ips[0] if day == 3 else w.rng.choice(stream.ips)
        self.shown = stream.shown or self.ip

    def say(self, program, text, more=0):
        p = ("%s/%s" % (self.s.service, program)) if program == "smtp" else "postfix/" + program
        self.w.line(self.at + more, self.s.host, p, "%s: %s" % (self.qid, text))

    def try_it(self, dsn, status, reason, relay, program="smtp"):
        delay = self.at - self.arrived + 1
        self.say(program, "to=<%s>, relay=%s, delay=%d, delays=%d/0/0.1/0.2, dsn=%s, status=%s (%s)" %
                 (self.to, relay, delay, delay, dsn, status, reason), 1)

    def defer(self, n, suspended):
        where = peer(self.gateway, self.domain, n)
        if self.fate == "grey":
            reason = "host %s said: 450 4.2.0 <%s>: Recipient address rejected: Greylisted " \
                "(in reply to RCPT TO command)" % (where, self.to)
            self.try_it("4.2.0", "deferred", reason, where + ":25")
            return
        reason = "host %s refused to talk to me: %s" % (where, DEFER % self.shown)
        if not suspended:
            self.w.named[self.s.domain, date_of(self.at + 1)].add(self.shown)
        if suspended:
            self.try_it("4.0.0", "deferred", "delivery temporarily suspended: " + reason, "none",
                        "error")
        else:
            self.try_it("4.0.0", "deferred", reason, where + ":25")
            self.w.conflicts += self.s.shown is not None

    def live(self):
        self.say("smtpd", "client=app.example.net[10.0.0.7]")
        self.say("cleanup", "message-id=<%d.%s@%s>" % (self.w.no, self.qid, self.s.domain))
        active = "from=<b-%d@%s>, size=%d, nrcpt=1 (queue active)" % (
            self.w.no, self.s.envelope, 2000 + self.w.rng.randrange(9000))
        self.say("qmgr", active)
        first = self.at
        retries = {"fine": 0, "bounce": 0, "grey": 1, "suspended": 1, "expires": 4}.get(
            self.fate, 1 + self.w.rng.randrange(3))
        for n in range(retries):
            self.defer(n, self.fate == "suspended")
            self.at += 300 << n if self.fate != "expires" else 4 * 3600
            self.say("qmgr", active)
        where = peer(self.gateway, self.domain, 0)
        state = "accepted_first" if self.fate == "fine" else "accepted_later"
        if self.fate == "expires":
            self.defer(retries, False)
            self.say("qmgr", "from=<b-%d@%s>, status=expired, returned to sender" % (
                self.w.no, self.s.envelope), 2)
            state = "expired"
        elif self.fate == "bounce":
            self.try_it("5.1.1", "bounced", "host %s said: 550 5.1.1 <%s>: User unknown (in reply to "
                        "RCPT TO command)" % (where, self.to), where + ":25")
            state = "bounced"
        else:
            self.try_it("2.0.0", "sent", "250 2.0.0 Ok: queued as %X" % self.w.rng.getrandbits(40),
                        where + ":25")
        self.say("qmgr", "removed", 3)
        self.count(first, state, retries)

    def count(self, first, state, retries):
        w = self.w
        affected = self.fate in ("deferred", "suspended", "expires")
        true = {state, "recipients"}
        if affected or self.fate == "grey":
            true.add("temporary_failure")
        if affected:
            true.add("affected")
        if self.fate in ("deferred", "expires"):
            true.add("directly_deferred")
        w.facts.append((date_of(first + 1), FAMILY_WORD[self.gateway], self.s.domain, true))
        if state.startswith("accepted"):
            # By the second of the acceptance, as a receiver counts.
            day = (self.at - w.midnight(0)) // 86400
            w.accepted[self.s.domain, self.shown, day, self.gateway] += 1
        attempts = retries + 1 - (self.fate == "suspended")
        w.deliveries.append((self.to, state, attempts, int(affected), self.s.domain))


def fate_of(w, gateway):
    x = w.rng.random()
    if x < 0.02:
        return "bounce"
    if gateway == PP and x < 0.12:
        return "suspended" if x < 0.04 else "expires" if x < 0.05 else "deferred"
    if gateway == OWN and x < 0.3:
        return "grey"
    return "fine"


def traffic(w):
    for n in range(DAYS):
        for s in STREAMS:
            for gateway, volume in VOLUME.items():
                for _ in range(volume):
                    fate = fate_of(w, gateway)
                    # What is suspended quotes another's reply: not in a pool, where it would name
                    # any address.
                    if fate == "suspended" and len(s.ips) > 1:
                        fate = "deferred"
                    # Retries of a day stay in it.
                    last = 7 if fate == "expires" else 20
                    at = w.midnight(n) + w.rng.randrange(3600, last * 3600)
                    Message(w, s, at, gateway, fate, n).live()


def write_log(w, path):
    w.lines.sort()
    with open(path, "w") as out:
        for at, _, text in w.lines:
            t = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
            out.write("%s %2d %s %s\n" % (t.strftime("%b"), t.day, t.strftime("%H:%M:%S"), text))
    os.utime(path, (w.lines[-1][0], w.lines[-1][0]))


# ---- reports

Row = collections.namedtuple("Row", "ip count dkim spf reason")
ORGS = {GOOGLE: ("google.com", "noreply-dmarc-support@google.com"),
        MICROSOFT: ("Outlook.com", "dmarcreport@microsoft.com"), OWN: ("example.org", "d@example.org")}


def rows_of(w, s, gateway, n):
    """What a receiver saw of a domain on a day."""
    out = []
    for ip in sorted(set([s.shown or i for i in s.ips])) if not s.shown else [s.shown]:
        count = w.accepted[s.domain, ip, n, gateway]
        broken = s.domain == "bank.example" and n in (4, 5)
        if count:
            out.append(Row(ip, count, not broken, not broken and s.envelope == s.domain, None))
    if s.domain == "shop.example" and gateway == GOOGLE:
        out.append(Row("203.0.113.10", 100, True, False, None))     # the platform, with our key
        out.append(Row("203.0.113.10", 30, False, False, None))     # an impostor on it
        out.append(Row("203.0.113.66", 20, False, False, None))     # from nowhere
        out.append(Row("198.51.100.200", 7, True, False, "forwarded"))
    return out


RECORD = """<record><row><source_ip>%s</source_ip><count>%d</count><policy_evaluated>
<disposition>none</disposition><dkim>%s</dkim><spf>%s</spf>%s</policy_evaluated></row>
<identifiers><header_from>%s</header_from><envelope_from>%s</envelope_from></identifiers>
<auth_results><dkim><domain>%s</domain><selector>s1</selector><result>%s</result></dkim>
<spf><domain>%s</domain><scope>mfrom</scope><result>%s</result></spf></auth_results></record>
"""


def report(w, s, gateway, n, rows):
    org, email = ORGS[gateway]
    out = ["""<?xml version="1.0"?>
<feedback><version>1.0</version><report_metadata><org_name>%s</org_name><email>%s</email>
<report_id>%s-%d</report_id><date_range><begin>%d</begin><end>%d</end></date_range></report_metadata>
<policy_published><domain>%s</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct>
</policy_published>
""" % (org, email, s.domain, w.midnight(n), w.midnight(n), w.midnight(n) + 86399, s.domain)]
    for r in rows:
        mine = r.ip in s.ips or r.ip == s.shown or r.dkim
        envelope = s.envelope if mine and r.spf else "other.example"
        out.append(RECORD % (
            r.ip, r.count, "pass" if r.dkim else "fail", "pass" if r.spf else "fail",
            "<reason><type>%s</type></reason>" % r.reason if r.reason else "", s.domain, envelope,
            s.domain if mine else "other.example", "pass" if r.dkim else "fail", envelope,
            "pass" if r.spf else "softfail"))
    return "".join(out) + "</feedback>\n"


def reports(w, path):
    told = collections.Counter()
    for s in STREAMS:
        for gateway in (GOOGLE, MICROSOFT, OWN):
            if s.domain == "bank.example" and gateway == MICROSOFT:
                continue  # the missing reporter
            for n in range(DAYS):
                rows = rows_of(w, s, gateway, n)
                if not rows:
                    continue
                late = gateway == GOOGLE and n >= DAYS - 2
                name = "%s/%s/%s!%s!%d.xml" % (path, "late" if late else "now", ORGS[gateway][0],
                                               s.domain, n)
                with open(name, "w") as out:
                    out.write(report(w, s, gateway, n, rows))
                for r in rows:
                    told[s.domain, r.ip, ORGS[gateway][0], "pass" if r.dkim or r.spf else "fail"] += \
                        r.count
    return told


def write_tsv(path, rows):
    with open(path, "w") as out:
        for row in sorted(tuple(map(str, r)) for r in rows):
            print(*row, sep="|", file=out)


REPORTER_FAMILY = {"google.com": GOOGLE, "Outlook.com": MICROSOFT, "example.org": "example.org"}
ASKED = [("shop.example", "192.0.2.2"), ("bank.example", "192.0.2.1"), ("firm.example", "192.0.2.9"),
         ("firm.example", "198.51.100.77")]


def families(w, told):
    """Of the streams that are asked about: domain, address, family, messages, pass, fail by reports;
    accepted by logs."""
    rows = collections.defaultdict(lambda: [0, 0, 0])
    for (domain, ip, org, result), n in told.items():
        rows[domain, ip, REPORTER_FAMILY[org]][0 if result == "pass" else 1] += n
    for (domain, _, _, gateway), n in w.accepted.items():
        rows[domain, MAPPED[domain], gateway or "example.org"][2] += n
    # A receiver that reported about the domain stands there with nothing of another address.
    for domain, ip in ASKED:
        for d, _, org, _ in list(told):
            if d == domain:
                rows[domain, ip, REPORTER_FAMILY[org]]
    return [k + (n[0] + n[1], n[0], n[1], n[2]) for k, n in rows.items() if k[:2] in ASKED]


def streams(w):
    """Domain, address: tried, affected, directly deferred at Proofpoint, tried anywhere, what became of
    the affected: accepted later, expired. On the days from the first affected to the last."""
    out = []
    for domain, ip in ASKED[:3]:
        mine = [f for f in w.facts if f[2] == domain]
        pp = [f for f in mine if f[1] == FAMILY_WORD[PP]]
        days = sorted(f[0] for f in pp if "affected" in f[3])
        pp = [f[3] for f in pp if days[0] <= f[0] <= days[-1]]
        affected = [f for f in pp if "affected" in f]
        out.append((domain, ip, len(pp), len(affected), sum("directly_deferred" in f for f in pp),
                    sum(days[0] <= f[0] <= days[-1] for f in mine),
                    sum("accepted_later" in f for f in affected),
                    sum("expired" in f for f in affected)))
    return out


WORDS = ("recipients", "affected", "directly_deferred", "temporary_failure", "accepted_first",
         "accepted_later", "bounced", "expired")


def write_truth(w, told, path):
    impact = collections.defaultdict(collections.Counter)
    for day, gateway, domain, true in w.facts:
        impact[day, gateway, domain, w.known_ip(domain, day)].update(true)
    write_tsv(path + "/truth-impact.tsv",
              [k + tuple(n[what] for what in WORDS) for k, n in impact.items()])
    write_tsv(path + "/truth-delivery.tsv", w.deliveries)
    pairs = sorted(set(k[:3] for k in told))
    write_tsv(path + "/truth-reports.tsv",
              [k + (told[k + ("pass",)], told[k + ("fail",)]) for k in pairs])
    write_tsv(path + "/truth-family.tsv", families(w, told))
    write_tsv(path + "/truth-stream.tsv", streams(w))
    with open(path + "/truth.json", "w") as out:
        json.dump({"nat_conflicts": w.conflicts, "deliveries": len(w.deliveries),
                   "from": w.day(0).isoformat(), "to": w.day(DAYS - 1).isoformat()}, out)


def main():
    seed, path = int(sys.argv[1]), sys.argv[2]
    for folder in ("now", "late"):
        os.makedirs(path + "/" + folder, exist_ok=True)
    w = World(seed)
    traffic(w)
    write_log(w, path + "/mail.log")
    write_truth(w, reports(w, path), path)
    with open(path + "/ruadb.conf", "w") as out:
        out.write("""[domains]
names = shop.example bank.example club.example firm.example
[logs]
recipients = full
[source "mx1"]
hosts = mx1
zone = UTC
services = postfix/smtp=192.0.2.1 postfix/news/smtp=192.0.2.2
service_streams = postfix/smtp=transactional postfix/news/smtp=marketing
service_domains = postfix/news/smtp=shop.example postfix/smtp=bank.example
complete = yes
[source "mx2"]
hosts = mx2
zone = UTC
complete = yes
[source "mx3"]
hosts = mx3
zone = UTC
source_ip = 192.0.2.9
complete = yes
""")


main()
