/* Clocks as ordinary programs use them: <time.h>, and the waits of <poll.h>, <sys/select.h> and
 * <unistd.h>. No time is printed, since none is the same twice; only how times relate. */

#include <poll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

#include "scenario.h"
#include "transcript.h"

#define MILLISECOND INT64_C(1000000)
#define SECOND (1000 * MILLISECOND)

/* How long a wait is to take, how long one for the later timer takes, and how long only a hang. They
 * are seconds apart, so that a busy machine, which may stop a guest at any point, is not the cause. */
#define SPAN (20 * MILLISECOND)
#define FAR_OFF (4 * SECOND)
/* A wait that ends before this was not for the later timer. */
#define SOON (3 * SECOND)
#define FAR_TOO_LONG (8 * SECOND)

static int64_t in_nanoseconds(struct timespec time) { return time.tv_sec * SECOND + time.tv_nsec; }

static struct timespec in_seconds(int64_t nanoseconds) {
  return (struct timespec){.tv_sec = nanoseconds / SECOND, .tv_nsec = nanoseconds % SECOND};
}

static int64_t now(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) {
    CALL(clock_gettime(clock, &time));
    exit(EXIT_FAILURE);
  }
  return in_nanoseconds(time);
}

static void realtime_is_now(void) {
  struct timespec time;
  const time_t start_of_2020 = 1577836800, start_of_2100 = 4102444800;
  CALL(clock_gettime(CLOCK_REALTIME, &time));
  SHOW_YES(time.tv_sec >= start_of_2020);
  SHOW_YES(time.tv_sec < start_of_2100);
}

static void one_realtime(void) {
  struct timespec before, timespec, after;
  struct timeval timeval;
  clock_gettime(CLOCK_REALTIME, &before);
  time_t seconds = time(NULL);
  CALL(gettimeofday(&timeval, NULL));
  SHOW_YES(timespec_get(&timespec, TIME_UTC) == TIME_UTC);
  clock_gettime(CLOCK_REALTIME, &after);
  SHOW_YES(before.tv_sec <= seconds && seconds <= after.tv_sec);
  SHOW_YES(before.tv_sec <= timeval.tv_sec && timeval.tv_sec <= after.tv_sec);
  SHOW_YES(before.tv_sec <= timespec.tv_sec && timespec.tv_sec <= after.tv_sec);
}

static void nanoseconds_below_a_second(void) {
  int outside = 0;
  for (int i = 0; i < 1000; i++) {
    struct timespec time;
    clock_gettime(i % 2 == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &time);
    outside += time.tv_nsec < 0 || time.tv_nsec >= SECOND;
  }
  SHOW(outside);
}

static void monotonic_never_goes_back(void) {
  int steps_back = 0;
  int64_t last = now(CLOCK_MONOTONIC);
  for (int i = 0; i < 20000; i++) {
    int64_t next = now(CLOCK_MONOTONIC);
    steps_back += next < last;
    last = next;
  }
  SHOW(steps_back);
}

static void resolution(void) {
  struct timespec realtime, monotonic;
  CALL(clock_getres(CLOCK_REALTIME, &realtime));
  SHOW_YES(in_nanoseconds(realtime) > 0);
  SHOW_YES(in_nanoseconds(realtime) <= 20 * MILLISECOND);
  CALL(clock_getres(CLOCK_MONOTONIC, &monotonic));
  SHOW_YES(in_nanoseconds(monotonic) > 0);
  SHOW_YES(in_nanoseconds(monotonic) <= 20 * MILLISECOND);
}

/* Shows that there was a wait, by the clock that nobody sets. nanosleep_never_early shows how exact
 * it was. */
static void show_waited(int64_t start) {
  int64_t waited = now(CLOCK_MONOTONIC) - start;
  SHOW_YES(waited >= SPAN / 2);
  SHOW_YES(waited < FAR_TOO_LONG);
}

static void nanosleep_waits(void) {
  int64_t start = now(CLOCK_MONOTONIC);
  struct timespec span = in_seconds(SPAN);
  CALL(nanosleep(&span, NULL));
  show_waited(start);
}

static void nanosleep_never_early(void) {
  int early = 0;
  for (int i = 0; i < 20; i++) {
    int64_t start = now(CLOCK_MONOTONIC), wanted = i * MILLISECOND / 10 + 1;
    struct timespec span = in_seconds(wanted);
    if (nanosleep(&span, NULL) != 0) {
      CALL(nanosleep(&span, NULL));
    }
    early += now(CLOCK_MONOTONIC) - start < wanted;
  }
  SHOW_YES(early == 0);
}

