// The load of the benchmarks: one thread, one epoll loop, keep-alive connections, every latency counted.
//
//   load closed PORT PATH CONNECTIONS SECONDS     each connection asks again as soon as it is answered
//   load unique PORT PATH CONNECTIONS SECONDS     the same, each request for a new URL (PATH + number)
//   load count  PORT PATH CONNECTIONS REQUESTS    the URLs PATH0 to PATH(REQUESTS-1), once each
//   load rate   PORT PATH CONNECTIONS SECONDS REQUESTS_PER_SECOND    a fixed rate; latency from the time it was due
//   load trace  PORT PATH CONNECTIONS FILE        the URLs PATH + each number of FILE, 32 bits each, in this order
//   load mixed  PORT PATH CONNECTIONS FILE        the same by eight kinds of clients in turn, see kClients
//   load herd   PORT PATH CONNECTIONS             all connect, then all ask the same at once
//   load idle   PORT PATH CONNECTIONS             each asks once, then they idle until standard input closes
//
// Prints one line: requests, seconds, errors and latencies in microseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kInput = 65536, kBatch = 256, kSlowest = 2000000 };
enum Mode { closed, unique, count, trace, mixed, rate, herd, idle, kModeCount };
static const char* const kModes[] = {"closed", "unique", "count", "trace", "mixed", "rate", "herd", "idle"};

// The last line ends the connection with its answer.
static const char* const kClients[] = {
    "HTTP/1.1\r\nUser-Agent: load\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n",
    "HTTP/1.1\r\nUser-Agent: Sonarr/4.0\r\nAccept: application/json\r\nAccept-Encoding: gzip, br\r\n",
    "HTTP/1.1\r\nUser-Agent: Jellyfin/10.9\r\nAccept: */*\r\nAccept-Encoding: br, gzip\r\n",
    "HTTP/1.1\r\nUser-Agent: Kodi/21\r\nAccept: */*\r\nAccept-Encoding: deflate, gzip\r\n",
    "HTTP/1.1\r\nUser-Agent: curl/8\r\nAccept: */*\r\n",
    "HTTP/1.0\r\nUser-Agent: old\r\nConnection: keep-alive\r\n",
    "HTTP/1.0\r\nUser-Agent: older\r\n",
    "HTTP/1.1\r\nUser-Agent: script\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nConnection: close\r\n"};
enum { kKinds = 8, kFirstThatCloses = 6 };

struct Connection {
  int fd, busy, closes;  // closes: the answer in flight is its last
  long long due;         // when the request in flight was due, microseconds
  size_t used, missing;  // bytes of head in `input`; bytes of body still to come
  char input[kInput];
};

static enum Mode mode;
static int epoll, port, connections, busy;
static const char* path;
static unsigned long sent, answered, errors, limit;
static unsigned* traced;
static unsigned histogram[kSlowest + 1];
static struct Connection** all;

static long long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static int numbered(void) { return mode == count || mode == trace || mode == mixed; }

static void read_trace(const char* name) {
  FILE* file = fopen(name, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) exit((perror(name), 1));
  limit = (unsigned long)ftell(file) / sizeof *traced;
  traced = malloc(limit * sizeof *traced);
  rewind(file);
  if (traced == NULL || fread(traced, sizeof *traced, limit, file) != limit) exit((perror(name), 1));
  fclose(file);
}

static int open_connection(struct Connection* c) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  int on = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr*)&address, sizeof address)) return perror("connect"), 0;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
  c->busy = c->closes = 0;
  c->used = c->missing = 0;
  return 1;
}

static void ask(struct Connection* c, long long due) {
  char text[1024], number[24] = "";
  if (mode == unique || mode == count) snprintf(number, sizeof number, "%lu", sent);
  if (mode == trace || mode == mixed) snprintf(number, sizeof number, "%u", traced[sent]);
  unsigned long kind = mode == mixed ? sent % kKinds : 0;
  c->closes = kind >= kFirstThatCloses;
  int size = snprintf(text, sizeof text, "GET %s%s %sHost: bench.test\r\n\r\n", path, number, kClients[kind]);
  ++sent;
  ++busy;
  c->busy = 1;
  c->due = due;
  if (send(c->fd, text, (size_t)size, MSG_NOSIGNAL) != size) ++errors;
}

static void finish(struct Connection* c) {
  long long took = now_us() - c->due;
  ++histogram[took < 0 ? 0 : took > kSlowest ? kSlowest : took];
  ++answered;
  --busy;
  c->busy = 0;
  if (!c->closes) return;
  close(c->fd);
  if (!open_connection(c)) exit(1);
}

static void reopen(struct Connection* c) {
  ++errors;
  if (c->busy) --busy;
  close(c->fd);
  if (!open_connection(c)) exit(1);
}

