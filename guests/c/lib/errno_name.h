/* The names of error numbers. WASI defines the numbers, and libc's errno uses the same ones. */

#ifndef ERRNO_NAME_H
#define ERRNO_NAME_H

#include <ctype.h>
#include <stdio.h>

/* In the order of the specification, so that the index in the list is the number. A test compares
   this copy with the table of preview 1 (harness/preview1/tests/fast.rs). */
static const char *const wasi_errno_names[] = {
    "success",     "2big",           "acces",       "addrinuse",   "addrnotavail",
    "afnosupport", "again",          "already",     "badf",        "badmsg",
    "busy",        "canceled",       "child",       "connaborted", "connrefused",
    "connreset",   "deadlk",         "destaddrreq", "dom",         "dquot",
    "exist",       "fault",          "fbig",        "hostunreach", "idrm",
    "ilseq",       "inprogress",     "intr",        "inval",       "io",
    "isconn",      "isdir",          "loop",        "mfile",       "mlink",
    "msgsize",     "multihop",       "nametoolong", "netdown",     "netreset",
    "netunreach",  "nfile",          "nobufs",      "nodev",       "noent",
    "noexec",      "nolck",          "nolink",      "nomem",       "nomsg",
    "noprotoopt",  "nospc",          "nosys",       "notconn",     "notdir",
    "notempty",    "notrecoverable", "notsock",     "notsup",      "notty",
    "nxio",        "overflow",       "ownerdead",   "perm",        "pipe",
    "proto",       "protonosupport", "prototype",   "range",       "rofs",
    "spipe",       "srch",           "stale",       "timedout",    "txtbsy",
    "xdev",        "notcapable",
};

enum { WASI_ERRNO_COUNT = sizeof wasi_errno_names / sizeof *wasi_errno_names };

/* A number without a name, as `errno 99`. The text is valid until the next call. */
static inline const char *unknown_errno_name(int number) {
  static char name[24];
  snprintf(name, sizeof name, "errno %d", number);
  return name;
}

/* `badf`, as the specification writes it. */
static inline const char *wasi_errno_name(int number) {
  if (number < 0 || number >= WASI_ERRNO_COUNT) {
    return unknown_errno_name(number);
  }
  return wasi_errno_names[number];
}

/* `EBADF`, as <errno.h> writes it. The text is valid until the next call. */
static inline const char *libc_errno_name(int number) {
  static char name[24];
  if (number <= 0 || number >= WASI_ERRNO_COUNT) {
    return unknown_errno_name(number);
  }
  const char *wasi = wasi_errno_names[number];
  size_t length = 0;
  name[length++] = 'E';
  while (*wasi != '\0') {
    name[length++] = (char)toupper((unsigned char)*wasi++);
  }
  name[length] = '\0';
  return name;
}

#endif
