-- Reports: one row a variant of a report.

CREATE OR REPLACE VIEW ruadb.report WITH (security_invoker = true) AS
SELECT r.tenant_id,
	r.report_id,
	o.org_name,
	o.email,
	r.external_report_id,
	d.name AS policy_domain,
	CASE WHEN r.begin_at > r.end_at THEN r.end_at ELSE r.begin_at END AS begin_at,
	CASE WHEN r.begin_at > r.end_at THEN r.begin_at ELSE r.end_at END AS end_at,
	r.day,
	r.p, r.sp, r.np, r.pct, r.adkim, r.aspf, r.fo, r.testing, r.discovery_method,
	o.generator,
	CASE r.schema WHEN '7' THEN 'rfc7489' WHEN '9' THEN 'rfc9990' WHEN 'd' THEN 'draft' END
		AS schema,
	r.variant,
	r.counted AND NOT d.is_foreign AS counted,
	CASE r.state WHEN 'c' THEN 'complete' WHEN 'p' THEN 'partial' END AS state,
	ruadb.trust_word(r.reporter_auth) AS reporter_auth,
	r.records,
	r.messages,
	coalesce(r.repairs, 0) AS repairs,
	b.stored_at AS first_seen_at,
	l.source,
	l.item,
	r.entry,
	o.name AS reporter,
	r.near_repeat,
	-- A sub-select, so that it costs nothing where the column is not asked for.
	r.state = 'c' AND EXISTS (SELECT FROM ruadb_data.report v
		WHERE v.tenant_id = r.tenant_id AND v.identity = r.identity
			AND v.variant <> r.variant AND v.state = 'c') AS conflict,
	r.swapped,
	coalesce(r.records_refused, 0) AS records_refused,
	coalesce(r.messages_refused, 0) AS messages_refused,
	coalesce(r.pass, 0) AS pass,
	coalesce(r.fail, 0) AS fail,
	coalesce(r.unknown, 0) AS unknown,
	o.extra_contact_info,
	r.version,
	r.extra,
	CASE WHEN r.state = 'p' THEN r.extra ->> 'lost' END AS lost,
	coalesce(d.organizational_domain, d.name) AS organizational_domain,
	d.is_foreign AS "foreign",
	r.arrived_at,
	r.set_key,
	r.counted AND r.state = 'c' AND EXISTS (SELECT FROM ruadb_data.report v
		WHERE v.tenant_id = r.tenant_id AND v.identity = r.identity
			AND v.variant <> r.variant AND v.state = 'c' AND v.counted) AS supplement,
	r.auth_domain,
	ruadb.auth_method_word(r.auth_method) AS auth_method,
	ruadb.auth_relation_word(r.auth_relation) AS auth_relation
FROM ruadb_data.report r
LEFT JOIN ruadb_data.reporter o ON o.tenant_id = r.tenant_id AND o.reporter_id = r.reporter_id
LEFT JOIN ruadb_data.domain d ON d.tenant_id = r.tenant_id AND d.domain_id = r.domain_id
LEFT JOIN ruadb_data.batch b ON b.tenant_id = r.tenant_id AND b.batch_id = r.batch_id
LEFT JOIN ruadb_data.ledger l ON l.tenant_id = r.tenant_id AND l.item_key = r.item_key;

COMMENT ON VIEW ruadb.report IS
	'DMARC aggregate reports, one row a variant. Add up only rows with counted.';
COMMENT ON COLUMN ruadb.report.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.report.report_id IS 'Our number of this variant; see external_report_id.';
COMMENT ON COLUMN ruadb.report.org_name IS 'Reporter: org_name as sent.';
COMMENT ON COLUMN ruadb.report.email IS 'Reporter: email as sent.';
COMMENT ON COLUMN ruadb.report.external_report_id IS
	'report_id as the reporter sent it. Not unique: big reporters use theirs again.';
