-- B1, B2 and B3 of the definitions as worked examples: each in an organizational domain of its own.
-- See t_def_help.sql for what is shared.
DELETE FROM ruadb_data.reporter_lag; -- of t_def_reports.sql

-- B1: the declared range that holds the address; else a /24 or /64. Three addresses of one /24, and
-- two of one /64, are one source each; those of the next ones are others.
SELECT pg_temp.mail('b1.example', ip, 10) FROM unnest('{192.0.2.0,192.0.2.7,192.0.2.255,192.0.3.0,
	2001:db8::1,2001:db8::ffff:1,2001:db8:0:1::1}'::inet[]) ip;
SELECT pg_temp.is(pg_temp.groups('b1.example'),
	'192.0.2.0/24 5 30, 192.0.3.0/24 5 10, 2001:db8::/64 5 20, 2001:db8:0:1::/64 5 10',
	'B1: a /24 or a /64');
-- B1: ::ffff:a.b.c.d is IPv4.
SELECT pg_temp.mail('b1m.example', '192.0.2.1', 10);
SELECT pg_temp.mail('b1m.example', '::ffff:192.0.2.2', 10);
SELECT pg_temp.is(pg_temp.groups('b1m.example'), '192.0.2.0/24 5 20',
	'B1: ::ffff:192.0.2.2 is of 192.0.2.0/24');
-- B1: the narrowest of several declared ranges. 192.0.2.65 lies in /26 and /25, .10 in /25, .200 in
-- none: the rest of its /24. IPv6 has ranges too, wider than a /64 or narrower.
INSERT INTO ruadb_data.sender (tenant_id, name, owner, network, dedicated) VALUES
	(1, 'wide', 'Ann', '198.51.100.0/25', false), (1, 'narrow', 'Bob', '198.51.100.64/26', true),
	(1, 'six', NULL, '2001:db8:6::/48', false), (1, 'one host', NULL, '2001:db8:6:1::9/128', false);
SELECT pg_temp.mail('b1d.example', ip, 10, 'pp') FROM unnest('{198.51.100.65,198.51.100.10,
	198.51.100.200,::ffff:198.51.100.66,2001:db8:6:1::8,2001:db8:6:2::8,2001:db8:6:1::9}'::inet[]) ip;
SELECT pg_temp.is((SELECT string_agg(source_group || ' ' || messages || ' ' || rule || ' '
	|| coalesce(sender, '-') || ' ' || coalesce(owner, '-') || ' ' || coalesce(dedicated::text, '-'),
	', ' ORDER BY source_group) FROM source_class WHERE organizational_domain = 'b1d.example'),
	'198.51.100.0/24 10 3 - - -, 198.51.100.0/25 10 1 wide Ann false, '
	'198.51.100.64/26 20 1 narrow Bob true, 2001:db8:6::/48 20 1 six - false, '
	'2001:db8:6:1::9/128 10 1 one host - false', 'B1: the narrowest declared range, its name and owner');

-- B3 1: declared by address: pass >= 98% is authorised, else misconfigured. 980 of 1000 is 98%.
INSERT INTO ruadb_data.sender (tenant_id, name, network) VALUES
	(1, 'Acme Mail', '203.0.113.0/24');
SELECT pg_temp.mail('r1a.example', '203.0.113.1', 980, 'pf');
SELECT pg_temp.mail('r1a.example', '203.0.113.2', 20, 'ff');
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reviewed, sender, reason) FROM source_class
	WHERE organizational_domain = 'r1a.example'), '1|authorised|t|Acme Mail|declared as Acme Mail '
	'(203.0.113.0/24); 980 of 1000 known messages pass (98.0%), at least 98%', 'B3 1: 98.0% is enough');
SELECT pg_temp.mail('r1b.example', '203.0.113.1', 979, 'fp');
SELECT pg_temp.mail('r1b.example', '203.0.113.2', 21, 'ff');
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reason) FROM source_class
	WHERE organizational_domain = 'r1b.example'), '1|misconfigured|declared as Acme Mail '
	'(203.0.113.0/24); 979 of 1000 known messages pass (97.9%), less than 98%',
	'B3 1: 97.9% is not, and its mail is ours all the same');
-- Percentages are cut: 9799 of 10000 is not called 98.0%.
SELECT pg_temp.mail('r1c.example', '203.0.113.1', 9799, 'pf');
SELECT pg_temp.mail('r1c.example', '203.0.113.2', 201, 'ff');
SELECT pg_temp.is((SELECT class || substring(reason, '\(9.*') FROM source_class
	WHERE organizational_domain = 'r1c.example'), 'misconfigured(97.9%), less than 98%',
	'B3 1: 97.99% is less than 98%');
