-- title: How far the trouble goes: one gateway only, or general (D6)
-- about: One row a gateway family. affected: at least 30 recipients, 5%, and the lower end of the 95%
-- about: interval above its own share of the 28 days before. The verdict FAMILY_only needs two other
-- about: families with 30 recipients each that are not affected, on the same days and campaign.
-- param: since date default 7d Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: until date default all Only days up to this one
-- param: domain domain default all Only mail of the organizational domain of this one
-- param: campaign text default all Only this campaign
-- param: limit integer default all At most that many rows
SELECT coalesce(gateway_family, '(no gateway known)') AS gateway_family, state, verdict,
	affected || ' of ' || tried AS affected, affected_percent, low_percent,
	affected_before || ' of ' || tried_before AS in_the_28_days_before, percent_before,
	others_affected, others_unaffected,
	CASE WHEN mature THEN 'mature' ELSE 'so far' END AS figures_are
FROM gateway_scope(:since, :until, :domain, :campaign) s
ORDER BY array_position('{affected,unaffected,too few}', state), s.affected DESC, s.tried DESC,
	s.gateway_family
LIMIT :limit
