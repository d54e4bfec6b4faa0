-- What was mended in reports, what could not be read of them, and what each kind of it means.

-- The kinds are those of parse/repairs.h; tests/it/t_repairs.sh compares the two.
CREATE OR REPLACE VIEW ruadb.repair_kind WITH (security_invoker = true) AS
SELECT k.what, k.area, k.meaning, k.advice
FROM (VALUES
	('archive_cut', 'container',
		'The compressed file ends too early; what came before its end was read.',
		'Your compressed reports arrive cut off; please look for a limit of size or a broken transfer.'),
	('archive_damaged', 'container',
		'The compressed data are damaged; what could be unpacked was read.',
		'Your compressed reports arrive damaged; please check how they are packed and sent.'),
	('archive_checksum', 'container',
		'The checksum in the archive is not that of its data; all data were there and were read.',
		'The CRC-32 in your gzip or zip files is wrong (RFC 1952); please check what packs them.'),
	('archive_length', 'container',
		'The archive gives another length than its data have; all data were there and were read.',
		'The length in your gzip or zip files is wrong (RFC 1952); please check what packs them.'),
	('archive_trailing_bytes', 'container',
		'Behind the compressed data stand bytes that belong to nothing; they were left out.',
		'Your compressed reports have bytes behind their end; please send the archive alone.'),
	('mail_field_name', 'mail',
		'A field of the mail has a name that is none, like ContentType; it was taken for the one meant.',
		'Please name the fields of your mails as RFC 2045 does: Content-Type, not ContentType.'),
	('mail_encoding', 'mail',
		'A part of the mail is not in the transfer encoding that it names; it was read as what it is.',
		'Please give your attachments the Content-Transfer-Encoding that they are in (RFC 2045).'),
	('mail_base64', 'mail',
		'The base64 of an attachment holds what is no base64; that was left out.',
		'Please send attachments in clean base64, in lines of at most 76 characters (RFC 2045).'),
	('mail_structure', 'mail',
		'The parts of the mail are not set apart as MIME asks for; they were read as far as found.',
		'Please send your reports as mails that are well-formed MIME, with all boundaries (RFC 2046).'),
	('mail_cut', 'mail',
		'The mail ends before its last part does; what came before its end was read.',
		'Your mails arrive cut off; please look for a limit of size on their way.'),
	('encoding_unknown', 'characters',
		'The XML declaration names an encoding that nobody knows; the document was read as UTF-8.',
		'Please write your reports in UTF-8, and say encoding="UTF-8".'),
	('encoding_wrong', 'characters',
		'The document is in another encoding than it says; it was read as what it is.',
		'Please write your reports in the encoding that they name, best UTF-8.'),
	('invalid_bytes', 'characters',
		'Some bytes are not of the encoding of the document; they were read as windows-1252.',
		'Please write all names and texts of your reports in UTF-8.'),
	('control_character', 'characters',
		'The document holds control characters that XML forbids; they were left out.',
		'Please leave control characters and NUL bytes out of your reports (XML 1.0, 2.2).'),
	('text_before', 'markup',
		'Something stands before the XML document; it was left out.',
		'Please begin your reports with the XML declaration, without text or blank lines before it.'),
	('text_behind', 'markup',
		'Something stands behind the end of the report; it was left out.',
		'Please end your reports with </feedback>.'),
	('xml_declaration', 'markup',
		'The XML declaration is not well-formed; it was read as far as it could be.',
		'Please begin your reports with <?xml version="1.0" encoding="UTF-8"?>.'),
	('bare_markup', 'markup',
		'A text holds < or & as it is; it was taken as that character.',
		'Please write &lt; and &amp; for < and & in texts, as in the address of an email element.'),
	('entity', 'markup',
		'A reference to a character or entity is none that XML has; it was taken as text.',
		'Please use only the entities that XML has: amp, lt, gt, quot and apos.'),
	('start_tag', 'markup',
		'A start tag is not well-formed; what is wrong in it was left out.',
		'Please write well-formed start tags: each attribute once, its value in quotes.'),
	('end_tag', 'markup',
		'An end tag is missing, or closes another element than the open one; it was put in its place.',
		'Please close each element of your reports with its own end tag, in order.'),
	('wrapper', 'markup',
		'Other elements stand around the report, perhaps never closed; they were left out.',
		'Please make feedback the outermost element of your reports.'),
	('comment', 'markup',
		'A comment, a CDATA section or an instruction is not well-formed; it was read as far as it goes.',
		'Please write well-formed comments and CDATA sections, or none.'),
	('document_cut', 'markup',
		'The document ends before the report does; what came before its end was read.',
		'Your reports arrive cut off, without </feedback>; please look for a limit of size.'),
	('element_name', 'elements',
		'An element has a name that no RFC gives it, like identities; it was taken for the one meant.',
		'Please name all elements as RFC 9990 does.'),
	('element_missing', 'elements',
		'An element that every version of the format asks for is not there; its value is not known.',
		'Please send all elements that RFC 9990 asks for.'),
	('element_empty', 'elements',
		'An element is empty where a word, a number or a name must be; its value is not known.',
		'Please fill all elements that RFC 9990 asks for, or leave optional ones out.'),
	('element_repeated', 'elements',
		'An element that may stand once stands more than once; the first one was taken.',
		'Please write each element as often as RFC 9990 allows.'),
	('element_misplaced', 'elements',
		'An element stands where it does not belong; it was taken for the one meant, or kept in extra.',
		'Please keep to the order and nesting of elements of RFC 9990.'),
	('stray_text', 'elements',
		'Text stands between elements, where none belongs; it was left out.',
		'Please leave text out between the elements of your reports.'),
	('word_form', 'values',
		'A word is written in another form than the RFC gives, like Pass; it was taken for that word.',
		'Please write results and dispositions in lower case, as RFC 9990 does, and without blanks.'),
	('word_synonym', 'values',
		'A word is none of the RFC, but its meaning is known, like hardfail; it was taken for that.',
		'Please use the words of RFC 9990, fail and not hardfail.'),
	('word_unknown', 'values',
		'A word is none that the RFC has there; it is kept as sent.',
		'Please use only the words of RFC 9990 in results, dispositions and reasons.'),
	('time_form', 'values',
		'A time is not a whole number of seconds, like 1600000000.0; it was taken as far as it goes.',
		'Please give begin and end as whole seconds since 1970 (UTC).'),
	('time_missing', 'values',
		'Begin or end of the range is missing or no time; the report lies on no day.',
		'Please give begin and end in date_range, in seconds since 1970 (UTC).'),
	('range_swapped', 'values',
		'The range ends before it begins; begin and end were swapped.',
		'Please give the earlier time as begin and the later one as end.'),
	('org_name_empty', 'values',
		'The reporter does not say its name; the domain of its email was taken.',
		'Please give the name of your organisation in org_name.'),
	('address_form', 'values',
		'An address has brackets, a port, a zone or a prefix length; the address in it was taken.',
		'Please give source_ip as a plain IPv4 or IPv6 address.'),
	('number_form', 'values',
		'A number is written in another form, like 5.0; it was taken as that number.',
		'Please give count as a whole number in plain digits.')
) AS k (what, area, meaning, advice);