-- Nothing known: not shown to pass, so it is no authorised one; the words say why.
SELECT pg_temp.mail('r1d.example', '203.0.113.1', 50, 'f-');
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reason) FROM source_class
	WHERE organizational_domain = 'r1d.example'), '1|misconfigured|declared as Acme Mail '
	'(203.0.113.0/24); none of 50 messages is known to pass or fail', 'B3 1: everything unknown');
-- First match wins: a declared source whose mail is forwarded, or fails all, stays by rule 1.
SELECT pg_temp.mail('r1e.example', '203.0.113.1', 100, 'ff', 'ff', NULL, NULL, 'forwarded');
SELECT pg_temp.is(pg_temp.classes('r1e.example'), '1 misconfigured', 'B3: first match wins, 1 before 2');

-- B3 2: a reason forwarded, mailing_list or trusted_forwarder: in at least 5% of the messages, and
-- aligned SPF passes in less than 50%: one stray reason must not decide.
SELECT pg_temp.mail('r2' || n || '.example', '192.0.2.1', 100, 'ff', 'ff', NULL, NULL, reason)
FROM unnest('{forwarded,mailing_list,trusted_forwarder,local_policy,sampled_out,policy_test_mode,
	other,local_policy mailing_list}'::text[]) WITH ORDINALITY x (reason, n);
SELECT pg_temp.is((SELECT string_agg(rule || ' ' || class, ', ' ORDER BY organizational_domain)
	FROM source_class WHERE organizational_domain ~ '^r2[1-8].example'),
	'2 forwarder, 2 forwarder, 2 forwarder, 5 unverified, 5 unverified, 5 unverified, '
	'5 unverified, 2 forwarder', 'B3 2: which reasons tell of forwarding');
SELECT pg_temp.mail('r2a.example', '192.0.2.1', 50, 'ff', 'ff', NULL, NULL, 'forwarded');
SELECT pg_temp.mail('r2a.example', '192.0.2.1', 950);
SELECT pg_temp.is((SELECT class || '|' || reason FROM source_class
	WHERE organizational_domain = 'r2a.example'), 'forwarder|50 of 1000 messages (5.0%) have an '
	'override reason forwarded, mailing_list or trusted_forwarder; aligned SPF passes in none',
	'B3 2: 5% of forwarded messages decide');
SELECT pg_temp.mail('r2b.example', '192.0.2.1', 49, 'ff', 'ff', NULL, NULL, 'forwarded');
SELECT pg_temp.mail('r2b.example', '192.0.2.1', 951);
SELECT pg_temp.is(pg_temp.classes('r2b.example'), '5 unverified',
	'B3 2: 4.9% are strays: a spoofer is not hidden by them');
SELECT pg_temp.mail('r2c.example', '192.0.2.1', 499, 'pp', 'pp', 'r2c.example:s', NULL, 'forwarded');
SELECT pg_temp.mail('r2c.example', '192.0.2.1', 501, 'pf', 'pf', 'r2c.example:s', NULL, 'forwarded');
SELECT pg_temp.is((SELECT class || substring(reason, '; .*') FROM source_class
	WHERE organizational_domain = 'r2c.example'), 'forwarder; aligned SPF passes in 499 (49.9%)',
	'B3 2: aligned SPF in less than half: no server of ours');
SELECT pg_temp.mail('r2d.example', '192.0.2.1', 500, 'pp', 'pp', 'r2d.example:s', NULL, 'forwarded');
SELECT pg_temp.mail('r2d.example', '192.0.2.1', 500, 'pf', 'pf', 'r2d.example:s', NULL, 'forwarded');
SELECT pg_temp.is(pg_temp.classes('r2d.example'), '3 authorised',
	'B3 2: aligned SPF in half: it sends itself, and rule 3 decides');

-- B3 2: or aligned DKIM pass without aligned SPF from a source with less than 5% of that selector's
-- volume. 192.0.2.1 sends 951 of 1000 by selector s, 198.51.100.200 the other 49: 4.9%.
SELECT pg_temp.mail('r2e.example', '192.0.2.1', 951, 'pp', 'pp', 'r2e.example:s', 'r2e.example');
SELECT pg_temp.mail('r2e.example', '192.0.9.1', 49, 'pf', 'pf', 'R2e.example:S');
SELECT pg_temp.is(pg_temp.classes('r2e.example'), '3 authorised, 2 forwarder',
	'B3 2: 4.9% of a selector, with DKIM and without SPF');
