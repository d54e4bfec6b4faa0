-- title: Published policies day by day, as the reporters saw them
-- about: One row for each stretch of days with the same DMARC record: what most reporters saw on these
-- about: days. status "others saw" is what fewer of them saw on the same days: an old record in a cache,
-- about: a reporter that writes it wrongly, or a forged report. Empty: no reporter told it; sp and the
-- about: alignment (r relaxed, s strict) are then what RFC 7489 takes: p, and r.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: limit integer default all At most that many rows
WITH told AS (
	SELECT policy_domain, reporter, coalesce(day, (end_at AT TIME ZONE 'UTC')::date) AS day,
		lower(trim(p)) AS p,
		lower(trim(coalesce(nullif(trim(sp), ''), p))) AS sp,
		coalesce(nullif(lower(trim(adkim)), ''), 'r') AS adkim,
		coalesce(nullif(lower(trim(aspf)), ''), 'r') AS aspf,
		nullif(lower(trim(np)), '') AS np,
		pct,
		nullif(lower(trim(testing)), '') AS testing
	FROM report
	WHERE tenant_id = tenant() AND counted AND p IS NOT NULL AND end_at IS NOT NULL
		AND (:since IS NULL OR coalesce(day, (end_at AT TIME ZONE 'UTC')::date) >= :since)
		AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
), tags AS (
	-- np, pct and testing are not in every format: who can not tell them does not disagree. What
	-- nobody told on a day is what was told last (else first) beside the same p, sp and alignment.
	SELECT t.*, k.tag, coalesce(k.value, max(k.value) OVER (PARTITION BY t.policy_domain, t.p, t.sp,
			t.adkim, t.aspf, k.tag, t.day)) AS value
	FROM told t
	CROSS JOIN LATERAL (VALUES ('np', t.np), ('pct', t.pct::text), ('t', t.testing))
		AS k (tag, value)
), carried AS (
	SELECT g.*, count(value) OVER (PARTITION BY policy_domain, p, sp, adkim, aspf, tag ORDER BY day)
			AS told_so_far,
		first_value(value) OVER (PARTITION BY policy_domain, p, sp, adkim, aspf, tag
			ORDER BY value IS NULL, day) AS first_told
	FROM tags g
), whole AS (
	SELECT c.policy_domain, c.reporter, c.day, c.p, c.sp, c.adkim, c.aspf, c.tag,
		coalesce(c.value, max(c.value) OVER (PARTITION BY policy_domain, p, sp, adkim, aspf, tag,
			told_so_far), c.first_told) AS value
	FROM carried c
), filled AS (
	SELECT policy_domain, reporter, day, p, sp, adkim, aspf,
		max(value) FILTER (WHERE tag = 'np') AS np,
		max(value) FILTER (WHERE tag = 'pct')::int AS pct,
		max(value) FILTER (WHERE tag = 't') AS testing
	FROM whole
	GROUP BY policy_domain, reporter, day, p, sp, adkim, aspf
), of_day AS (
	SELECT policy_domain, day, p, sp, np, pct, adkim, aspf, testing,
		array_agg(DISTINCT reporter) AS reporters
	FROM filled
	GROUP BY policy_domain, day, p, sp, np, pct, adkim, aspf, testing
), ranked AS (
	SELECT o.*,
		row_number() OVER (PARTITION BY policy_domain, day ORDER BY cardinality(reporters) DESC,
			p, sp, np, pct, adkim, aspf, testing) = 1 AS most,
		dense_rank() OVER (PARTITION BY policy_domain ORDER BY day) AS day_no,
		count(*) OVER (PARTITION BY policy_domain, day) > 1 AS disputed
	FROM of_day o
), stretch AS (
	SELECT r.*,
		CASE WHEN most THEN day_no - row_number() OVER (PARTITION BY policy_domain, most, p, sp,
			np, pct, adkim, aspf, testing ORDER BY day) END AS no
	FROM ranked r
), listed AS (
	SELECT policy_domain, most, p, sp, np, pct, adkim, aspf, testing, no,
		min(day) AS first_day, max(day) AS last_day, count(*) AS days,
		count(*) FILTER (WHERE disputed) AS disputed_days,
		(SELECT count(DISTINCT n) FROM unnest(string_to_array(
			string_agg(array_to_string(reporters, E'\n'), E'\n'), E'\n')) n) AS reporters,
		(SELECT string_agg(DISTINCT n, ', ' ORDER BY n) FROM unnest(string_to_array(
			string_agg(array_to_string(reporters, E'\n'), E'\n'), E'\n')) n) AS seen_by
	FROM stretch
	GROUP BY policy_domain, most, p, sp, np, pct, adkim, aspf, testing, no
), compared AS (
	SELECT l.*,
		lead(first_day) OVER stretches IS NULL AS latest,
		lag(first_day) OVER stretches IS NULL AS earliest,
		concat_ws('; ',
			CASE WHEN p <> lag(p) OVER stretches THEN 'p ' || lag(p) OVER stretches
				|| ' -> ' || p END,
			CASE WHEN sp <> lag(sp) OVER stretches THEN 'sp ' || lag(sp) OVER stretches
				|| ' -> ' || sp END,
			CASE WHEN np <> lag(np) OVER stretches THEN 'np ' || lag(np) OVER stretches
				|| ' -> ' || np END,
			CASE WHEN pct <> lag(pct) OVER stretches THEN 'pct ' || lag(pct) OVER stretches
				|| ' -> ' || pct END,
			CASE WHEN adkim <> lag(adkim) OVER stretches THEN 'adkim ' || lag(adkim)
				OVER stretches || ' -> ' || adkim END,
			CASE WHEN aspf <> lag(aspf) OVER stretches THEN 'aspf ' || lag(aspf)
				OVER stretches || ' -> ' || aspf END,
			CASE WHEN testing <> lag(testing) OVER stretches THEN 't ' || lag(testing)
				OVER stretches || ' -> ' || testing END) AS change
	FROM listed l
	WINDOW stretches AS (PARTITION BY policy_domain, most ORDER BY first_day)
)
SELECT policy_domain, first_day, last_day, p, sp, np, pct, adkim, aspf, testing,
	CASE WHEN NOT most THEN 'others saw' WHEN latest THEN 'latest' ELSE 'before' END AS status,
	CASE WHEN NOT most THEN NULL WHEN earliest THEN 'first known'
		ELSE coalesce(nullif(change, ''), 'not told by the reporters before') END AS change,
	days, disputed_days, reporters,
	CASE WHEN NOT most OR reporters <= 3 THEN seen_by END AS seen_by
FROM compared
ORDER BY policy_domain, most DESC, last_day DESC, first_day DESC
LIMIT :limit
