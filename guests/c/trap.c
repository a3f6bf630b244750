/* Programs that end with a trap. Every scenario prints a line before the trap, which must come out,
 * and one after it, which must not. `volatile` hides the faults from the compiler, which may assume
 * that they never happen. */

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "scenario.h"
#include "transcript.h"

/* An address beyond the memory of every guest here. */
static volatile uintptr_t far_away = 0x7ffffff0;
static volatile int zero = 0, seven = 7, minus_one = -1, least = INT_MIN;
static volatile float not_a_number = __builtin_nanf("");

static void unreachable(void) { __builtin_trap(); }

static void load(void) { SHOW(*(volatile char *)far_away); }

static void store(void) { *(volatile char *)far_away = 1; }

/* The first bytes of the load are inside memory, the last ones are not. */
static void load_across_the_end(void) {
  uintptr_t end = __builtin_wasm_memory_size(0) * 65536;
  SHOW_YES(*(volatile char *)(end - 1) == *(volatile char *)(end - 1));
  SHOW(*(volatile int64_t *)(end - 4));
}

static void divide_by_zero(void) { SHOW(seven / zero); }

static void remainder_by_zero(void) { SHOW(seven % zero); }

static void divide_too_far(void) { SHOW(least / minus_one); }

static void convert_not_a_number(void) { SHOW(__builtin_wasm_trunc_s_i32_f32(not_a_number)); }

static double one_argument(double number) { return number + 1; }

static void call_of_another_type(void) {
  double (*volatile function)(double) = one_argument;
  ((void (*)(void))function)();
}

static void call_of_nothing(void) {
  void (*volatile function)(void) = NULL;
  function();
}

static void call_outside_of_the_table(void) {
  void (*volatile function)(void) = (void (*)(void))far_away;
  function();
}

/* Each call uses so much of the stack in linear memory that this stack is exhausted first. */
static int fill_the_stack(int depth) {
  volatile char frame[4096];
  if (zero != 0) {
    return depth;
  }
  frame[depth % 4096] = (char)depth;
  return fill_the_stack(depth + 1) + frame[depth % 4096];
}

static void stack_in_memory(void) { SHOW(fill_the_stack(zero)); }

/* Uses no stack in linear memory, so that the runtime's own is exhausted. Only the outer call could
 * be turned into a loop. */
static int call_forever(int depth) {
  if (zero != 0) {
    return depth;
  }
  return call_forever(call_forever(depth + 1));
}

static void stack_of_calls(void) { SHOW(call_forever(zero)); }

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(unreachable),
      SCENARIO(load),
      SCENARIO(store),
      SCENARIO(load_across_the_end),
      SCENARIO(divide_by_zero),
      SCENARIO(remainder_by_zero),
      SCENARIO(divide_too_far),
      SCENARIO(convert_not_a_number),
      SCENARIO(call_of_another_type),
      SCENARIO(call_of_nothing),
      SCENARIO(call_outside_of_the_table),
      SCENARIO(stack_in_memory),
      SCENARIO(stack_of_calls),
  };
  say("said before");
  int status = RUN_SCENARIO(argc, argv, scenarios);
  say("said after");
  return status;
}