SELECT pg_temp.is((SELECT reason FROM source_class WHERE organizational_domain = 'r2e.example'
	AND rule = 2), '49 of 49 messages (100.0%) are DKIM signed by a selector of which this source '
	'sends 4.9%; aligned SPF passes in none', 'B3 2: its words');
-- 50 of 1000 are 5%: not less.
SELECT pg_temp.mail('r2f.example', '192.0.2.1', 950, 'pp', 'pp', 'r2f.example:s', 'r2f.example');
SELECT pg_temp.mail('r2f.example', '192.0.9.1', 50, 'pf', 'pf', 'r2f.example:s');
SELECT pg_temp.is(pg_temp.classes('r2f.example'), '3 authorised, 3 authorised',
	'B3 2: 5.0% of a selector is a sender');
-- Another selector is another volume: the only sender of selector t is no forwarder.
SELECT pg_temp.mail('r2g.example', '192.0.2.1', 951, 'pp', 'pp', 'r2g.example:s', 'r2g.example');
SELECT pg_temp.mail('r2g.example', '192.0.9.1', 49, 'pf', 'pf', 'r2g.example:t');
SELECT pg_temp.is(pg_temp.classes('r2g.example'), '3 authorised, 3 authorised',
	'B3 2: of that selector, not of all mail');
-- The source's volume is that of its group: 30 and 30 from two addresses of one /24 are 6%.
SELECT pg_temp.mail('r2h.example', '192.0.2.1', 940, 'pp', 'pp', 'r2h.example:s', 'r2h.example');
SELECT pg_temp.mail('r2h.example', ip, 30, 'pf', 'pf', 'r2h.example:s')
FROM unnest('{192.0.9.1,192.0.9.2}'::inet[]) ip;
SELECT pg_temp.is(pg_temp.classes('r2h.example'), '3 authorised, 3 authorised',
	'B3 2: the volume of the group counts');
-- A reporter that says nothing of SPF does not say that it failed.
SELECT pg_temp.mail('r2i.example', '192.0.2.1', 951, 'pp', 'pp', 'r2i.example:s', 'r2i.example');
SELECT pg_temp.mail('r2i.example', '192.0.9.1', 49, 'p-', 'pp', 'r2i.example:s', 'r2i.example');
SELECT pg_temp.is(pg_temp.classes('r2i.example'), '3 authorised, 3 authorised',
	'B3 2: SPF that was not told is not SPF that failed');
-- Few such messages in much else do not make a forwarder: 4 of 100 of this source.
SELECT pg_temp.mail('r2j.example', '192.0.2.1', 951, 'pp', 'pp', 'r2j.example:s', 'r2j.example');
SELECT pg_temp.mail('r2j.example', '192.0.9.1', 4, 'pf', 'pf', 'r2j.example:s');
SELECT pg_temp.mail('r2j.example', '192.0.9.1', 96, 'ff');
SELECT pg_temp.is(pg_temp.classes('r2j.example'), '3 authorised, 5 unverified',
	'B3 2: 4% of its mail signed by us: a stray');

-- B3 3: aligned pass (DKIM or SPF) in >= 98%: authorised; reviewed if its address, selector or SPF
-- domain is declared, else "authenticated, not reviewed".
SELECT pg_temp.mail('r3a.example', '192.0.2.1', 490, 'pf', 'pf', 'r3a.example:s');
SELECT pg_temp.mail('r3a.example', '192.0.2.1', 490, 'fp', 'fp', NULL, 'r3a.example');
SELECT pg_temp.mail('r3a.example', '192.0.2.1', 20);
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reviewed, coalesce(sender, '-'), reason)
	FROM source_class WHERE organizational_domain = 'r3a.example'), '3|authorised|f|-|980 of 1000 '
	'known messages pass (98.0%), at least 98%; authenticated, not reviewed: nothing of it is '
	'declared', 'B3 3: DKIM or SPF, 98%, nothing declared');
SELECT pg_temp.mail('r3b.example', '192.0.2.1', 979, 'pf', 'pf', 'r3b.example:s');
SELECT pg_temp.mail('r3b.example', '192.0.2.1', 21);
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reason) FROM source_class
	WHERE organizational_domain = 'r3b.example'), '4|misconfigured|979 of 1000 known messages pass '
	'(97.9%), less than 98%', 'B3 3: 97.9% is for rule 4');
