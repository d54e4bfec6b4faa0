-- title: Impact at each gateway: who was tried, affected, accepted later; how severe, worst first
-- about: One row a gateway family. Affected are recipients with a temporary failure that speaks of
-- about: reputation, blocking or speed (D2), suspended lines included. of_gateway: x of n that were tried
-- about: there; of_all: x of N at all gateways. interval: 95%, by Wilson, optimistic, since recipients of
-- about: one domain are not independent. severity is the worse of that by share (the guide's bands) and
-- about: that by outcome. No share where the logs don't carry acceptances. Outcomes are of affected
-- about: recipients; accepted is accepted by the gateway, not the inbox. Retries and times: lower end of
-- about: the histogram's bucket. From cohorts: by UTC day of the first attempt, each recipient once a day.
-- param: since date default 30d Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: until date default all Only days up to this one
-- param: domain domain default all Only mail of the organizational domain of this one
-- param: ip address default all Only mail from this address
-- param: gateway text default all Only this gateway or family: proofpoint
-- param: campaign text default all Only this campaign
-- param: limit integer default all At most that many rows
-- layout: lines
SELECT coalesce(gateway_family, '(no gateway known)') AS gateway_family, gateways,
	CASE WHEN severity IS NULL THEN 'none' ELSE concat(severity, ' (by ', CASE decided_by
		WHEN 'both' THEN 'share and outcome' ELSE decided_by END, ')', CASE WHEN small
		THEN ', small: no alert' END, CASE WHEN NOT mature THEN ', so far' END) END AS severity,
	severity_by_share, severity_by_outcome,
	share_affected || ' of ' || share_tried AS of_gateway,
	affected || ' of ' || tried_everywhere AS of_all,
	affected_percent, low_percent || ' to ' || high_percent AS interval_percent,
	tried, affected, directly_deferred, temporary_failure AS any_temporary_failure, deliveries,
	affected_accepted AS accepted_later, affected_bounced AS bounced, affected_expired AS expired,
	affected_pending AS pending, affected_lost_sight AS lost_sight,
	affected_removed AS removed_by_admin, affected_bounced_after_acceptance AS bounced_after,
	CASE WHEN left_censored > 0 AND retries_median IS NOT NULL THEN '>= ' ELSE '' END
		|| retries_median AS retries_median,
	CASE WHEN left_censored > 0 AND retries_p90 IS NOT NULL THEN '>= ' ELSE '' END
		|| retries_p90 AS retries_90_percent,
	deferral_median AS in_deferral_median, deferral_p90 AS in_deferral_90_percent, half_campaign,
	affected_domains || ' of ' || domains AS affected_domains, top_domain,
	round(100.0 * top_domain_affected / nullif(affected, 0), 1) AS top_domain_percent,
	customers AS affected_customers, top_customer,
	round(100.0 * top_customer_affected / nullif(affected, 0), 1) AS top_customer_percent,
	whose AS whose_decision, small,
	CASE WHEN mature THEN 'mature' ELSE 'so far' END AS figures_are,
	first_observed, last_observed, first_day, last_day, reason
FROM gateway_impact(:since, :until, :domain, :ip, :gateway, :campaign)
ORDER BY array_position('{escalate,investigate,watch}', gateway_impact.severity), affected DESC,
	tried DESC, gateway_family
LIMIT :limit
