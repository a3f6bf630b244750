/* What guests print: one line per observation, with the call exactly as in the source, then its
 * result. Every line is flushed at once, so that a transcript cut off by a trap or by a hang still
 * shows how far the guest got. */

#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "errno_name.h"

/* A libc call that returns a count, or -1: `lseek(fd, 5, SEEK_END) -> 10`, `close(fd) -> EBADF`. */
#define CALL(...) show_count(#__VA_ARGS__, (__VA_ARGS__))

/* A libc call that returns a descriptor, a stream or a directory. The runtime chooses the number of
 * a descriptor, so success is always shown as `-> opened`. */
#define TRY(...)                                                                                   \
  _Generic((__VA_ARGS__), int: show_descriptor, default: show_pointer)(#__VA_ARGS__, (__VA_ARGS__))

/* The same for a call that the rest of the scenario depends on: a failure ends the guest. */
#define NEED(...)                                                                                  \
  _Generic((__VA_ARGS__), int: need_descriptor, default: need_pointer)(#__VA_ARGS__, (__VA_ARGS__))

/* A libc call that returns an error number instead of setting errno. */
#define CODE(...) say("%s -> %s", #__VA_ARGS__, libc_code_name(__VA_ARGS__))

/* A raw WASI call: `fd_tell(fd, &offset) -> success`. */
#define RAW(function, ...)                                                                         \
  show_wasi_errno(#function "(" #__VA_ARGS__ ")", __wasi_##function(__VA_ARGS__))

/* Values: `offset -> 5`, `feof(file) -> yes`, `buffer -> "ell"`. */
#define SHOW(...) say("%s -> %lld", #__VA_ARGS__, (long long)(__VA_ARGS__))
#define SHOW_YES(...) say("%s -> %s", #__VA_ARGS__, (__VA_ARGS__) ? "yes" : "no")
#define SHOW_BYTES(bytes, length) show_bytes(#bytes, bytes, length)
#define SHOW_TEXT(...) show_text(#__VA_ARGS__, (__VA_ARGS__))

__attribute__((format(printf, 1, 2))) static inline void say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  putchar('\n');
  fflush(stdout);
}

static inline long long show_count(const char *call, long long result) {
  if (result == -1) {
    say("%s -> %s", call, libc_errno_name(errno));
  } else {
    say("%s -> %lld", call, result);
  }
  return result;
}

static inline int show_descriptor(const char *call, int descriptor) {
  say("%s -> %s", call, descriptor == -1 ? libc_errno_name(errno) : "opened");
  return descriptor;
}

static inline void *show_pointer(const char *call, void *pointer) {
  say("%s -> %s", call, pointer == NULL ? libc_errno_name(errno) : "opened");
  return pointer;
}

static inline int need_descriptor(const char *call, int descriptor) {
  if (show_descriptor(call, descriptor) == -1) {
    exit(EXIT_FAILURE);
  }
  return descriptor;
}

static inline void *need_pointer(const char *call, void *pointer) {
  if (show_pointer(call, pointer) == NULL) {
    exit(EXIT_FAILURE);
  }
  return pointer;
}

static inline const char *libc_code_name(int code) {
  return code == 0 ? "0" : libc_errno_name(code);
}

static inline int show_wasi_errno(const char *call, int error) {
  say("%s -> %s", call, wasi_errno_name(error));
  return error;
}

/* Bytes that a terminal would not display are shown as `\n` or `\x00`; UTF-8 is left unchanged. */
static inline void show_bytes(const char *name, const void *bytes, size_t length) {
  printf("%s -> \"", name);
  const unsigned char *byte = bytes;
  for (size_t i = 0; i < length; i++) {
    if (byte[i] == '\n') {
      printf("\\n");
    } else if (byte[i] < ' ' || byte[i] == 0x7f || byte[i] == 0xff) {
      printf("\\x%02x", byte[i]);
    } else {
      if (byte[i] == '"' || byte[i] == '\\') {
        putchar('\\');
      }
      putchar(byte[i]);
    }
  }
  say("\"");
}

static inline void show_text(const char *name, const char *text) {
  if (text == NULL) {
    say("%s -> NULL", name);
    return;
  }
  size_t length = 0;
  while (text[length] != '\0') {
    length++;
  }
  show_bytes(name, text, length);
}

#endif