COMMENT ON COLUMN ruadb.report.policy_domain IS
	'Domain of policy_published: trimmed, lower case, no dot at the end.';
COMMENT ON COLUMN ruadb.report.begin_at IS
	'Begin of the range (UTC instant), the earlier of both where the reporter swapped them.';
COMMENT ON COLUMN ruadb.report.end_at IS
	'End of the range (UTC instant), the later of both where the reporter swapped them.';
COMMENT ON COLUMN ruadb.report.day IS
	'UTC day of the middle of a report of at most 25 h; NULL for a longer one: see report_day.';
COMMENT ON COLUMN ruadb.report.p IS 'Published policy, as sent.';
COMMENT ON COLUMN ruadb.report.sp IS 'Published policy of subdomains, as sent.';
COMMENT ON COLUMN ruadb.report.np IS
	'Published policy of subdomains that do not exist, as sent (RFC 9990).';
COMMENT ON COLUMN ruadb.report.pct IS 'Per cent the policy was asked for (RFC 7489).';
COMMENT ON COLUMN ruadb.report.adkim IS 'DKIM alignment asked for: r relaxed, s strict; as sent.';
COMMENT ON COLUMN ruadb.report.aspf IS 'SPF alignment asked for: r relaxed, s strict; as sent.';
COMMENT ON COLUMN ruadb.report.fo IS 'Failure reporting options, as sent.';
COMMENT ON COLUMN ruadb.report.testing IS 'Tag t: y while the policy is only tested (RFC 9990).';
COMMENT ON COLUMN ruadb.report.discovery_method IS
	'How the policy was found: psl or treewalk (RFC 9990).';
COMMENT ON COLUMN ruadb.report.generator IS 'Software that wrote the report, as sent (RFC 9990).';
COMMENT ON COLUMN ruadb.report.schema IS
	'rfc7489, rfc9990 or draft, told by features and not by the version element.';
COMMENT ON COLUMN ruadb.report.variant IS
	'First 8 bytes of the SHA-256 of the canonical content, as a bigint.';
COMMENT ON COLUMN ruadb.report.counted IS
	'True for the report of its reporter, domain and range that counts in totals; never if foreign.';
COMMENT ON COLUMN ruadb.report.state IS
	'complete, or partial where only a part could be read; a complete one of the same identity counts.';
COMMENT ON COLUMN ruadb.report.reporter_auth IS
	'How far the sender is proven: verified, unverified, failed (mail, by the '
	'Authentication-Results of our own server: authserv_id), local (bare file).';
COMMENT ON COLUMN ruadb.report.auth_domain IS
	'Domain that passed in the Authentication-Results of our own server; NULL: a file, nobody '
	'believed, or none passed.';
COMMENT ON COLUMN ruadb.report.auth_method IS 'What passed for auth_domain: dmarc, dkim or spf.';
COMMENT ON COLUMN ruadb.report.auth_relation IS
	'How auth_domain relates to the reporter, by organizational domain: to its org_name (name), to the '
	'domain of its email (address), to both, or to neither (none: somebody else''s mail, unverified).';
COMMENT ON COLUMN ruadb.report.records IS 'Records stored; refused ones apart.';
COMMENT ON COLUMN ruadb.report.messages IS 'Messages of the records stored.';
COMMENT ON COLUMN ruadb.report.repairs IS
	'How many things were mended while reading: the sum of times in view repair.';
COMMENT ON COLUMN ruadb.report.first_seen_at IS 'When this variant was stored.';
COMMENT ON COLUMN ruadb.report.source IS 'Kind of source it came from: file, stdin, imap.';
COMMENT ON COLUMN ruadb.report.item IS 'Where in that source: a real path, a SHA-256, or where in a mailbox.';
COMMENT ON COLUMN ruadb.report.entry IS 'Entry of the item it was; NULL or 0 if the item itself.';
COMMENT ON COLUMN ruadb.report.reporter IS
	'Reporter as compared: org_name (else domain of email), trimmed, lower case.';
