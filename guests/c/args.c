/* The arguments as `main` receives them, and as the raw calls return them. The first one names the
 * scenario; only those after it are shown. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

#include "scenario.h"
#include "transcript.h"

static int main_argc;
static char **main_argv;

static void show(void) {
  for (char **argument = scenario_arguments; *argument != NULL; argument++) {
    SHOW_TEXT(*argument);
  }
}

static void count_and_end(void) {
  SHOW(main_argc);
  SHOW_YES(main_argv[main_argc] == NULL);
}

static void lengths(void) {
  for (char **argument = scenario_arguments; *argument != NULL; argument++) {
    SHOW(strlen(*argument));
  }
}

static void modifiable(void) {
  char *argument = scenario_arguments[0];
  for (size_t i = 0; argument[i] != '\0'; i++) {
    argument[i] = 'x';
  }
  SHOW_TEXT(argument);
  SHOW_TEXT(scenario_arguments[1]);
  scenario_arguments[0] = scenario_arguments[1];
  SHOW_TEXT(scenario_arguments[0]);
}

static void options(void) {
  int option;
  /* getopt starts after the scenario's name, which is where it expects the program's. */
  while ((option = getopt(main_argc - 1, main_argv + 1, "ab:")) != -1) {
    char name[] = {(char)option, '\0'};
    SHOW_TEXT(name);
    SHOW_TEXT(option == 'b' ? optarg : NULL);
  }
  for (char **operand = main_argv + 1 + optind; *operand != NULL; operand++) {
    SHOW_TEXT(*operand);
  }
}

static void numbers(void) {
  for (char **argument = scenario_arguments; *argument != NULL; argument++) {
    SHOW(strtoll(*argument, NULL, 0));
  }
}

/* Room for the raw list, with some to spare that must stay untouched. */
enum { LIST_ROOM = 32, TEXT_ROOM = 1024, UNTOUCHED = 0x5a };

static void raw_list_is_that_of_main(void) {
  __wasi_size_t count, size;
  RAW(args_sizes_get, &count, &size);
  SHOW_YES(count == (__wasi_size_t)main_argc);
  static uint8_t *list[LIST_ROOM];
  static uint8_t text[TEXT_ROOM];
  RAW(args_get, list, text);
  int different = 0;
  for (int i = 0; i < main_argc; i++) {
    different += strcmp((char *)list[i], main_argv[i]) != 0;
  }
  SHOW(different);
}

static void raw_list_stays_inside(void) {
  __wasi_size_t count, size;
  RAW(args_sizes_get, &count, &size);
  static uint8_t *list[LIST_ROOM];
  static uint8_t text[TEXT_ROOM];
  memset(list, UNTOUCHED, sizeof list);
  memset(text, UNTOUCHED, sizeof text);
  /* An odd address also shows that the text needs no alignment. */
  RAW(args_get, list + 1, text + 1);
  int strings_outside = 0, touched_outside = 0;
  for (__wasi_size_t i = 1; i <= count; i++) {
    strings_outside += list[i] < text + 1 || list[i] > text + size;
  }
  uint8_t *after = (uint8_t *)(list + 1 + count);
  for (uint8_t *byte = (uint8_t *)list; byte < (uint8_t *)(list + LIST_ROOM); byte++) {
    touched_outside += (byte < (uint8_t *)(list + 1) || byte >= after) && *byte != UNTOUCHED;
  }
  for (size_t i = 0; i < sizeof text; i++) {
    touched_outside += (i < 1 || i >= 1 + size) && text[i] != UNTOUCHED;
  }
  SHOW(strings_outside);
  SHOW(touched_outside);
}

static void raw_list_is_a_fresh_copy(void) {
  static uint8_t *list[LIST_ROOM];
  static uint8_t text[TEXT_ROOM];
  scenario_arguments[0][0] = 'x';
  RAW(args_get, list, text);
  SHOW_TEXT((const char *)list[2]);
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(show),
      SCENARIO(count_and_end),
      SCENARIO(lengths),
      SCENARIO(modifiable),
      SCENARIO(options),
      SCENARIO(numbers),
      SCENARIO(raw_list_is_that_of_main),
      SCENARIO(raw_list_stays_inside),
      SCENARIO(raw_list_is_a_fresh_copy),
  };
  main_argc = argc;
  main_argv = argv;
  return RUN_SCENARIO(argc, argv, scenarios);
}