-- Unknown is neither pass nor fail: 98 of 98 known.
SELECT pg_temp.mail('r3c.example', '192.0.2.1', 98, 'pf', 'pf', 'r3c.example:s');
SELECT pg_temp.mail('r3c.example', '192.0.2.1', 102, '-f');
SELECT pg_temp.is(pg_temp.classes('r3c.example'), '3 authorised', 'B3 3: of those that are known');
INSERT INTO ruadb_data.sender (tenant_id, name, owner, dkim_domain, dkim_selector, spf_domain) VALUES
	(1, 'by selector', 'Cy', 'r3d.example', 'news', NULL), (1, 'by domain', NULL, 'r3e.example',
	NULL, NULL), (1, 'by spf', NULL, NULL, NULL, 'bounce.r3f.example'),
	(1, 'the domain', NULL, 'r3d.example', NULL, NULL);
SELECT pg_temp.mail('r3d.example', '192.0.2.1', 100, 'pf', 'pf', 'R3d.Example:News');
SELECT pg_temp.mail('r3d.example', '192.0.4.1', 100, 'pf', 'pf', 'r3d.example:other');
SELECT pg_temp.mail('r3e.example', '192.0.2.1', 100, 'pf', 'pf', 'r3e.example:anything');
SELECT pg_temp.mail('r3f.example', '192.0.2.1', 100, 'fp', 'fp', NULL, 'bounce.r3f.example');
SELECT pg_temp.mail('r3f.example', '192.0.4.1', 100, 'fp', 'fp', NULL, 'other.r3f.example');
-- A domain with any selector is known by its names (source_identity), which a refresh makes.
INSERT INTO ruadb_data.source_identity (tenant_id, id, kind, domain, selector)
SELECT 1, ruadb_data.dkim_id(ARRAY[d], ARRAY[s], 1::smallint), 'd', d, s
FROM (VALUES ('r3d.example', 'other'), ('r3e.example', 'anything')) x (d, s);
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', organizational_domain, rule, class, reviewed,
	coalesce(sender, '-'), coalesce(dedicated::text, '-')), ', '
	ORDER BY organizational_domain, source_group) FROM source_class
	WHERE organizational_domain ~ '^r3[def]'),
	'r3d.example 3 authorised t by selector -, r3d.example 3 authorised t the domain -, '
	'r3e.example 3 authorised t by domain -, r3f.example 3 authorised t by spf -, '
	'r3f.example 3 authorised f - -', 'B3 3: reviewed by selector, by DKIM domain, by SPF domain');
SELECT pg_temp.is((SELECT substring(reason, ';.*') FROM source_class WHERE sender = 'by selector'),
	'; its selector or SPF domain is declared as by selector', 'B3 3: its words');
-- A stray of a declared selector does not make a new platform reviewed: half of its mail does.
INSERT INTO ruadb_data.sender (tenant_id, name, dkim_domain, dkim_selector)
	VALUES (1, 'half', 'r3g.example', 'd'), (1, 'less', 'r3h.example', 'd');
SELECT pg_temp.mail('r3g.example', '192.0.2.1', 50, 'pf', 'pf', 'r3g.example:d');
SELECT pg_temp.mail('r3g.example', '192.0.2.1', 50, 'pf', 'pf', 'r3g.example:new');
SELECT pg_temp.mail('r3h.example', '192.0.2.1', 49, 'pf', 'pf', 'r3h.example:d');
SELECT pg_temp.mail('r3h.example', '192.0.2.1', 51, 'pf', 'pf', 'r3h.example:new');
SELECT pg_temp.is((SELECT string_agg(reviewed || ' ' || coalesce(sender, '-'), ', '
	ORDER BY organizational_domain) FROM source_class WHERE organizational_domain ~ '^r3[gh]'),
	'true half, false -', 'B3 3: reviewed by half of its messages, not by less');

-- B3 4: linked to us: aligned pass in at least 5%, or a raw authentication domain within our
-- organizational domain (in at least 5% of the messages): misconfigured.
SELECT pg_temp.mail('r4a.example', '192.0.2.1', 50, 'pp', 'ff');
SELECT pg_temp.mail('r4a.example', '192.0.2.1', 950);
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reason) FROM source_class
	WHERE organizational_domain = 'r4a.example'), '4|misconfigured|50 of 1000 known messages pass '
	'(5.0%), less than 98%', 'B3 4: 5.0% pass');
