-- title: Is it over? Gateways with a day of 5% or more, and the last mature days since (D7)
-- about: improved: under 5% on each of the last 7 mature days with mail. recovered: also at least half
-- about: the volume of the 7 days before the first observation, so that it is not just silence. A day is
-- about: mature when all its deliveries are final or older than the queue lifetime; younger ones are
-- about: told as so far, and decide nothing.
-- param: since date default 90d Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only mail of the organizational domain of this one
-- param: ip address default all Only mail from this address
-- param: gateway text default all Only this gateway or family: proofpoint
-- param: limit integer default all At most that many rows
SELECT coalesce(gateway_family, '(no gateway known)') AS gateway_family, verdict,
	first_day AS first_observed, last_bad_day, mature_days, window_begin, window_end,
	affected || ' of ' || tried AS affected, affected_percent,
	tried_before AS volume_before, so_far, reason
FROM gateway_recovery(:since, :domain, :ip, :gateway) r
ORDER BY array_position('{not improved,not enough mature days,improved,recovered}', verdict),
	r.affected DESC, gateway_family
LIMIT :limit
