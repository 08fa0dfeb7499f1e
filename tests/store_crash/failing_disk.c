/* Preloaded into a test: from the n-th call on, for as many calls as asked for, writing fails.
 *   FAILING_CALL   which calls: any of "write", "journal" (of bans), "marker" (that nothing older is to be believed),
 *                  "sync", "truncate", separated by commas
 *   FAILING_FROM   number of the first call that fails, counted from the moment the file FAILING_ARMED exists
 *   FAILING_COUNT  how many calls fail
 *   FAILING_ERRNO  with which error, as a number
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static long number(const char* name, long otherwise) {
  const char* text = getenv(name);
  return text ? atol(text) : otherwise;
}

static int fails(const char* kind) {
  const char* kinds = getenv("FAILING_CALL");
  const char* armed = getenv("FAILING_ARMED");
  if (!kinds || !strstr(kinds, kind) || !armed || access(armed, F_OK) != 0) return 0;
  const long call = atomic_fetch_add(&calls, 1) + 1;
  const long from = number("FAILING_FROM", 1);
  if (call < from || call >= from + number("FAILING_COUNT", 1)) return 0;
  errno = (int)number("FAILING_ERRNO", EIO);
  return 1;
}

static int write_fails(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  path[size > 0 ? size : 0] = 0;
  return fails(strstr(path, "/purges") ? "journal" : strstr(path, "/unsynced") ? "marker" : "write");
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  return write_fails(file) ? -1 : REAL(pwrite64)(file, bytes, size, at);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return write_fails(file) ? -1 : REAL(pwrite)(file, bytes, size, at);
}
ssize_t pwritev64(int file, const struct iovec* parts, int count, off64_t at) {
  return write_fails(file) ? -1 : REAL(pwritev64)(file, parts, count, at);
}
ssize_t pwritev(int file, const struct iovec* parts, int count, off_t at) {
  return write_fails(file) ? -1 : REAL(pwritev)(file, parts, count, at);
}
int fdatasync(int file) { return fails("sync") ? -1 : REAL(fdatasync)(file); }
int fsync(int file) { return fails("sync") ? -1 : REAL(fsync)(file); }
int ftruncate64(int file, off64_t size) { return fails("truncate") ? -1 : REAL(ftruncate64)(file, size); }
