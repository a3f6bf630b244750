/* How programs start and exit (<stdlib.h>): the value that main returns, and the several ways to
   exit; and how they yield (<sched.h>). */

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
#include <wasi/api.h>

#include "scenario.h"
#include "transcript.h"

/* The value that main returns. */
static int status;

static int argument(void) { return (int)strtol(scenario_arguments[0], NULL, 10); }

static void first_handler(void) { puts("registered first"); }
static void second_handler(void) { puts("registered second"); }
static void third_handler(void) { puts("registered third"); }

static void handler_that_registers(void) {
  puts("registers another");
  atexit(first_handler);
}

static void return_from_main(void) { status = argument(); }

static void return_runs_handlers(void) {
  atexit(first_handler);
  atexit(second_handler);
  atexit(third_handler);
  status = 5;
}

static void return_flushes_stdout(void) { printf("kept in the buffer"); }

static void exit_with_status(void) {
  printf("before exit");
  exit(argument());
}

static int deeper(int depth) {
  if (depth == 0) {
    exit(9);
  }
  return deeper(depth - 1) + 1;
}

static void exit_in_depth(void) {
  printf("before exit");
  SHOW(deeper(100));
}

static void exit_registers_more(void) {
  atexit(handler_that_registers);
  exit(6);
}

static void exit_at_once(void) {
  say("said before");
  atexit(first_handler);
  printf("kept in the buffer");
  _Exit(argument());
}

static void posix_exit_at_once(void) {
  say("said before");
  atexit(first_handler);
  printf("kept in the buffer");
  _exit(argument());
}

static void abort_at_once(void) {
  say("said before");
  atexit(first_handler);
  printf("kept in the buffer");
  abort();
}

static void raw_exit(void) {
  say("said before");
  atexit(first_handler);
  printf("kept in the buffer");
  __wasi_proc_exit((__wasi_exitcode_t)argument());
}

static int constructed;
__attribute__((constructor)) static void constructor(void) { constructed = 42; }

static void constructor_before_main(void) { SHOW(constructed); }

static int says_at_destruction;
__attribute__((destructor)) static void destructor(void) {
  if (says_at_destruction) {
    puts("destructed");
  }
}

static void destructor_after_handlers(void) {
  says_at_destruction = 1;
  atexit(first_handler);
}

static void gives_way(void) {
  SHOW(sched_yield());
  SHOW(sched_yield());
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(return_from_main),
      SCENARIO(return_runs_handlers),
      SCENARIO(return_flushes_stdout),
      SCENARIO(exit_with_status),
      SCENARIO(exit_in_depth),
      SCENARIO(exit_registers_more),
      SCENARIO(exit_at_once),
      SCENARIO(posix_exit_at_once),
      SCENARIO(abort_at_once),
      SCENARIO(raw_exit),
      SCENARIO(constructor_before_main),
      SCENARIO(destructor_after_handlers),
      SCENARIO(gives_way),
  };
  int ran = RUN_SCENARIO(argc, argv, scenarios);
  return ran == 0 ? status : ran;
}
