/* The environment as ordinary programs use it (getenv, setenv, environ), and by raw calls. */

#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#include "scenario.h"
#include "transcript.h"

extern char **environ;

static void show_environ(void) {
  SHOW_YES(environ == NULL || *environ == NULL);
  for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
    SHOW_TEXT(*variable);
  }
}

static void list(void) { show_environ(); }

/* The raw list: each variable as the runtime returns it. */
static void show_raw(void) {
  enum { LIST_ROOM = 32, TEXT_ROOM = 1024 };
  static uint8_t *raw[LIST_ROOM];
  static uint8_t text[TEXT_ROOM];
  __wasi_size_t count, size;
  RAW(environ_sizes_get, &count, &size);
  RAW(environ_get, raw, text);
  for (__wasi_size_t i = 0; i < count; i++) {
    SHOW_TEXT((const char *)raw[i]);
  }
}

static void get(void) {
  SHOW_TEXT(getenv("A"));
  SHOW_TEXT(getenv("AB"));
  SHOW_TEXT(getenv("a"));
  SHOW_TEXT(getenv("EMPTY"));
  SHOW_TEXT(getenv("MISSING"));
}

static void get_odd_names(void) {
  SHOW_TEXT(getenv(""));
  SHOW_TEXT(getenv("A="));
  SHOW_TEXT(getenv("A=b"));
}

static void get_non_ascii(void) {
  SHOW_TEXT(getenv("GRÜSSE"));
  SHOW_TEXT(getenv("日本"));
}

static void get_of_the_host(void) {
  SHOW_TEXT(getenv("PATH"));
  SHOW_TEXT(getenv("HOME"));
  SHOW_TEXT(getenv("PWD"));
  SHOW_TEXT(getenv("USER"));
  SHOW_TEXT(getenv("TMPDIR"));
  SHOW_TEXT(getenv("LANG"));
}

static void set(void) {
  CALL(setenv("NEW", "made", 0));
  CALL(setenv("A", "replaced", 1));
  CALL(setenv("B", "not replaced", 0));
  show_environ();
  show_raw();
}

static void unset(void) {
  CALL(unsetenv("A"));
  CALL(unsetenv("MISSING"));
  SHOW_TEXT(getenv("A"));
  show_environ();
  show_raw();
}

static void clear(void) {
  CALL(clearenv());
  SHOW_TEXT(getenv("A"));
  show_environ();
  show_raw();
}

static void put(void) {
  static char variable[] = "A=put";
  CALL(putenv(variable));
  SHOW_TEXT(getenv("A"));
  memcpy(variable + 2, "new", 3);
  SHOW_TEXT(getenv("A"));
  SHOW_TEXT(getenv("B"));
}

static void modifiable(void) {
  char *value = getenv("A");
  value[0] = 'x';
  SHOW_TEXT(getenv("A"));
  SHOW_TEXT(getenv("B"));
  show_raw();
}

static void raw_list_stays_inside(void) {
  enum { LIST_ROOM = 32, TEXT_ROOM = 1024, UNTOUCHED = 0x5a };
  static uint8_t *raw[LIST_ROOM];
  static uint8_t text[TEXT_ROOM];
  __wasi_size_t count, size;
  RAW(environ_sizes_get, &count, &size);
  memset(raw, UNTOUCHED, sizeof raw);
  memset(text, UNTOUCHED, sizeof text);
  /* An odd address also shows that the text needs no alignment. */
  RAW(environ_get, raw + 1, text + 1);
  int strings_outside = 0, touched_outside = 0;
  for (__wasi_size_t i = 1; i <= count; i++) {
    strings_outside += raw[i] < text + 1 || raw[i] > text + size;
  }
  uint8_t *after = (uint8_t *)(raw + 1 + count);
  for (uint8_t *byte = (uint8_t *)raw; byte < (uint8_t *)(raw + LIST_ROOM); byte++) {
    touched_outside += (byte < (uint8_t *)(raw + 1) || byte >= after) && *byte != UNTOUCHED;
  }
  for (size_t i = 0; i < sizeof text; i++) {
    touched_outside += (i < 1 || i >= 1 + size) && text[i] != UNTOUCHED;
  }
  SHOW(strings_outside);
  SHOW(touched_outside);
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(list),
      SCENARIO(get),
      SCENARIO(get_odd_names),
      SCENARIO(get_non_ascii),
      SCENARIO(get_of_the_host),
      SCENARIO(set),
      SCENARIO(unset),
      SCENARIO(clear),
      SCENARIO(put),
      SCENARIO(modifiable),
      SCENARIO(raw_list_stays_inside),
  };
  return RUN_SCENARIO(argc, argv, scenarios);
}
