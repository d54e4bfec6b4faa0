-- title: Is a domain ready for a stricter policy? Those that are not first
-- about: One row a policy domain, settled days of the class window, trusted reports only. Own mail is that
-- about: of sources of class authorised (verified) or misconfigured; own_hit of it would be quarantined
-- about: or rejected. The verdict is about own mail only: unverified_hit is what the policy is for,
-- about: forwarder_fail is collateral. Untrusted reports are printed beside, and decide nothing.
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: limit integer default all At most that many rows
-- evidence: yes
SELECT policy_domain, concat_ws(' ', 'p=' || p, 'sp=' || sp, 'np=' || np,
		'pct=' || nullif(pct, 100), CASE WHEN lower(testing) = 'y' THEN 't=y' END) AS policy,
	verdict, next_step, own_messages, own_hit, own_hit_percent, unverified_hit, forwarder_fail,
	days, reporters,
	untrusted_messages, untrusted_reports, reason,
	CASE WHEN verdict = 'not yet' AND own_hit_enforced > 0
			THEN 'Own mail is hit already: mend what misconfigured-senders lists before anything else.'
		WHEN verdict = 'not yet'
			THEN 'Mend what misconfigured-senders lists for this domain, then look again.'
		WHEN verdict = 'not enough data' AND policy = 'reject' AND next_step LIKE 'none%' THEN NULL
		WHEN verdict = 'not enough data' AND untrusted_reports > 0 AND own_messages = 0
			THEN 'Only unverified reports: set authserv_id, so that mails with reports are verified.'
		WHEN verdict = 'not enough data' AND own_messages = 0
			THEN 'If this domain sends no mail, publish p=reject now; else see coverage.'
		WHEN verdict = 'not enough data'
			THEN 'Wait for more settled days; coverage says which reports are missing.'
				|| CASE WHEN own_hit > 0 THEN ' Meanwhile mend what misconfigured-senders lists.'
					ELSE '' END
		WHEN verdict = 'safe' AND next_step NOT LIKE 'none%'
			THEN 'Publish ' || next_step || CASE WHEN forwarder_fail > 0 OR unverified_hit > 0
				THEN '; look through forwarders and unverified-senders once more before.' ELSE '.' END
		END AS fix,
	window_end AS last_settled_day, as_of
FROM policy_readiness
WHERE tenant_id = tenant()
	AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
ORDER BY array_position('{not yet,not enough data,safe}', verdict), own_hit_enforced DESC,
	own_hit DESC, own_messages DESC, policy_domain
LIMIT :limit
