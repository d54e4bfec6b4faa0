-- What people declare (ruadb domains, ruadb senders), and the policy domains with reports.

CREATE OR REPLACE VIEW ruadb.own_domain WITH (security_invoker = true) AS
SELECT o.tenant_id, o.name,
	min(o.organizational_domain) AS organizational_domain,
	CASE WHEN count(*) > 1 THEN 'both' WHEN min(o.declared_in) = 'c' THEN 'configuration'
		ELSE 'command' END AS declared_in,
	min(o.added_at) AS added_at
FROM ruadb_data.own_domain o
GROUP BY o.tenant_id, o.name;

COMMENT ON VIEW ruadb.own_domain IS
	'Domains that are declared to be ours. If there are any, reports for others are foreign.';
COMMENT ON COLUMN ruadb.own_domain.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.own_domain.name IS 'The name: lower case, no dot at the end.';
COMMENT ON COLUMN ruadb.own_domain.organizational_domain IS
	'Its organizational domain (public suffix list): all policy domains with it are ours.';
COMMENT ON COLUMN ruadb.own_domain.declared_in IS
	'configuration ([domains] names), command (ruadb domains add), or both.';
COMMENT ON COLUMN ruadb.own_domain.added_at IS 'Since when.';

CREATE OR REPLACE VIEW ruadb.domain WITH (security_invoker = true) AS
SELECT d.tenant_id, d.name,
	coalesce(d.organizational_domain, d.name) AS organizational_domain,
	d.is_foreign
FROM ruadb_data.domain d;

COMMENT ON VIEW ruadb.domain IS 'Policy domains that reports came for.';
COMMENT ON COLUMN ruadb.domain.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.domain.name IS 'Policy domain: trimmed, lower case, no dot at the end.';
COMMENT ON COLUMN ruadb.domain.organizational_domain IS
	'Organizational domain of the policy domain, by the public suffix list.';
COMMENT ON COLUMN ruadb.domain.is_foreign IS
	'Domains that are ours are declared, and this is none: its reports are in no total.';

CREATE OR REPLACE VIEW ruadb.sender WITH (security_invoker = true) AS
SELECT s.tenant_id, s.sender_id, s.name, s.owner, s.dedicated, s.network AS address,
	s.dkim_domain, s.dkim_selector, s.spf_domain, s.added_at
FROM ruadb_data.sender s;

COMMENT ON VIEW ruadb.sender IS
	'Declared senders, a row a declared thing: address range, DKIM domain or SPF domain.';
COMMENT ON COLUMN ruadb.sender.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.sender.sender_id IS 'Our number of the declared thing.';
COMMENT ON COLUMN ruadb.sender.name IS 'The sender''s name; several things may have the same.';
COMMENT ON COLUMN ruadb.sender.owner IS 'Who answers for it; NULL: nobody was named.';
COMMENT ON COLUMN ruadb.sender.dedicated IS
	'Only we send from this address range; on a shared one others send, too.';
COMMENT ON COLUMN ruadb.sender.address IS 'Address range; NULL if the thing is another.';
COMMENT ON COLUMN ruadb.sender.dkim_domain IS
	'Domain of its DKIM signatures (d=); NULL if the thing is another.';
COMMENT ON COLUMN ruadb.sender.dkim_selector IS
	'DKIM selector; NULL: every selector of the domain.';
COMMENT ON COLUMN ruadb.sender.spf_domain IS
	'Domain that SPF is checked for (envelope sender, or HELO); NULL if the thing is another.';
COMMENT ON COLUMN ruadb.sender.added_at IS 'Since when.';

CREATE OR REPLACE VIEW ruadb.public_suffix_list WITH (security_invoker = true) AS
SELECT l.tenant_id, nullif(l.list_date, '1970-01-01') AS list_date, l.looked_up_at,
	(ruadb.as_of() AT TIME ZONE 'UTC')::date - nullif(l.list_date, '1970-01-01') AS days_old,
	(ruadb.as_of() AT TIME ZONE 'UTC')::date - nullif(l.list_date, '1970-01-01')
		> (SELECT ruadb.setting_value('suffix_list_days')) AS out_of_date
FROM ruadb_data.public_suffix_list l;

COMMENT ON VIEW ruadb.public_suffix_list IS
	'The public suffix list that organizational domains were looked up with.';
COMMENT ON COLUMN ruadb.public_suffix_list.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.public_suffix_list.list_date IS 'When it was made; NULL: not known.';
COMMENT ON COLUMN ruadb.public_suffix_list.looked_up_at IS 'When it was first used here.';
COMMENT ON COLUMN ruadb.public_suffix_list.days_old IS 'How old it is.';
COMMENT ON COLUMN ruadb.public_suffix_list.out_of_date IS
	'Older than setting suffix_list_days: install a newer package publicsuffix.';
