#!/bin/sh
# t_align - alignment recomputed: what is stored of each record against what count.py makes of it
# by the text of the public suffix list, and what the views say of it beside the reporter's verdict.
. "$top_srcdir/tests/it/lib.sh"
ready_home

have_python || skip_all "no python3 to count by other means"

# stored TENANT FOLDER: in the form of count.py --alignment.
stored()
{
	query "SELECT substr(regexp_replace(r.item, '#[0-9]+\$', ''), length('$2/') + 1),
			c.record_no, host(c.source_ip), c.messages, c.dkim_aligned, c.spf_aligned,
			c.dkim_key, c.spf_key
		FROM ruadb_data.record c JOIN report r USING (tenant_id, report_id)
		WHERE tenant_id = $1" | tr '|' '\t' | sort
}
# of FILE COLUMNS: of a sample's records, in their order.
of()
{
	query "SELECT string_agg(concat_ws(' ', $2), ', ' ORDER BY record_no)
		FROM (SELECT *, c.dkim_key AS dkim_no FROM record c) c
		JOIN (SELECT tenant_id, report_id, item FROM report) r USING (tenant_id, report_id)
		WHERE tenant_id = 1 AND item = '$samples/align/$1.xml'"
}

ingest --format json "$samples"
python3 "$here/count.py" --alignment "$samples" | sort >"$tmp/counted"
is "$(stored 1 "$samples")" "$(cat "$tmp/counted")" "each record of the samples as count.py has it"
is "$(cut -f 5,6 "$tmp/counted" | tr -d '\t\n' | fold -w 1 | sort -u | tr -d '\n')" "-flp" \
	"each letter occurs"

odd=$tmp/odd
python3 "$here/odd_corpus.py" "$odd" 200 "${RUADB_TEST_SEED:-1795314400}" >"$tmp/truth"
ingest --tenant 2 "$odd"
python3 "$here/count.py" --alignment "$odd" | sort >"$tmp/counted"
is "$(stored 2 "$odd")" "$(cat "$tmp/counted")" "each record of 200 odd files as count.py has it"

# ---- views: beside the reporter's verdict, never mixed with it
words="coalesce(dkim_aligned::text, '-'), coalesce(spf_aligned::text, '-'),
	coalesce(eval_disagrees::text, '-')"
is "$(of disagrees "$words")" "true true false, false false true, true true true, - false false, \
true false false, - - -" "aligned and eval_disagrees: yes, no, nothing to compare"
is "$(of disagrees "coalesce(dmarc_pass::text, '-')")" "true, true, false, true, -, true" \
	"dmarc_pass stays what the reporter says"
is "$(of strict "$words")" "true true false, false false true, false false false, \
true false false, false false false" "strict alignment: what is aligned in relaxed mode is not"
is "$(of helo "$words")" "- true false, - true false, - true false, - - -, - false false, \
- true false, - true false" "helo counts where there is no envelope sender"
is "$(of signatures "coalesce(dkim_no::text, '-')")" "3, -, -, -, -, -" \
	"of several signatures the first that is aligned and passes"
is "$(query "SELECT reporter, c.policy_domain, sum(c.messages) FROM counted_record c
	JOIN (SELECT tenant_id, report_id, item FROM report) r USING (tenant_id, report_id)
	WHERE eval_disagrees AND starts_with(item, '$samples/align/') GROUP BY 1, 2")" \
	"mx.example.net|lab.example.org|23" "eval_disagrees sums up per reporter"
is "$(query "SELECT count(*) FROM record_on_day d JOIN record c
		USING (tenant_id, report_id, record_no)
	WHERE (d.dkim_aligned, d.spf_aligned, d.eval_disagrees)
		IS DISTINCT FROM (c.dkim_aligned, c.spf_aligned, c.eval_disagrees)")" 0 \
	"and by day it is the same"
is "$(query "SELECT string_agg(coalesce(disagrees(a, e)::text, '-'), ' ' ORDER BY a, e)
	FROM unnest('{p,l,f,-}'::\"char\"[]) a, unnest('{p,f,-}'::\"char\"[]) e")" \
	"- - - - false true - false true - true false" "disagrees() of all letters"

# ---- inspect
is "$("$ruadb" inspect "$samples/align/disagrees.xml" | awk '$1 ~ /^[0-9.]+$/ && NF > 8 {
	print $3, $4, $5, ($6 == "!" ? $6 " " $7 " " $8 " " $9 : $6 " " $7) }')" "pass pass yes pass yes
pass pass no ! pass no !
fail fail yes ! fail yes !
pass pass - fail no
- - yes fail no
pass pass - pass -" "inspect prints both, and marks where they do not fit"
is "$("$ruadb" inspect "$samples/align/disagrees.xml" | grep -c '^  ! .*: 2 of the records$')" 1 \
	"and says in how many records"

done_testing
