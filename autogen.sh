#!/bin/sh
# From a fresh clone to a Makefile: installs what is missing, makes configure, runs it.
# Then "make demo" or "make check". Arguments go to configure.
#
# RUADB_INSTALL=no installs nothing (for packagers, and where configure alone shall judge).
set -e
cd "$(dirname "$0")"

if [ "${RUADB_INSTALL:-yes}" != no ]; then
	sh build-aux/install-deps
fi
echo "autogen: making configure"
autoreconf --install --force
echo "autogen: running configure $*"
./configure "$@"
