// Preloaded beside libfaketime: std::condition_variable waits with pthread_cond_clockwait, which libfaketime 0.9.10 does
// not know, so that a wait of a minute by a clock that runs fast would last for ever. Here it becomes the wait by the
// wall clock that libfaketime does know.
#define _GNU_SOURCE
#include <pthread.h>
#include <time.h>

int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until) {
  struct timespec now;
  struct timespec wall;
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &wall);
  wall.tv_sec += until->tv_sec - now.tv_sec;
  wall.tv_nsec += until->tv_nsec - now.tv_nsec;
  while (wall.tv_nsec < 0) {
    wall.tv_nsec += 1000000000L;
    --wall.tv_sec;
  }
  while (wall.tv_nsec >= 1000000000L) {
    wall.tv_nsec -= 1000000000L;
    ++wall.tv_sec;
  }
  return pthread_cond_timedwait(cond, mutex, &wall);
}
