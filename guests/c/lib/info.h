/* `stat` and `lstat`: shows the type, and for a file or link its size and number of links. */

#ifndef INFO_H
#define INFO_H

#include <sys/stat.h>

#include "transcript.h"

static struct stat info;

/* A call that fills `info`. */
#define STAT(...) show_stat(#__VA_ARGS__, (__VA_ARGS__))

static inline void show_stat(const char *call, int result) {
  if (result != 0) {
    show_count(call, result);
  } else if (S_ISDIR(info.st_mode)) {
    say("%s -> directory", call);
  } else {
    const char *type = S_ISREG(info.st_mode) ? "file" : S_ISLNK(info.st_mode) ? "link" : "other";
    say("%s -> %s of %lld bytes, %llu links", call, type, (long long)info.st_size,
        (unsigned long long)info.st_nlink);
  }
}

#endif