COMMENT ON VIEW ruadb.repair_kind IS
	'What can be mended in a report: what the reporter did wrong, and what it was taken for.';
COMMENT ON COLUMN ruadb.repair_kind.what IS 'The word for it, as in view repair.';
COMMENT ON COLUMN ruadb.repair_kind.area IS
	'Where it lies: container, mail, characters, markup, elements, values.';
COMMENT ON COLUMN ruadb.repair_kind.meaning IS 'What is wrong, and what it was taken for.';
COMMENT ON COLUMN ruadb.repair_kind.advice IS 'What to write to the reporter.';

-- repairs > 0: then the program itself wrote the list, whatever else a stranger's head had in extra.
CREATE OR REPLACE VIEW ruadb.repair WITH (security_invoker = true) AS
SELECT r.tenant_id,
	r.report_id,
	o.org_name,
	d.name AS policy_domain,
	r.day,
	x.what,
	x."where" AS place,
	x."from" AS from_text,
	x."to" AS to_text,
	x.record_no,
	x.line,
	x.times,
	o.name AS reporter,
	r.external_report_id
FROM ruadb_data.report r
CROSS JOIN LATERAL jsonb_to_recordset(CASE WHEN r.repairs > 0 THEN r.extra -> 'repairs' END)
	AS x (what text, "where" text, "from" text, "to" text, record_no bigint, line bigint,
		times bigint)