SELECT pg_temp.mail('r4b.example', '192.0.2.1', 49, 'pp', 'ff');
SELECT pg_temp.mail('r4b.example', '192.0.2.1', 951);
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reason) FROM source_class
	WHERE organizational_domain = 'r4b.example'), '5|unverified|49 of 1000 known messages pass '
	'(4.9%), less than 5%', 'B3 4: 4.9% pass: strays do not decide');
SELECT pg_temp.mail('r4c.example', '192.0.2.1', 50, 'ff', 'lf', 'mail.r4c.example:s');
SELECT pg_temp.mail('r4c.example', '192.0.2.1', 950);
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reason) FROM source_class
	WHERE organizational_domain = 'r4c.example'), '4|misconfigured|none of 1000 messages passes; 50 '
	'of 1000 messages (5.0%) have a signature or an SPF pass of a domain of ours',
	'B3 4: nothing passes, but 5.0% are linked');
SELECT pg_temp.mail('r4d.example', '192.0.2.1', 49, 'ff', 'fl', NULL, 'mail.r4d.example');
SELECT pg_temp.mail('r4d.example', '192.0.2.1', 951);
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reason) FROM source_class
	WHERE organizational_domain = 'r4d.example'), '5|unverified|none of 1000 messages passes; 49 of '
	'1000 messages (4.9%) have a signature or an SPF pass of a domain of ours',
	'B3 4: 4.9% are linked: strays');
-- Linked counts even if nothing is known of what the reporter thinks.
SELECT pg_temp.mail('r4e.example', '192.0.2.1', 100, '--', 'lf', 'mail.r4e.example:s');
SELECT pg_temp.is(pg_temp.classes('r4e.example'), '4 misconfigured', 'B3 4: linked, all unknown');

-- B3 4: or in our logs on an address that is ours alone: one that [source] says our own mail server
-- sends from, and from which it sent as this domain. In at least 5% of the messages, too.
INSERT INTO ruadb_data.log_service (tenant_id, service_id, host_id, service, source_ip)
VALUES (1, 4001, 4000, 'postfix/smtp', '192.0.2.44');
INSERT INTO ruadb_data.log_day (tenant_id, day, source_ip, organizational_domain, family, accepted)
VALUES (1, '2026-11-16', '192.0.2.44', 'r4l.example', 'google', 5),
	(1, '2026-11-16', '192.0.2.45', 'r4n.example', 'google', 5),
	(1, '2026-11-16', '192.0.2.44', 'r4o.example', 'google', 0),
	(1, '2026-11-16', '192.0.2.44', 'r4p.example', 'google', 5),
	(1, '2026-11-16', '203.0.113.44', 'r4q.example', 'google', 5);
SELECT pg_temp.mail('r4l.example', '192.0.2.44', 50);
SELECT pg_temp.mail('r4l.example', '192.0.2.1', 950);
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reason) FROM source_class
	WHERE organizational_domain = 'r4l.example'), '4|misconfigured|none of 1000 messages passes; 50 of '
	'1000 messages (5.0%) are from an address that our own mail server sends from',
	'B3 4: in our logs, on an address of our own');
SELECT pg_temp.mail('r4m.example', '192.0.2.44', 1000);
SELECT pg_temp.mail('r4n.example', '192.0.2.45', 1000);
SELECT pg_temp.mail('r4o.example', '192.0.2.44', 1000);
SELECT pg_temp.mail('r4p.example', '192.0.2.44', 49);
SELECT pg_temp.mail('r4p.example', '192.0.2.1', 951);
SELECT pg_temp.is((SELECT string_agg(rule || ' ' || class, ', ' ORDER BY organizational_domain)
	FROM source_class WHERE organizational_domain ~ '^r4[mnop]'),
	'5 unverified, 5 unverified, 5 unverified, 5 unverified', 'B3 4: not as another domain, not an '
	'address that no [source] maps, not what nobody accepted, not strays');
-- Declared by address: rule 1 has decided, shared or dedicated.
INSERT INTO ruadb_data.log_service (tenant_id, service_id, host_id, service, source_ip)
VALUES (1, 4002, 4000, 'postfix-news/smtp', '203.0.113.44');
SELECT pg_temp.mail('r4q.example', '203.0.113.44', 100);
SELECT pg_temp.is(pg_temp.classes('r4q.example'), '1 misconfigured', 'B3: declared by address comes first');

