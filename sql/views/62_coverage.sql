-- Who reports, how late, how regularly, and what is missing (definitions A3, A6, A7, E3).

CREATE OR REPLACE VIEW ruadb.reporter_lag WITH (security_invoker = true) AS
SELECT o.tenant_id, o.name AS reporter,
	coalesce(l.lag, make_interval(hours => (SELECT ruadb.setting_value('lag_hours'))::int)) AS lag,
	coalesce(l.arrivals, 0) AS arrivals,
	l.lag IS NOT NULL AS learned,
	l.measured_at
FROM (SELECT DISTINCT tenant_id, name FROM ruadb_data.reporter) o
LEFT JOIN ruadb_data.reporter_lag l ON l.tenant_id = o.tenant_id AND l.reporter = o.name;

COMMENT ON VIEW ruadb.reporter_lag IS
	'How long after its end a day is settled at each reporter: 95 of 100 reports are there by then.';
COMMENT ON COLUMN ruadb.reporter_lag.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.reporter_lag.reporter IS 'Reporter as compared: trimmed, lower case.';
COMMENT ON COLUMN ruadb.reporter_lag.lag IS
	'95th percentile of arrival in the mailbox minus end of report, or the setting lag_hours.';
COMMENT ON COLUMN ruadb.reporter_lag.arrivals IS
	'Arrivals it was learned from; 0: too few of them, or files, which have none.';
COMMENT ON COLUMN ruadb.reporter_lag.learned IS 'Learned from arrivals; false: the setting holds.';
COMMENT ON COLUMN ruadb.reporter_lag.measured_at IS 'When it was learned; NULL: it was not.';

-- Shipped patterns, and those in the table, which come first.
CREATE OR REPLACE VIEW ruadb.reporter_family WITH (security_invoker = true) AS
SELECT ruadb.tenant() AS tenant_id, k.pattern, k.family, false AS own
FROM (VALUES
	('google%', 'google'),
	('microsoft%', 'microsoft'), ('enterprise outlook', 'microsoft'), ('outlook.com', 'microsoft'),
	('hotmail%', 'microsoft'), ('%.protection.outlook.com', 'microsoft'),
	('yahoo%', 'yahoo'), ('aol%', 'yahoo'),
	('apple%', 'apple'), ('icloud%', 'apple'),
	('comcast%', 'comcast'),
	('mail.ru%', 'mail.ru'), ('corp.mail.ru', 'mail.ru'),
	('yandex%', 'yandex'),
	('fastmail%', 'fastmail'), ('messagingengine.com', 'fastmail'),
	('gmx%', 'gmx'), ('web.de', 'gmx'), ('mail.com', 'gmx'), ('1&1%', 'gmx'), ('1und1%', 'gmx'),
	('zoho%', 'zoho'),
	('amazon-ses', 'amazon ses'), ('amazonses%', 'amazon ses'), ('amazon ses', 'amazon ses'),
	('rackspace%', 'rackspace'), ('emailsrvr.com', 'rackspace'),
	('secureserver.net', 'godaddy'), ('godaddy%', 'godaddy'),
	('seznam%', 'seznam'), ('orange%', 'orange'), ('wp.pl', 'wp.pl'),
	('proofpoint%', 'proofpoint'), ('%.pphosted.com', 'proofpoint'), ('pphosted.com', 'proofpoint'),
	('gpphosted.com', 'proofpoint'), ('%.gpphosted.com', 'proofpoint'),
	('ppe-hosted.com', 'proofpoint-essentials'), ('%.ppe-hosted.com', 'proofpoint-essentials'),
	('cloudmark%', 'cloudmark'), ('%.cloudfilter.net', 'cloudmark'),
	('mimecast%', 'mimecast'), ('%.mimecast.com', 'mimecast'),
	('cisco%', 'cisco'), ('ironport%', 'cisco'), ('%.iphmx.com', 'cisco'),
	('barracuda%', 'barracuda'), ('%.barracuda.com', 'barracuda'),
	('%.barracudanetworks.com', 'barracuda'),
	('messagelabs%', 'symantec'), ('%.messagelabs.com', 'symantec'), ('symantec%', 'symantec'),
	('trendmicro%', 'trendmicro'), ('trend micro%', 'trendmicro'),
	('%.trendmicro.com', 'trendmicro'),
	('sophos%', 'sophos'), ('%.sophos.com', 'sophos'),
	('forcepoint%', 'forcepoint'), ('%.mailcontrol.com', 'forcepoint'),
	('hornetsecurity%', 'hornetsecurity'), ('antispameurope.com', 'hornetsecurity'),
	('%.antispameurope.com', 'hornetsecurity'),
	('trellix%', 'trellix'), ('fireeye%', 'trellix'), ('%.fireeyecloud.com', 'trellix'),
	('spamexperts%', 'spamexperts'), ('%.antispamcloud.com', 'spamexperts'),
	('antispamcloud.com', 'spamexperts'),
	('fortinet%', 'fortinet'), ('fortimail%', 'fortinet'), ('%.fortimail.com', 'fortinet'),
	('%.fortimailcloud.com', 'fortinet'),
	('appriver%', 'appriver'), ('%.appriver.com', 'appriver'),
	('mailprotector%', 'mailprotector'), ('emailservice.io', 'mailprotector'),
	('%.emailservice.io', 'mailprotector'),
	('cloudflare%', 'cloudflare'), ('%.mx.cloudflare.net', 'cloudflare'),
	('proofpoint essentials%', 'proofpoint-essentials'),
	('retarus%', 'retarus'), ('%.retarus.com', 'retarus')
) AS k (pattern, family)
UNION ALL
SELECT f.tenant_id, f.pattern, f.family, true
FROM ruadb_data.reporter_family f
WHERE f.tenant_id = ruadb.tenant();

