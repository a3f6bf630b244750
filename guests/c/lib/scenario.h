/* A guest contains the scenarios of one area; its first argument selects the one to run. */

#ifndef SCENARIO_H
#define SCENARIO_H

#include <stdio.h>
#include <string.h>

struct scenario {
  const char *name;
  void (*run)(void);
};

#define SCENARIO(function) {#function, function}

/* For `main` to return: runs the scenario named on the command line. */
#define RUN_SCENARIO(argc, argv, scenarios)                                                        \
  run_scenario(argc, argv, scenarios, sizeof(scenarios) / sizeof *(scenarios))

/* The status for bad usage, as in BSD's <sysexits.h>. */
#define BAD_USAGE 64

/* The arguments after the scenario's name, for scenarios that take data from there. */
static char **scenario_arguments;

static inline int run_scenario(int argc, char **argv, const struct scenario *scenarios,
                               size_t count) {
  for (size_t i = 0; argc >= 2 && i < count; i++) {
    if (strcmp(argv[1], scenarios[i].name) == 0) {
      scenario_arguments = argv + 2;
      scenarios[i].run();
      return 0;
    }
  }
  fprintf(stderr, "usage: %s SCENARIO [ARGUMENT...]\nscenarios:\n", argc >= 1 ? argv[0] : "guest");
  for (size_t i = 0; i < count; i++) {
    fprintf(stderr, "  %s\n", scenarios[i].name);
  }
  return BAD_USAGE;
}

#endif
