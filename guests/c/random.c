/* Random data as ordinary programs request it, and by raw calls. Only results that do not depend on
 * chance are shown: each `0` or `yes` fails less than once in 2^60 runs of a correct runtime. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

#include "scenario.h"
#include "transcript.h"

enum { LARGEST_ENTROPY = 256, WASM_PAGE = 65536 };

/* Buffers are filled with this first, to see which bytes a call has left alone. */
enum { UNTOUCHED = 0xa5 };

static size_t count_bytes_other_than(unsigned char value, const unsigned char *bytes,
                                     size_t length) {
  size_t others = 0;
  for (size_t i = 0; i < length; i++) {
    others += bytes[i] != value;
  }
  return others;
}

static void getentropy_differs(void) {
  unsigned char first[LARGEST_ENTROPY], second[LARGEST_ENTROPY];
  memset(first, UNTOUCHED, sizeof first);
  memset(second, UNTOUCHED, sizeof second);
  CALL(getentropy(first, sizeof first));
  CALL(getentropy(second, sizeof second));
  SHOW_YES(memcmp(first, second, sizeof first) != 0);
}

static void getentropy_of_nothing(void) {
  unsigned char byte = UNTOUCHED;
  CALL(getentropy(&byte, 0));
  SHOW_YES(byte == UNTOUCHED);
}

static void getentropy_stays_inside(void) {
  enum { MARGIN = 32 };
  unsigned char buffer[MARGIN + 64 + MARGIN];
  size_t touched_outside = 0;
  for (size_t length = 0; length <= 64; length++) {
    memset(buffer, UNTOUCHED, sizeof buffer);
    if (getentropy(buffer + MARGIN, length) != 0) {
      CALL(getentropy(buffer + MARGIN, length));
    }
    touched_outside += count_bytes_other_than(UNTOUCHED, buffer, MARGIN);
    touched_outside += count_bytes_other_than(UNTOUCHED, buffer + MARGIN + length,
                                              sizeof buffer - MARGIN - length);
  }
  SHOW(touched_outside);
}

static void getentropy_reaches_every_byte(void) {
  unsigned char buffer[LARGEST_ENTROPY], ever_set[LARGEST_ENTROPY] = {0};
  for (int i = 0; i < 12; i++) {
    memset(buffer, 0, sizeof buffer);
    if (getentropy(buffer, sizeof buffer) != 0) {
      CALL(getentropy(buffer, sizeof buffer));
    }
    for (size_t j = 0; j < sizeof buffer; j++) {
      ever_set[j] |= buffer[j];
    }
  }
  size_t always_zero = sizeof ever_set - count_bytes_other_than(0, ever_set, sizeof ever_set);
  SHOW(always_zero);
}

static void never_twice(void) {
  enum { COUNT = 300, LENGTH = 16 };
  static unsigned char drawn[COUNT][LENGTH];
  int repeated = 0;
  for (int i = 0; i < COUNT; i++) {
    if (__wasi_random_get(drawn[i], LENGTH) != 0) {
      RAW(random_get, drawn[i], LENGTH);
    }
    for (int j = 0; j < i; j++) {
      repeated += memcmp(drawn[i], drawn[j], LENGTH) == 0;
    }
  }
  SHOW(repeated);
}

static void every_value_of_a_byte(void) {
  static unsigned char buffer[WASM_PAGE];
  unsigned char seen[256] = {0};
  RAW(random_get, buffer, sizeof buffer);
  for (size_t i = 0; i < sizeof buffer; i++) {
    seen[buffer[i]] = 1;
  }
  SHOW(count_bytes_other_than(0, seen, sizeof seen));
}

static void as_many_ones_as_zeros(void) {
  enum { SAMPLES = 16 * 1024 };
  static unsigned char buffer[SAMPLES];
  long per_bit[8] = {0};
  RAW(random_get, buffer, sizeof buffer);
  for (size_t i = 0; i < sizeof buffer; i++) {
    for (int bit = 0; bit < 8; bit++) {
      per_bit[bit] += buffer[i] >> bit & 1;
    }
  }
  /* Four percent is ten standard deviations. */
  int unbalanced = 0;
  for (int bit = 0; bit < 8; bit++) {
    unbalanced += labs(per_bit[bit] - SAMPLES / 2) > SAMPLES / 25;
  }
  SHOW(unbalanced);
}

static void up_to_the_end_of_grown_memory(void) {
  SHOW_YES(__builtin_wasm_memory_grow(0, 1) != SIZE_MAX);
  unsigned char *end = (unsigned char *)(__builtin_wasm_memory_size(0) * WASM_PAGE);
  RAW(random_get, end - 32, 32);
  SHOW_YES(count_bytes_other_than(0, end - 32, 32) > 0);
}

static void arc4random_differs(void) {
  int repeated = 0;
  uint64_t drawn[100];
  for (int i = 0; i < 100; i++) {
    drawn[i] = (uint64_t)arc4random() << 32 | arc4random();
    for (int j = 0; j < i; j++) {
      repeated += drawn[i] == drawn[j];
    }
  }
  SHOW(repeated);
}

static void arc4random_below_a_bound(void) {
  int drawn[6] = {0}, outside = 0, never_drawn = 0;
  for (int i = 0; i < 1000; i++) {
    uint32_t face = arc4random_uniform(6);
    if (face < 6) {
      drawn[face]++;
    } else {
      outside++;
    }
  }
  for (int face = 0; face < 6; face++) {
    never_drawn += drawn[face] == 0;
  }
  SHOW(outside);
  SHOW(never_drawn);
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(getentropy_differs),
      SCENARIO(getentropy_of_nothing),
      SCENARIO(getentropy_stays_inside),
      SCENARIO(getentropy_reaches_every_byte),
      SCENARIO(never_twice),
      SCENARIO(every_value_of_a_byte),
      SCENARIO(as_many_ones_as_zeros),
      SCENARIO(up_to_the_end_of_grown_memory),
      SCENARIO(arc4random_differs),
      SCENARIO(arc4random_below_a_bound),
  };
  return RUN_SCENARIO(argc, argv, scenarios);
}
