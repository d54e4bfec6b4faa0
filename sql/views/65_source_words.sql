-- What the rollup by source is made of, as functions.

CREATE OR REPLACE FUNCTION ruadb_data.is_forwarded(extra jsonb) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN extra IS NULL THEN false ELSE coalesce(extra @? ('$.reasons[*] ? (@.type == '
		'"forwarded" || @.type == "mailing_list" || @.type == "trusted_forwarder")')::jsonpath,
		false) END;
COMMENT ON FUNCTION ruadb_data.is_forwarded(jsonb) IS
	'A record''s override reasons say that it was forwarded (definitions B3, rule 2).';

CREATE OR REPLACE FUNCTION ruadb_data.dkim_id(domains text[], selectors text[], key smallint)
	RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN key IS NOT NULL THEN hashtextextended('d:' || lower(domains[key]) || ':'
		|| coalesce(lower(selectors[key]), ''), 0) END;
COMMENT ON FUNCTION ruadb_data.dkim_id(text[], text[], smallint) IS
	'Id of the first aligned DKIM pass of a record: source_identity names it.';

CREATE OR REPLACE FUNCTION ruadb_data.spf_id(domains text[], key smallint)
	RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN key IS NOT NULL THEN hashtextextended('s:' || lower(domains[key]) || ':', 0)
		END;
COMMENT ON FUNCTION ruadb_data.spf_id(text[], smallint) IS
	'Id of the passing SPF domain of a record: source_identity names it.';

CREATE OR REPLACE FUNCTION ruadb.organizational_domain(domain text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN coalesce((SELECT coalesce(d.organizational_domain, d.name) FROM ruadb_data.domain d
		WHERE d.tenant_id = ruadb.tenant() AND d.name = $1 LIMIT 1),
		(SELECT l.organizational_domain FROM ruadb_data.log_domain l
			WHERE l.tenant_id = ruadb.tenant() AND l.domain_id = ('x'
				|| left(encode(sha256(convert_to($1, 'UTF8')), 'hex'), 16))::bit(64)::bigint), $1);
COMMENT ON FUNCTION ruadb.organizational_domain(text) IS
	'The organizational domain of a policy domain that has reports, or of a domain that logs name; of '
	'any other name itself.';