LEFT JOIN ruadb_data.reporter o ON o.tenant_id = r.tenant_id AND o.reporter_id = r.reporter_id
LEFT JOIN ruadb_data.domain d ON d.tenant_id = r.tenant_id AND d.domain_id = r.domain_id
WHERE r.repairs > 0;

COMMENT ON VIEW ruadb.repair IS
	'What was mended while reports were read; one row a report and distinct thing. See repair_kind.';
COMMENT ON COLUMN ruadb.repair.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.repair.report_id IS 'The report: view report.';
COMMENT ON COLUMN ruadb.repair.org_name IS 'Reporter: org_name as sent.';
COMMENT ON COLUMN ruadb.repair.policy_domain IS 'Domain whose policy was applied.';
COMMENT ON COLUMN ruadb.repair.day IS 'UTC day of the report; NULL for one of more than 25 h.';
COMMENT ON COLUMN ruadb.repair.what IS 'The kind: view repair_kind says what it means.';
COMMENT ON COLUMN ruadb.repair.place IS
	'Where: path of the element (row/source_ip), or the container (gzip, mail field).';
COMMENT ON COLUMN ruadb.repair.from_text IS 'As sent, cut to 200 bytes; NULL: nothing to show.';
COMMENT ON COLUMN ruadb.repair.to_text IS 'As taken; NULL: it was left out, or nothing to show.';
COMMENT ON COLUMN ruadb.repair.record_no IS 'Record of the first of them; NULL: in none.';
COMMENT ON COLUMN ruadb.repair.line IS 'Line of the first of them; NULL: not known.';
COMMENT ON COLUMN ruadb.repair.times IS 'How often the very same was mended in this report.';
COMMENT ON COLUMN ruadb.repair.reporter IS 'Reporter as compared: trimmed, lower case.';
COMMENT ON COLUMN ruadb.repair.external_report_id IS 'report_id as the reporter sent it.';

CREATE OR REPLACE VIEW ruadb.refused_row WITH (security_invoker = true) AS
SELECT r.tenant_id,
	r.report_id,
	o.org_name,
	d.name AS policy_domain,
	x.record_no,
	x.messages,
	x.reason,
	r.day,
	o.name AS reporter,
	r.external_report_id
FROM ruadb_data.report r
CROSS JOIN LATERAL jsonb_to_recordset(
		CASE WHEN r.records_refused > 0 THEN r.extra -> 'refused_rows' END)
	AS x (record_no bigint, messages bigint, reason text)
LEFT JOIN ruadb_data.reporter o ON o.tenant_id = r.tenant_id AND o.reporter_id = r.reporter_id
LEFT JOIN ruadb_data.domain d ON d.tenant_id = r.tenant_id AND d.domain_id = r.domain_id
WHERE r.records_refused > 0;

COMMENT ON VIEW ruadb.refused_row IS
	'Records that could not be read, of reports that were stored: the first 100 of each report. '
	'records_refused in view report counts all.';
COMMENT ON COLUMN ruadb.refused_row.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.refused_row.report_id IS 'The report: view report.';
COMMENT ON COLUMN ruadb.refused_row.org_name IS 'Reporter: org_name as sent.';
COMMENT ON COLUMN ruadb.refused_row.policy_domain IS 'Domain whose policy was applied.';
COMMENT ON COLUMN ruadb.refused_row.record_no IS 'Its place in the report, from 1.';
COMMENT ON COLUMN ruadb.refused_row.messages IS 'Its messages, 0 where that can not be told.';
COMMENT ON COLUMN ruadb.refused_row.reason IS 'Why it could not be read, in words.';
COMMENT ON COLUMN ruadb.refused_row.day IS 'UTC day of the report; NULL for one of more than 25 h.';
COMMENT ON COLUMN ruadb.refused_row.reporter IS 'Reporter as compared: trimmed, lower case.';
COMMENT ON COLUMN ruadb.refused_row.external_report_id IS 'report_id as the reporter sent it.';
