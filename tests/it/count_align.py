"""count_align - alignment of a record's results, for count.py: by the text of the public suffix
list and RFC 7489 section 3.1, without libpsl.

Letters and numbers as in ruadb_data.record. p: an aligned result passes; l: none does, but a DKIM
signature (whatever became of it) or an SPF pass is of the policy's organization; f: none of it;
-: no such result. Numbers of results, from 1: the first aligned DKIM pass; the first aligned SPF
pass, else the first SPF pass.
"""
import ipaddress

LIST = "/usr/share/publicsuffix/public_suffix_list.dat"


def name_of(text):
    """As names are compared: without blanks and dots at the ends, ASCII in lower case."""
    text = (text or "").strip("".join(map(chr, range(33)))).rstrip(".")
    return "".join(c.lower() if c.isascii() else c for c in text)


def read_list():
    """{rule: its kind}, with the rules of other scripts in A-labels, too."""
    rules = {}
    with open(LIST, encoding="utf-8") as f:
        for line in f:
            rule = line.split()[0] if line.strip() else "//"
            if rule.startswith("//"):
                continue
            kind = rule[0] if rule[0] in "!*" else "="
            for form in (rule, ".".join(
                    part if part.isascii() else part.encode("idna").decode()
                    for part in rule.split("."))):
                rules[form.lstrip("!")] = kind
    return rules


class Organizations:
    """Organizational domains, by the list at publicsuffix.org: the longest rule that matches."""

    def __init__(self):
        self.rules, self.found = read_list(), {}

    def suffix_labels(self, labels):
        """How many of them, from the end, are the public suffix."""
        for n in range(len(labels), 0, -1):
            tail = ".".join(labels[-n:])
            if self.rules.get(tail) == "!":
                return n - 1
            if self.rules.get(tail) == "=" or self.rules.get(
                    ".".join(["*"] + labels[-n + 1:] if n > 1 else ["*"])) == "*":
                return n
        return 1

    def look_up(self, name):
        try:
            ipaddress.ip_address(name)
            return name
        except ValueError:
            pass
        labels = name.split(".")
        n = self.suffix_labels(labels)
        whole = len(name.encode("utf-8", "replace")) > 253 or name.startswith(".")
        return name if whole or n >= len(labels) else ".".join(labels[-n - 1:])

    def of(self, name):
        if name not in self.found:
            self.found[name] = self.look_up(name)
        return self.found[name]


organizations = None


def same_organization(a, b):
    global organizations
    organizations = organizations or Organizations()
    return bool(a) and organizations.of(a) == organizations.of(b)


class Policy:
    def __init__(self, domain, adkim, aspf):
        self.domain = name_of(domain)
        self.strict = {"dkim": is_strict(adkim), "spf": is_strict(aspf)}


def is_strict(word):
    return (word or "").lower() in ("s", "strict")


def looked_at(kind, results, envelope_from):
    """[(number, domain, result)] of the kind, without those that are not there, or do not count."""
    found = []
    for number, (which, domain, result, scope) in enumerate(results, 1):
        helo = (scope or "").lower() == "helo" and envelope_from not in (None, "", "<>")
        if which == kind and (domain or result) and not (kind == "spf" and helo):
            found.append((number, name_of(domain), (result or "").lower()))
    return found


def is_aligned(domain, with_, strict):
    return domain != "" and (domain == with_ or not strict and same_organization(domain, with_))


def align(policy, header_from, envelope_from, results):
    """results: [(dkim or spf, domain, result, scope)] in their order. The four columns."""
    compared = name_of(header_from) or policy.domain
    letters, passes, aligned = {}, {}, {}
    for kind in ("dkim", "spf"):
        rows = looked_at(kind, results, envelope_from)
        passes[kind] = [n for n, _, result in rows if result == "pass"]
        aligned[kind] = [n for n, domain, result in rows if result == "pass"
                         and is_aligned(domain, compared, policy.strict[kind])]
        links = [n for n, domain, result in rows
                 if (result == "pass" if kind == "spf" else result not in ("", "none"))
                 and same_organization(domain, policy.domain)]
        letters[kind] = ("-" if not rows else "p" if aligned[kind] else "l" if links else "f")
    return (letters["dkim"], letters["spf"], (aligned["dkim"] or [""])[0],
            (aligned["spf"] or passes["spf"] or [""])[0])
