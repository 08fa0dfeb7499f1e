// The bare yardstick and the fast origin of the benchmarks: one thread, one epoll loop, a canned answer to every
// request.
//
//   epoll_server PORT BODY_BYTES [DELAY_MS [FILE]]
//
// GET /count answers how many other requests came. With a delay, an answer leaves DELAY_MS after its request arrived.
// With a file, its first BODY_BYTES are the body.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kMaxFd = 65536, kInput = 16384, kBatch = 256, kMaxQueue = 65536 };

struct Connection {
  char input[kInput];
  size_t used;
};

struct Waiting {
  int fd;
  long long due_ms;
};

static struct Connection* connections[kMaxFd];
static struct Waiting queue[kMaxQueue];  // a ring: the delay is constant, so due times come in order
static size_t queue_head, queue_size;
static char answer[32 << 20];
static size_t answer_size, body_size;
static long delay_ms;
static unsigned long requests;

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static char* body;  // null: a string of 'x'

static void read_body(const char* name) {
  FILE* file = fopen(name, "rb");
  body = malloc(body_size + 1);
  if (file == NULL || body == NULL || fread(body, 1, body_size, file) != body_size) exit((perror(name), 1));
  fclose(file);
}

static void build_answer(void) {
  static time_t built;
  time_t now = time(NULL);
  if (now == built) return;
  built = now;
  struct tm parts;
  char date[64];
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
  int head = snprintf(
      answer, 1024,
      "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: application/json\r\nCache-Control: public, max-age=3600\r\n"
      "Vary: Accept-Encoding\r\nETag: \"canned\"\r\nContent-Length: %zu\r\n\r\n",
      date, body_size);
  memset(answer + head, 'x', body_size);
  // What says that it is JSON has to be: a string.
  if (body_size > 1) answer[head] = answer[(size_t)head + body_size - 1] = '"';
  if (body != NULL) memcpy(answer + head, body, body_size);
  answer_size = (size_t)head + body_size;
}

static void drop(int fd) {
  close(fd);
  free(connections[fd]);
  connections[fd] = NULL;
}

static int send_all(int fd, const char* data, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent <= 0) return 0;
    data += sent;
    size -= (size_t)sent;
  }
  return 1;
}

static int reply(int fd, const char* request) {
  if (strncmp(request, "GET /count ", 11) == 0) {
    char text[160], number[24];
    int digits = snprintf(number, sizeof number, "%lu", requests);
    int size = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n%s",
                        digits, number);
    return send_all(fd, text, (size_t)size);
  }
  ++requests;
  if (delay_ms > 0 && queue_size < kMaxQueue) {
    queue[(queue_head + queue_size++) % kMaxQueue] = (struct Waiting){fd, now_ms() + delay_ms};
    return 1;
  }
  return send_all(fd, answer, answer_size);
}

static int serve(int fd) {
  struct Connection* c = connections[fd];
  ssize_t got = recv(fd, c->input + c->used, kInput - 1 - c->used, 0);
  if (got <= 0) return got < 0 && errno == EAGAIN;
  c->used += (size_t)got;
  c->input[c->used] = 0;
  char *start = c->input, *end;
  while ((end = strstr(start, "\r\n\r\n")) != NULL) {
    if (!reply(fd, start)) return 0;
    start = end + 4;
  }
  c->used -= (size_t)(start - c->input);
  memmove(c->input, start, c->used);
  return c->used < kInput - 1;
}

static void answer_due(void) {
  while (queue_size > 0 && queue[queue_head].due_ms <= now_ms()) {
    int fd = queue[queue_head].fd;
    queue_head = (queue_head + 1) % kMaxQueue;
    --queue_size;
    if (connections[fd] != NULL && !send_all(fd, answer, answer_size)) drop(fd);
  }
}

static void accept_all(int listener, int epoll) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (fd >= kMaxFd || (connections[fd] = calloc(1, sizeof(struct Connection))) == NULL) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

int main(int argc, char** argv) {
  if (argc < 3) return fprintf(stderr, "usage: %s PORT BODY_BYTES [DELAY_MS [FILE]]\n", argv[0]), 2;
  body_size = strtoul(argv[2], NULL, 10);
  delay_ms = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
  if (body_size > sizeof answer - 1024) return fprintf(stderr, "body too large\n"), 2;
  if (argc > 4) read_body(argv[4]);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) || listen(listener, 4096)) return perror("listen"), 1;
  int epoll = epoll_create1(0);
  struct epoll_event events[kBatch], event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int count = epoll_wait(epoll, events, kBatch, queue_size > 0 ? 1 : 1000);
    build_answer();
    for (int i = 0; i < count; ++i) {
      int fd = events[i].data.fd;
      if (fd == listener)
        accept_all(listener, epoll);
      else if (!serve(fd))
        drop(fd);
    }
    answer_due();
  }
}
