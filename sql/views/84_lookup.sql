-- What people looked up elsewhere and noted (ruadb lookup): dated, since it is true of an instant.

CREATE OR REPLACE VIEW ruadb.lookup WITH (security_invoker = true) AS
SELECT l.tenant_id, l.lookup_id, l.kind, l.source_ip, l.domain, l.list, l.value,
	CASE WHEN l.kind IN ('ipcheck', 'blocklist') THEN l.value = 'listed' END AS listed,
	l.checker, l.checked_at, l.added_at,
	l.checked_at < ruadb.as_of() - make_interval(hours =>
		(SELECT ruadb.setting_value('lookup_hours'))::int) AS stale
FROM ruadb_data.lookup l;

COMMENT ON VIEW ruadb.lookup IS
	'What people looked up elsewhere by hand and noted: ruadb lookup add.';
COMMENT ON COLUMN ruadb.lookup.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.lookup.lookup_id IS 'Its number, for ruadb lookup remove.';
COMMENT ON COLUMN ruadb.lookup.kind IS
	'ipcheck (Proofpoint''s page, which the reply names), blocklist, rdns, helo, spf, dkim, dmarc or '
	'score.';
COMMENT ON COLUMN ruadb.lookup.source_ip IS 'The address it is of; NULL: of a domain only.';
COMMENT ON COLUMN ruadb.lookup.domain IS 'The domain it is of; NULL: of an address only.';
COMMENT ON COLUMN ruadb.lookup.list IS 'Which blocklist, or who gives the score.';
COMMENT ON COLUMN ruadb.lookup.value IS
	'ipcheck, blocklist: clean or listed; score: 0 to 100; others: pass, fail or none.';
COMMENT ON COLUMN ruadb.lookup.listed IS 'Value listed; NULL: a lookup of another kind.';
COMMENT ON COLUMN ruadb.lookup.checker IS 'Who looked.';
COMMENT ON COLUMN ruadb.lookup.checked_at IS 'When.';
COMMENT ON COLUMN ruadb.lookup.added_at IS 'When it was noted here.';
COMMENT ON COLUMN ruadb.lookup.stale IS
	'Older than 24 h (setting lookup_hours): look again before anybody relies on it.';