-- B3 5: everything else: unverified.
SELECT pg_temp.mail('r5a.example', '192.0.2.1', 1000);
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, thin, reason) FROM source_class
	WHERE organizational_domain = 'r5a.example'), '5|unverified|f|none of 1000 messages passes; '
	'no signature and no SPF domain of ours', 'B3 5: no proof that it is ours');
SELECT pg_temp.mail('r5b.example', '192.0.2.1', 40, 'f-');
SELECT pg_temp.is((SELECT concat_ws('|', rule, class, reason) FROM source_class
	WHERE organizational_domain = 'r5b.example'), '5|unverified|none of 40 messages is known to '
	'pass or fail; no signature and no SPF domain of ours', 'B3 5: everything unknown, never a pass');

-- B3: less than 10 messages, or one reporter only: thin.
SELECT pg_temp.mail('thin9.example', '192.0.2.1', 9);
SELECT pg_temp.mail('thin10.example', '192.0.2.1', 10);
SELECT pg_temp.rec(pg_temp.report('thinone.example', 'one.example', '2026-11-16'), '192.0.2.1', 1000);
SELECT pg_temp.rec(pg_temp.report('thinboth.example', 'one.example', '2026-11-16'), '192.0.2.1', 9);
-- One reporter under two e-mail addresses is one.
SELECT pg_temp.rec(pg_temp.report('thintwo.example', 'one.example', '2026-11-16'), '192.0.2.1', 10);
SELECT pg_temp.rec(pg_temp.report('thintwo.example', 'One.Example', '2026-11-16'), '192.0.2.1', 10);
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', organizational_domain, thin,
	substring(reason, 'thin.*')), ', ' ORDER BY organizational_domain) FROM source_class
	WHERE organizational_domain LIKE 'thin%'), 'thin10.example f, thin9.example t thin: fewer than '
	'10 messages, thinboth.example t thin: fewer than 10 messages, one reporter only, '
	'thinone.example t thin: one reporter only, thintwo.example t thin: one reporter '
	'only', 'B3: thin');

-- B2: only dedicated addresses are ground truth; default shared. B3: without any declaration the
-- classes are still right: taken away, authorised and misconfigured stay what they are.
SELECT pg_temp.is((SELECT string_agg(column_default, ' ') FROM information_schema.columns
	WHERE table_schema = 'ruadb_data' AND table_name = 'sender' AND column_name = 'dedicated'),
	'false', 'B2: shared is the default');
CREATE TEMP TABLE declared AS SELECT * FROM source_class;
CREATE TEMP TABLE sender AS SELECT * FROM ruadb_data.sender;
DELETE FROM ruadb_data.sender;
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', organizational_domain, rule, class, reviewed,
	coalesce(sender, '-')), ', ' ORDER BY organizational_domain, source_group) FROM source_class
	WHERE organizational_domain ~ '^(r1[ab]|r3[de])\.'),
	'r1a.example 3 authorised f -, r1b.example 4 misconfigured f -, r3d.example 3 authorised f -, '
	'r3d.example 3 authorised f -, r3e.example 3 authorised f -',
	'B3: without any declaration the classes are still right');
INSERT INTO ruadb_data.sender OVERRIDING SYSTEM VALUE SELECT * FROM pg_temp.sender;

-- B3: over 30 settled days. The window is 18 October to 16 November: the 17th of October and the 17th
-- of November are outside.
SELECT pg_temp.mail('window.example', '192.0.2.1', 10, 'ff', 'ff', NULL, NULL, NULL, d::date)
FROM unnest('{2026-10-17,2026-10-18,2026-11-16,2026-11-17}'::date[]) d;
SELECT pg_temp.is((SELECT concat_ws('|', window_begin, window_end, messages, first_day, last_day)
	FROM source_class WHERE organizational_domain = 'window.example'),
	'2026-10-18|2026-11-16|20|2026-10-18|2026-11-16', 'B3: 30 settled days');
-- An old folder of reports has classes too: up to its own last settled day.
SELECT pg_temp.mail('old.example', '192.0.2.1', 10, 'ff', 'ff', NULL, NULL, NULL, '2024-03-05');
SELECT pg_temp.is((SELECT window_begin || ' ' || window_end FROM class_window
	WHERE organizational_domain = 'old.example'), '2024-02-05 2024-03-05', 'B3: also of old reports');