// Takes the head off the input; 1 once it was there, -1 if it is no good answer.
static int take_head(struct Connection* c) {
  c->input[c->used] = 0;
  char* end = strstr(c->input, "\r\n\r\n");
  if (end == NULL) return c->used < kInput - 1 ? 0 : -1;
  char* length = strcasestr(c->input, "\r\nContent-Length:");
  if (strncmp(c->input + 8, " 200", 4) != 0 || length == NULL || length > end) return -1;
  size_t body = strtoul(length + 17, NULL, 10), got = c->used - (size_t)(end + 4 - c->input);
  if (got > body) return -1;
  c->missing = body - got;
  c->used = 0;
  return 1;
}

// Reads what there is; true when the answer in flight is whole.
static int take(struct Connection* c) {
  ssize_t got = recv(c->fd, c->input + c->used, kInput - 1 - c->used, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return 0;
  if (got <= 0 || !c->busy) return reopen(c), 0;
  if (c->missing > 0) {
    if ((size_t)got > c->missing) return reopen(c), 0;
    c->missing -= (size_t)got;
    return c->missing == 0;
  }
  c->used += (size_t)got;
  int head = take_head(c);
  if (head < 0) return reopen(c), 0;
  return head == 1 && c->missing == 0;
}

static void poll_once(int timeout_ms, long long end) {
  struct epoll_event events[kBatch];
  int ready = epoll_wait(epoll, events, kBatch, timeout_ms);
  for (int i = 0; i < ready; ++i) {
    struct Connection* c = events[i].data.ptr;
    if (take(c)) finish(c);
    int more = mode == closed || mode == unique ? now_us() < end : numbered() && sent < limit;
    if (more && !c->busy) ask(c, now_us());
  }
}

static void run_closed(long long end) {
  for (int i = 0; i < connections && (!numbered() || sent < limit); ++i) ask(all[i], now_us());
  while (busy > 0 && now_us() < end + 5000000) poll_once(100, end);
}

// Sleeps until shortly before `due`: one that spins takes a core away from what it measures.
static void poll_until(long long due, long long end) {
  enum { kSpin = 100 };
  struct epoll_event events[1];
  long long left = due - now_us() - kSpin;
  struct timespec wait = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
  if (left > 0) epoll_pwait2(epoll, events, 1, &wait, NULL);
  poll_once(0, end);
}

static void run_rate(long long start, long long end, double per_second) {
  int next = 0;
  unsigned long due_count = 0;
  for (long long now = start; now < end; now = now_us()) {
    long long due;
    while ((due = start + (long long)((double)due_count * 1e6 / per_second)) <= now && busy < connections) {
      while (all[next]->busy) next = (next + 1) % connections;
      ask(all[next], due);
      ++due_count;
    }
    poll_until(start + (long long)((double)due_count * 1e6 / per_second), end);
  }
  while (busy > 0 && now_us() < end + 5000000) poll_once(100, end);
}

static double percentile(double share) {
  unsigned long wanted = (unsigned long)((double)answered * share), seen = 0;
  for (int i = 0; i <= kSlowest; ++i) {
    seen += histogram[i];
    if (seen > wanted || (seen == answered && seen > 0)) return i;
  }
  return 0;
}

int main(int argc, char** argv) {
  int wanted = argc > 1 ? 0 : kModeCount;
  while (wanted < kModeCount && strcmp(argv[1], kModes[wanted]) != 0) ++wanted;
  if (wanted == kModeCount || argc < (wanted <= mixed ? 6 : wanted == rate ? 7 : 5))
    return fprintf(stderr, "usage: see the head of load.c\n"), 2;
  mode = (enum Mode)wanted;
  port = atoi(argv[2]);
  path = argv[3];
  connections = atoi(argv[4]);
  long long span = argc > 5 ? atoll(argv[5]) : 20;
  limit = (unsigned long)span;
  if (mode == trace || mode == mixed) read_trace(argv[5]);
  epoll = epoll_create1(0);
  all = calloc((size_t)connections, sizeof *all);
  for (int i = 0; i < connections; ++i)
    if ((all[i] = calloc(1, sizeof **all)) == NULL || !open_connection(all[i])) return 1;
  long long start = now_us(), end = start + (numbered() ? 600 : span) * 1000000;
  if (mode == rate)
    run_rate(start, end, atof(argv[6]));
  else
    run_closed(end);
  double seconds = (double)(now_us() - start) / 1e6;
  printf("requests=%lu seconds=%.3f errors=%lu lost=%d p50=%.0f p99=%.0f p999=%.0f max=%.0f\n", answered, seconds,
         errors, busy, percentile(0.5), percentile(0.99), percentile(0.999), percentile(1));
  fflush(stdout);
  if (mode == idle)
    while (getchar() != EOF) {}
  return errors > 0 || busy > 0;
}