COMMENT ON VIEW ruadb.reporter_family IS
	'Which gateway family a reporter belongs to, by patterns (LIKE) of its name in lower case. The '
	'user''s come before the shipped ones, then the longest decides.';
COMMENT ON COLUMN ruadb.reporter_family.tenant_id IS 'Whose; that of the session.';
COMMENT ON COLUMN ruadb.reporter_family.pattern IS 'Pattern of the reporter''s name, as for LIKE.';
COMMENT ON COLUMN ruadb.reporter_family.family IS 'The family.';
COMMENT ON COLUMN ruadb.reporter_family.own IS 'Added by the user; false: shipped.';

CREATE OR REPLACE VIEW ruadb_data.family_of WITH (security_invoker = true) AS
SELECT DISTINCT ON (o.tenant_id, o.name) o.tenant_id, o.name AS reporter,
	coalesce(f.family, o.name) AS family
FROM (SELECT DISTINCT tenant_id, name FROM ruadb_data.reporter) o
LEFT JOIN ruadb.reporter_family f ON f.tenant_id = o.tenant_id AND o.name LIKE f.pattern
ORDER BY o.tenant_id, o.name, f.own DESC NULLS LAST, length(f.pattern) DESC, f.pattern;
COMMENT ON VIEW ruadb_data.family_of IS
	'The family of each reporter; one that no pattern fits is a family of its own.';

-- One row an organizational domain, reporter and day with a report; null reports have days too.
CREATE OR REPLACE VIEW ruadb_data.coverage_day WITH (security_invoker = true) AS
SELECT r.tenant_id, coalesce(d.organizational_domain, d.name) AS organizational_domain,
	o.name AS reporter, o.lag, coalesce(p.day, r.day) AS day, count(*) AS reports,
	sum(coalesce(p.messages, r.messages)) AS messages,
	count(*) FILTER (WHERE r.reporter_auth NOT IN ('v', 'l')) AS unverified_reports,
	sum(coalesce(p.messages, r.messages)) FILTER (WHERE r.reporter_auth NOT IN ('v', 'l'))
		AS unverified_messages
FROM ruadb_data.domain d
JOIN ruadb_data.report r ON r.tenant_id = d.tenant_id AND r.domain_id = d.domain_id AND r.counted
JOIN ruadb_data.reporter_of o ON o.tenant_id = r.tenant_id AND o.reporter_id = r.reporter_id
LEFT JOIN ruadb_data.report_day_part p ON r.day IS NULL AND p.tenant_id = r.tenant_id
	AND p.report_id = r.report_id
WHERE NOT d.is_foreign
GROUP BY r.tenant_id, coalesce(d.organizational_domain, d.name), o.name, o.lag,
	coalesce(p.day, r.day);