static void usleep_waits(void) {
  int64_t start = now(CLOCK_MONOTONIC);
  CALL(usleep(20000));
  show_waited(start);
}

static void realtime_goes_on_while_asleep(void) {
  int64_t start = now(CLOCK_REALTIME);
  struct timespec span = in_seconds(SPAN);
  CALL(nanosleep(&span, NULL));
  int64_t passed = now(CLOCK_REALTIME) - start;
  SHOW_YES(passed >= SPAN / 2);
  SHOW_YES(passed < FAR_TOO_LONG);
}

static void poll_waits(void) {
  int64_t start = now(CLOCK_MONOTONIC);
  CALL(poll(NULL, 0, 20));
  show_waited(start);
}

static void select_waits(void) {
  int64_t start = now(CLOCK_MONOTONIC);
  struct timeval span = {.tv_usec = 20000};
  CALL(select(0, NULL, NULL, NULL, &span));
  show_waited(start);
}

/* Waits for one of two timers. The other one expires later, so that a runtime that overlooks the
 * first does not wait forever. */
static void show_expired(__wasi_clockid_t clock, __wasi_subclockflags_t flags, int64_t timeout) {
  enum { FIRST = 11, OTHER = 22 };
  __wasi_subscription_t timers[] = {
      {.userdata = OTHER,
       .u = {.tag = __WASI_EVENTTYPE_CLOCK,
             .u.clock = {.id = __WASI_CLOCKID_MONOTONIC, .timeout = FAR_OFF}}},
      {.userdata = FIRST,
       .u = {.tag = __WASI_EVENTTYPE_CLOCK,
             .u.clock = {.id = clock, .timeout = (__wasi_timestamp_t)timeout, .flags = flags}}},
  };
  __wasi_event_t events[2] = {0};
  __wasi_size_t count = 0;
  int64_t start = now(CLOCK_MONOTONIC);
  RAW(poll_oneoff, timers, events, 2, &count);
  SHOW_YES(now(CLOCK_MONOTONIC) - start < SOON);
  for (__wasi_size_t i = 0; i < count; i++) {
    SHOW_YES(events[i].userdata == FIRST);
    SHOW_YES(events[i].type == __WASI_EVENTTYPE_CLOCK);
    SHOW_TEXT(wasi_errno_name(events[i].error));
  }
}

static void first_of_two_timers(void) {
  int64_t start = now(CLOCK_MONOTONIC);
  show_expired(__WASI_CLOCKID_MONOTONIC, 0, SPAN);
  show_waited(start);
}

static void timer_of_no_time(void) { show_expired(__WASI_CLOCKID_MONOTONIC, 0, 0); }

static void monotonic_deadline(void) {
  int64_t start = now(CLOCK_MONOTONIC);
  show_expired(__WASI_CLOCKID_MONOTONIC, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME,
               start + SPAN);
  show_waited(start);
}

static void realtime_deadline(void) {
  int64_t start = now(CLOCK_REALTIME);
  show_expired(__WASI_CLOCKID_REALTIME, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME,
               start + SPAN);
  SHOW_YES(now(CLOCK_REALTIME) - start >= SPAN / 2);
}

static void realtime_deadline_in_the_past(void) {
  show_expired(__WASI_CLOCKID_REALTIME, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME, SECOND);
}

static void no_timers(void) {
  __wasi_subscription_t timers[1];
  __wasi_event_t events[1];
  __wasi_size_t count = 0;
  RAW(poll_oneoff, timers, events, 0, &count);
}

int main(int argc, char **argv) {
  static const struct scenario scenarios[] = {
      SCENARIO(realtime_is_now),
      SCENARIO(one_realtime),
      SCENARIO(nanoseconds_below_a_second),
      SCENARIO(monotonic_never_goes_back),
      SCENARIO(resolution),
      SCENARIO(nanosleep_waits),
      SCENARIO(nanosleep_never_early),
      SCENARIO(usleep_waits),
      SCENARIO(realtime_goes_on_while_asleep),
      SCENARIO(poll_waits),
      SCENARIO(select_waits),
      SCENARIO(first_of_two_timers),
      SCENARIO(timer_of_no_time),
      SCENARIO(monotonic_deadline),
      SCENARIO(realtime_deadline),
      SCENARIO(realtime_deadline_in_the_past),
      SCENARIO(no_timers),
  };
  return RUN_SCENARIO(argc, argv, scenarios);
}
