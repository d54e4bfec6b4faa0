#!/bin/sh
# kill_fetch.sh [KILLS [MESSAGES [SEED]]] - t_fetch_kill.sh with 100 kills during 2,000 messages: some
# minutes. Run it in a build tree.
RUADB_FETCH_KILLS=${1:-100} RUADB_FETCH_MAILS=${2:-2000} RUADB_TEST_SEED=${3:-$(date +%s)}
export RUADB_FETCH_KILLS RUADB_FETCH_MAILS RUADB_TEST_SEED
make check-only T=tests/it/t_fetch_kill.sh
status=$?
grep -E '^(not )?ok|^#' tests/it/t_fetch_kill.log
exit $status
