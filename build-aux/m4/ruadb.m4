dnl RUADB_LIB(VARIABLE-PREFIX, MODULE): pkg-config module; its headers are taken as system headers,
dnl so that our warnings speak of our code only.
AC_DEFUN([RUADB_LIB], [
	PKG_CHECK_MODULES([$1], [$2])
	[$1]_CFLAGS=`AS_ECHO(["$[$1]_CFLAGS"]) | sed 's/-I */-isystem /g'`
])

dnl RUADB_TRY_CFLAG(FLAG): add FLAG to RUADB_CFLAGS if the compiler takes it without complaint.
AC_DEFUN([RUADB_TRY_CFLAG], [
	AC_MSG_CHECKING([whether $CC accepts $1])
	ruadb_saved="$CFLAGS"
	CFLAGS="$CFLAGS -Werror $1"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
		[AC_MSG_RESULT([yes]); RUADB_CFLAGS="$RUADB_CFLAGS $1"],
		[AC_MSG_RESULT([no])])
	CFLAGS="$ruadb_saved"
])

dnl RUADB_TRY_LDFLAG(FLAG): the same for the linker and RUADB_LDFLAGS.
AC_DEFUN([RUADB_TRY_LDFLAG], [
	AC_MSG_CHECKING([whether the linker accepts $1])
	ruadb_saved_c="$CFLAGS"
	ruadb_saved_l="$LDFLAGS"
	CFLAGS="$CFLAGS $RUADB_CFLAGS"
	LDFLAGS="$LDFLAGS -Werror $1"
	AC_LINK_IFELSE([AC_LANG_PROGRAM()],
		[AC_MSG_RESULT([yes]); RUADB_LDFLAGS="$RUADB_LDFLAGS $1"],
		[AC_MSG_RESULT([no])])
	CFLAGS="$ruadb_saved_c"
	LDFLAGS="$ruadb_saved_l"
])

dnl RUADB_FORTIFY: the highest level of _FORTIFY_SOURCE that compiler and libc know.
AC_DEFUN([RUADB_FORTIFY], [
	AC_MSG_CHECKING([for the level of _FORTIFY_SOURCE])
	ruadb_saved="$CFLAGS"
	CFLAGS="-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]])],
		[ruadb_fortify=3], [ruadb_fortify=2])
	CFLAGS="$ruadb_saved"
	AC_MSG_RESULT([$ruadb_fortify])
	RUADB_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$ruadb_fortify"
	AC_SUBST([RUADB_CPPFLAGS])
])