-- A report of several days gives each day its share: 10 over 14 to 17 November, one of them outside.
INSERT INTO ruadb_data.report_day_part SELECT 1, pg_temp.report('long.example', 'one.example',
	'2026-11-14', until => '2026-11-17'), d::date, n, 0, n, 0, n, 0, 0, 0
FROM (VALUES ('2026-11-14', 3), ('2026-11-15', 3), ('2026-11-16', 2), ('2026-11-17', 2)) x (d, n);
SELECT pg_temp.rec(pg_temp.report('long.example', 'one.example', '2026-11-14',
	until => '2026-11-17'), '192.0.2.1', 10);
INSERT INTO ruadb_data.record_day SELECT 1, p.report_id, 1, p.day, p.messages
FROM ruadb_data.report_day_part p JOIN ruadb_data.report r USING (report_id)
WHERE r.domain_id = pg_temp.domain('long.example');
INSERT INTO ruadb_data.live_day (tenant_id, domain_id, day)
SELECT 1, pg_temp.domain('long.example'), '2026-11-13'::date + n FROM generate_series(1, 4) n;
SELECT pg_temp.is((SELECT concat_ws('|', window_end, messages) FROM source_class
	WHERE organizational_domain = 'long.example'), '2026-11-16|8', 'A4, B3: shares of a longer report');

-- Trend: the last 7 days of the window (10 to 16 November) against the 7 before (3 to 9). Up or down
-- by 20% or more, from 100 messages on.
SELECT pg_temp.mail('trend.example', ('192.0.' || n || '.1')::inet, m, 'ff', 'ff', NULL, NULL, NULL, day)
FROM (VALUES (1, 100, '2026-11-09'), (1, 120, '2026-11-10'), (2, 100, '2026-11-09'),
	(2, 119, '2026-11-10'), (3, 200, '2026-11-09'), (3, 160, '2026-11-10'), (4, 200, '2026-11-09'),
	(4, 161, '2026-11-10'), (5, 0, '2026-11-09'), (5, 100, '2026-11-10'), (6, 100, '2026-11-09'),
	(6, 0, '2026-11-10'), (7, 100, '2026-11-02'), (7, 100, '2026-11-10'), (8, 99, '2026-11-09'),
	(8, 200, '2026-11-10'), (9, 0, '2026-11-09'), (9, 99, '2026-11-16'), (10, 99, '2026-11-03'))
	x (n, m, d), LATERAL (SELECT d::date) y (day);
SELECT pg_temp.is((SELECT string_agg(split_part(host(source_group), '.', 3) || ' '
	|| coalesce(trend, '?'), ', ' ORDER BY source_group) FROM source_class
	WHERE organizational_domain = 'trend.example'),
	'1 up, 2 steady, 3 down, 4 steady, 5 new, 6 gone, 7 up, 8 ?, 9 ?, 10 ?', 'trend in words');
-- A6: reporters present in both weeks: a reporter of most mail that sent only now makes no trend.
SELECT pg_temp.mail('trend2.example', '192.0.2.1', 200, 'ff', 'ff', NULL, NULL, NULL, d)
FROM unnest('{2026-11-09,2026-11-16}'::date[]) d;
SELECT pg_temp.rec(pg_temp.report('trend2.example', 'big.example', '2026-11-10'::date + n),
	'192.0.2.1', 100) FROM generate_series(0, 6) n;
SELECT pg_temp.is((SELECT recent || ' ' || before || ' ' || coalesce(trend, '?') FROM source_class
	WHERE organizational_domain = 'trend2.example'), '900 200 ?', 'A6: other reporters: no trend');

-- Domains that are not ours are in no figure (A3).
SELECT pg_temp.domain('foreign.example', NULL, false);
SELECT pg_temp.mail('foreign.example', '192.0.2.1', 10);
SELECT pg_temp.is(concat_ws('|', (SELECT count(*) FROM source_class WHERE organizational_domain =
	'foreign.example'), (SELECT count(*) FROM source_on_day WHERE policy_domain = 'foreign.example'),
	(SELECT count(*) FROM reporter_coverage WHERE organizational_domain = 'foreign.example'),
	(SELECT count(*) FROM policy_readiness WHERE policy_domain = 'foreign.example'),
	(SELECT messages FROM period_change('foreign.example', NULL))), '0|0|0|0|0',
	'A3: foreign domains are in no total');