COMMENT ON COLUMN ruadb.report.near_repeat IS
	'Came under another report id with the content of an earlier one; one of both counts.';
COMMENT ON COLUMN ruadb.report.conflict IS
	'True if this identity came complete with more than one content; all are kept, one counts.';
COMMENT ON COLUMN ruadb.report.swapped IS 'The reporter sent begin after end.';
COMMENT ON COLUMN ruadb.report.records_refused IS 'Records that could not be read.';
COMMENT ON COLUMN ruadb.report.messages_refused IS 'Messages of the refused records, as far as told.';
COMMENT ON COLUMN ruadb.report.pass IS 'Messages with dmarc_pass true.';
COMMENT ON COLUMN ruadb.report.fail IS 'Messages with dmarc_pass false.';
COMMENT ON COLUMN ruadb.report.unknown IS 'Messages with dmarc_pass NULL.';
COMMENT ON COLUMN ruadb.report.extra_contact_info IS 'Reporter: extra_contact_info as sent.';
COMMENT ON COLUMN ruadb.report.version IS 'version element as sent; it means little.';
COMMENT ON COLUMN ruadb.report.extra IS
	'Everything else the head held: errors, raw words, extensions, unknown elements.';
COMMENT ON COLUMN ruadb.report.lost IS 'Of a partial report: what is lost of it, as far as known.';

COMMENT ON COLUMN ruadb.report.organizational_domain IS
	'Organizational domain of the policy domain, by the public suffix list.';
COMMENT ON COLUMN ruadb.report."foreign" IS
	'Domains that are ours are declared, and this is none of them: in no total.';
COMMENT ON COLUMN ruadb.report.arrived_at IS
	'When its mail came into the mailbox; NULL: it was a file, or nobody said.';
COMMENT ON COLUMN ruadb.report.set_key IS
	'Reports of the same reporter, domain and range share it: what counts is decided among these.';
COMMENT ON COLUMN ruadb.report.supplement IS
	'True if it counts together with another content of its identity, as no sender (source_ip, '
	'header_from, envelope_from, disposition) is in both: parts of one report.';

-- Ranges of one reporter and domain that overlap: part of the mail may be counted twice.
-- Reports of the very same range (variants, near repeats) are one; only one of them counts.
CREATE OR REPLACE VIEW ruadb.report_overlap WITH (security_invoker = true) AS
SELECT s.tenant_id, s.report_id, s.reporter, s.policy_domain, s.begin_at, s.end_at, s.messages,
	s.before_end_at
FROM (
	SELECT r.tenant_id, r.report_id, r.reporter, r.policy_domain, r.begin_at, r.end_at,
		r.messages,
		max(r.end_at) OVER (PARTITION BY r.tenant_id, r.reporter, r.policy_domain
			ORDER BY r.begin_at, r.end_at, r.report_id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_end_at
	FROM ruadb.report r
	WHERE r.counted
) s
WHERE s.before_end_at > s.begin_at;

COMMENT ON VIEW ruadb.report_overlap IS
	'Counted reports that begin before an earlier one of the same reporter and domain ends.';
COMMENT ON COLUMN ruadb.report_overlap.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.report_overlap.report_id IS 'Our number of the report that begins too early.';
COMMENT ON COLUMN ruadb.report_overlap.reporter IS 'Reporter as compared.';
COMMENT ON COLUMN ruadb.report_overlap.policy_domain IS 'Domain of policy_published.';
COMMENT ON COLUMN ruadb.report_overlap.begin_at IS 'Begin of its range.';
COMMENT ON COLUMN ruadb.report_overlap.end_at IS 'End of its range.';
COMMENT ON COLUMN ruadb.report_overlap.messages IS 'Its messages.';
COMMENT ON COLUMN ruadb.report_overlap.before_end_at IS 'Latest end of those that began before.';
