#!/usr/bin/env python3
"""make_deferral.py DIR - the small world of demo/: a Postfix log and DMARC reports of the same mail.

example.com sends a newsletter from 192.0.2.25 on three days, 2 to 4 November 2026: each day to 48
recipients behind Proofpoint (8 in each of 6 domains), 40 behind Google and 30 behind Microsoft 365,
a message each. On the 3rd Proofpoint defers 10 of the 48 and on the 4th 12. Of these 22, 4 are
accepted at the first retry, 8 at the second, 4 at the third; 6 expire after 6 attempts. Everything
else is accepted at the first attempt. Google and Microsoft report it, all passing; Proofpoint sends
no report. 203.0.113.66 sends as example.com too, and passes nothing.
"""
import datetime
import os
import sys

IP = "192.0.2.25"
FIRST = datetime.datetime(2026, 11, 2, 8, 0, tzinfo=datetime.timezone.utc)
REPLY = "421 Deferred - see https://ipcheck.proofpoint.com/?ip=" + IP
# Attempts that are deferred before the last one, of the messages that Proofpoint defers on a day;
# None: all 6 are.
DEFERRED = {1: [1] * 4 + [3] * 4 + [None] * 2, 2: [2] * 8 + [None] * 4}
WAITS = [0, 10, 30, 90, 600, 3000]  # minutes from the first attempt to each


class Log:
    def __init__(self):
        self.lines = []
        self.no = 0

    def say(self, at, program, text):
        self.lines.append((at, len(self.lines), program, text))

    def message(self, at, domain, user, host, ip, fails):
        self.no += 1
        qid = "%05X%07X" % (self.no * 7919 % 0x100000, 0x400000 + self.no)
        to = "user%d@%s" % (user, domain)
        smtp = "postfix-news/smtp[2%03d]" % (self.no % 40)
        self.say(at, "postfix-news/pickup[1201]", "%s: uid=1000 from=<news@example.com>" % qid)
        self.say(at, "postfix-news/cleanup[1202]",
                 "%s: message-id=<%d.20261102@news.example.com>" % (qid, self.no))
        self.say(at, "postfix-news/qmgr[1203]",
                 "%s: from=<news@example.com>, size=14820, nrcpt=1 (queue active)" % qid)
        tries = 6 if fails is None else fails + 1
        for i in range(tries):
            when = at + datetime.timedelta(minutes=WAITS[i], seconds=2)
            delay = WAITS[i] * 60 + 2
            if fails is None or i < fails:
                self.say(when, smtp, "%s: to=<%s>, relay=%s[%s]:25, delay=%d, delays=%d/0.01/2/0, "
                         "dsn=4.0.0, status=deferred (host %s[%s] refused to talk to me: %s)"
                         % (qid, to, host, ip, delay, WAITS[i] * 60, host, ip, REPLY))
            else:
                self.say(when, smtp, "%s: to=<%s>, relay=%s[%s]:25, delay=%d, delays=%d/0.01/1/1, "
                         "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as %07X)"
                         % (qid, to, host, ip, delay, WAITS[i] * 60, self.no * 104729 % 0x10000000))
                self.say(when, "postfix-news/qmgr[1203]", "%s: removed" % qid)
        if fails is None:
            end = at + datetime.timedelta(days=5, minutes=5)
            self.say(end, "postfix-news/qmgr[1203]",
                     "%s: from=<news@example.com>, status=expired, returned to sender" % qid)
            self.say(end, "postfix-news/qmgr[1203]", "%s: removed" % qid)


def log(path):
    out = Log()
    for day in range(3):
        at = FIRST + datetime.timedelta(days=day)
        fails = iter(DEFERRED.get(day, []))
        for user in range(8):  # whom it defers: the first ones of each domain
            for k in range(6):
                out.message(at, "p%d.example.net" % (k + 1), user, "mx0a-0000000%d.pphosted.com"
                            % (k + 1), "198.51.100.%d" % (k + 1), next(fails, 0))
                at += datetime.timedelta(seconds=7)
        for user in range(40):
            out.message(at, "g.example.org", user, "aspmx.l.google.com", "203.0.113.27", 0)
            at += datetime.timedelta(seconds=3)
        for user in range(30):
            out.message(at, "m.example.org", user, "m-example-org.mail.protection.outlook.com",
                        "203.0.113.110", 0)
            at += datetime.timedelta(seconds=3)
    with open(path, "w", encoding="ascii") as f:
        for at, _, program, text in sorted(out.lines):
            f.write("%s mx1 %s: %s\n" % (at.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00"), program, text))


RECORD = """  <record>
    <row>
      <source_ip>%s</source_ip>
      <count>%d</count>
      <policy_evaluated><disposition>none</disposition><dkim>%s</dkim><spf>%s</spf></policy_evaluated>
    </row>
    <identifiers><header_from>example.com</header_from></identifiers>
    <auth_results>%s<spf><domain>%s</domain><result>%s</result></spf></auth_results>
  </record>
"""
SIGNED = "<dkim><domain>example.com</domain><selector>news</selector><result>pass</result></dkim>"


def report(path, org, email, day, ours, others):
    begin = int((FIRST + datetime.timedelta(days=day)).replace(hour=0).timestamp())
    with open(path, "w", encoding="ascii") as f:
        f.write("""<?xml version="1.0" encoding="UTF-8"?>
<feedback>
  <report_metadata>
    <org_name>%s</org_name>
    <email>%s</email>
    <report_id>%d.%s</report_id>
    <date_range><begin>%d</begin><end>%d</end></date_range>
  </report_metadata>
  <policy_published>
    <domain>example.com</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct>
  </policy_published>
""" % (org, email, begin, email.split("@")[1], begin, begin + 86400))
        f.write(RECORD % (IP, ours, "pass", "pass", SIGNED, "example.com", "pass"))
        if others:
            f.write(RECORD % ("203.0.113.66", others, "fail", "fail", "", "spoof.example.org", "pass"))
        f.write("</feedback>\n")


def main():
    folder = sys.argv[1]
    os.makedirs(folder + "/reports", exist_ok=True)
    log(folder + "/mail.log")
    for day in range(3):
        report("%s/reports/google-%d.xml" % (folder, day + 2), "google.com",
               "noreply-dmarc-support@google.com", day, 40, 6)
        report("%s/reports/microsoft-%d.xml" % (folder, day + 2), "Enterprise Outlook",
               "dmarcreport@microsoft.com", day, 30, 3)


main()