-- B3 is per organizational domain: the policies of example.example and its subdomain news are one
-- source there, and its DKIM key has one volume. --domain with either name gives the same class.
SELECT pg_temp.domain('news.sub.example', 'sub.example');
SELECT pg_temp.mail('sub.example', '192.0.2.1', 900, 'pp', 'pp', 'sub.example:s', 'sub.example');
SELECT pg_temp.mail('news.sub.example', '192.0.2.9', 100, 'pp', 'pp', 'sub.example:s', 'sub.example');
SELECT pg_temp.mail('news.sub.example', '192.0.9.1', 40, 'pf', 'pf', 'sub.example:s');
SELECT pg_temp.is(pg_temp.groups('sub.example'), '192.0.2.0/24 3 1000, 192.0.9.0/24 2 40',
	'B3: one class for all policy domains of an organizational domain');
SELECT pg_temp.is((SELECT count(*)::text FROM source_class WHERE organizational_domain
	= organizational_domain('news.sub.example')), '2', 'B3: it is found by a subdomain''s name');

-- Two tenants: the same domain and addresses; what one declares and sets is not the other's.
SET ruadb.tenant_id = 2;
INSERT INTO ruadb_data.sender (tenant_id, name, network) VALUES (2, 'of two', '192.0.2.0/25');
INSERT INTO ruadb_data.setting (tenant_id, name, value) VALUES (2, 'authorised_percent', 90);
SELECT pg_temp.mail('r1a.example', '203.0.113.1', 95, 'pf');
SELECT pg_temp.mail('r1a.example', '203.0.113.2', 5, 'ff');
SELECT pg_temp.mail('r1a.example', '192.0.2.1', 10, 'ff');
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', source_group, rule, class, coalesce(sender, '-'),
	messages), ', ' ORDER BY source_group) FROM source_class WHERE tenant_id = 2),
	'192.0.2.0/25 1 misconfigured of two 10, 203.0.113.0/24 3 authorised - 100',
	'tenant 2: its own ranges and settings');
RESET ruadb.tenant_id;
SELECT pg_temp.is(pg_temp.groups('r1a.example'), '203.0.113.0/24 1 1000', 'tenant 1: nothing of it');
SELECT pg_temp.is((SELECT class FROM source_class WHERE organizational_domain = 'r1b.example'),
	'misconfigured', 'tenant 1: its own settings');

-- Rolled up or live, the figures are the same, and source_class_current is the view. (First and last
-- day may reach beyond the window after a refresh.)
CREATE TEMP VIEW class_now AS SELECT to_jsonb(c) - 'first_day' - 'last_day' AS c FROM source_class c
	WHERE tenant_id = tenant();
CREATE TEMP TABLE live AS SELECT * FROM pg_temp.class_now;
CREATE TEMP TABLE live_on_day AS SELECT day, policy_domain, source_ip, sum(messages) AS messages,
	sum(pass) AS pass, sum(dkim_only) AS dkim_only, sum(linked) AS linked
	FROM source_on_day WHERE tenant_id = tenant() GROUP BY 1, 2, 3;
BEGIN;
SELECT FROM ruadb_data.refresh_plan(1000000000);
SELECT FROM ruadb_data.refresh_days(0);
COMMIT;
SELECT FROM ruadb_data.refresh_classes(1000000);
SELECT pg_temp.is((count(*) > 100)::text, 'true', 'there is something rolled up')
FROM ruadb_data.source_day;
SELECT pg_temp.is((SELECT string_agg(format('%s', x), ' ') FROM (
	(SELECT * FROM live EXCEPT SELECT * FROM pg_temp.class_now)
	UNION ALL (SELECT * FROM pg_temp.class_now EXCEPT SELECT * FROM live)) x), NULL,
	'classes are the same live and rolled up');
SELECT pg_temp.is((SELECT string_agg(format('%s', x), ' ') FROM (
	SELECT * FROM source_class_current EXCEPT SELECT * FROM source_class) x), NULL,
	'source_class_current is source_class');
SELECT pg_temp.is((SELECT count(*)::text FROM source_class_current), (SELECT count(*)::text
	FROM source_class WHERE tenant_id = 1), 'all of it');
SELECT pg_temp.is((SELECT string_agg(format('%s', x), ' ') FROM (
	SELECT * FROM live_on_day EXCEPT SELECT day, policy_domain, source_ip, sum(messages), sum(pass),
	sum(dkim_only), sum(linked) FROM source_on_day WHERE tenant_id = 1 GROUP BY 1, 2, 3) x), NULL,
	'source_on_day is the same live and rolled up');
