// Preloaded into a program under test: its wall clock is wrong by as many seconds as $WRONG_CLOCK_SECONDS says.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long wrong_by;

__attribute__((constructor)) static void read_environment(void) {
  const char* seconds = getenv("WRONG_CLOCK_SECONDS");
  if (seconds != NULL) wrong_by = atol(seconds);
}

int clock_gettime(clockid_t clock, struct timespec* into) {
  const int failed = (int)syscall(SYS_clock_gettime, clock, into);
  if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) into->tv_sec += wrong_by;
  return failed;
}

int gettimeofday(struct timeval* restrict into, void* restrict zone) {
  (void)zone;
  struct timespec now;
  const int failed = clock_gettime(CLOCK_REALTIME, &now);
  into->tv_sec = now.tv_sec;
  into->tv_usec = now.tv_nsec / 1000;
  return failed;
}

time_t time(time_t* into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into != NULL) *into = now.tv_sec;
  return now.tv_sec;
}
