// Load over TLS: each connection is a thread that asks for one path, either again and again on the same connection or
// once on a new connection each time (a whole handshake: no session is ever resumed).
//
//   tls_load closed|fresh PORT AUTHORITY PATH CONNECTIONS SECONDS [connect]
//
// AUTHORITY is "host:port": the host goes into SNI and Host; with "connect" both are asked for as a tunnel first. A
// host that begins with "*" is another one for each connection ("*.test": n1.test, n2.test…), and is asked for what is
// stored only: 504 is as good as 200 there. Certificates are not judged. Prints one line as load.c does; latencies in
// microseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kSlowest = 1000000, kBuffer = 65536 };

struct Worker {
  pthread_t thread;
  char host[256], request[1024], connecting[1024];
  unsigned long answered, errors;
};

static int port, fresh, tunnel;
static const char *authority, *path;
static unsigned long hosts;
static long long end;
static SSL_CTX* context;
static unsigned histogram[kSlowest + 1];

static long long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/// Whom the next connection of this worker is for, and what it says there.
static void choose_host(struct Worker* worker) {
  const int named = (int)strcspn(authority, ":"), numbered = authority[0] == '*';
  if (numbered)
    snprintf(worker->host, sizeof worker->host, "n%lu%.*s", __atomic_add_fetch(&hosts, 1, __ATOMIC_RELAXED), named - 1,
             authority + 1);
  else
    snprintf(worker->host, sizeof worker->host, "%.*s", named, authority);
  const char* const port_text = strcmp(authority + named, ":443") == 0 ? "" : authority + named;
  snprintf(worker->request, sizeof worker->request,
           "GET %s HTTP/1.1\r\nHost: %s%s\r\nUser-Agent: load\r\nAccept: */*\r\n%s\r\n", path, worker->host, port_text,
           numbered ? "Cache-Control: only-if-cached\r\n" : "");
  snprintf(worker->connecting, sizeof worker->connecting, "CONNECT %s%s HTTP/1.1\r\nHost: %s%s\r\n\r\n", worker->host,
           authority + named, worker->host, authority + named);
}

static int open_socket(const char* connecting) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  struct timeval limit = {10, 0};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(fd, (struct sockaddr*)&to, sizeof to) != 0) return close(fd), -1;
  if (!tunnel) return fd;
  size_t size = strlen(connecting), got = 0;
  char answer[1024] = "";
  if (write(fd, connecting, size) != (ssize_t)size) return close(fd), -1;
  while (!strstr(answer, "\r\n\r\n")) {
    ssize_t more = got + 1 < sizeof answer ? read(fd, answer + got, sizeof answer - 1 - got) : 0;
    if (more <= 0) return close(fd), -1;
    answer[got += (size_t)more] = 0;
  }
  return strncmp(answer + 8, " 200", 4) == 0 ? fd : (close(fd), -1);
}

static SSL* open_tls(struct Worker* worker) {
  choose_host(worker);
  int fd = open_socket(worker->connecting);
  if (fd < 0) return NULL;
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  SSL_set_tlsext_host_name(ssl, worker->host);
  if (SSL_connect(ssl) == 1) return ssl;
  SSL_free(ssl);
  close(fd);
  return NULL;
}

static void close_tls(SSL* ssl) {
  if (!ssl) return;
  int fd = SSL_get_fd(ssl);
  SSL_shutdown(ssl);
  SSL_free(ssl);
  // No port of ours waits out its time, so that a long run does not run out of them.
  struct linger at_once = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

/// One exchange; false where the answer is not a 200 with its length.
static int ask(SSL* ssl, const char* request, char* buffer) {
  if (SSL_write(ssl, request, (int)strlen(request)) <= 0) return 0;
  size_t got = 0;
  char* body = NULL;
  while (!body) {
    int more = got + 1 < kBuffer ? SSL_read(ssl, buffer + got, (int)(kBuffer - 1 - got)) : 0;
    if (more <= 0) return 0;
    buffer[got += (size_t)more] = 0;
    body = strstr(buffer, "\r\n\r\n");
  }
  const char* length = strcasestr(buffer, "\r\nContent-Length:");
  const int good = strncmp(buffer + 8, " 200", 4) == 0 || (authority[0] == '*' && strncmp(buffer + 8, " 504", 4) == 0);
  if (!good || !length || length > body) return 0;
  long left = atol(length + 17) - (long)(buffer + got - (body + 4));
  while (left > 0) {
    int more = SSL_read(ssl, buffer, kBuffer);
    if (more <= 0) return 0;
    left -= more;
  }
  return left == 0;
}

static void* work(void* argument) {
  struct Worker* worker = argument;
  char* buffer = malloc(kBuffer);
  SSL* ssl = NULL;
  while (buffer && now_us() < end) {
    long long start = now_us();
    if (!ssl) ssl = open_tls(worker);
    if (ssl && ask(ssl, worker->request, buffer)) {
      long long took = now_us() - start;
      __atomic_fetch_add(&histogram[took < kSlowest ? took : kSlowest], 1, __ATOMIC_RELAXED);
      ++worker->answered;
      if (!fresh) continue;
    } else {
      ++worker->errors;
    }
    close_tls(ssl);
    ssl = NULL;
  }
  close_tls(ssl);
  free(buffer);
  return NULL;
}

static int percentile(double share, unsigned long answered) {
  unsigned long wanted = (unsigned long)((double)answered * share), seen = 0;
  for (int i = 0; i <= kSlowest; ++i) {
    seen += histogram[i];
    if (seen > wanted || (seen == answered && seen > 0)) return i;
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 7) return fprintf(stderr, "usage: see the head of tls_load.c\n"), 2;
  fresh = strcmp(argv[1], "fresh") == 0;
  port = atoi(argv[2]);
  authority = argv[3];
  path = argv[4];
  tunnel = argc > 7;
  const int connections = atoi(argv[5]);
  context = SSL_CTX_new(TLS_client_method());
  struct Worker* workers = calloc((size_t)connections, sizeof *workers);
  if (!context || !workers) return 1;
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  const long long start = now_us();
  end = start + atoll(argv[6]) * 1000000;
  for (int i = 0; i < connections; ++i)
    if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) return 1;
  unsigned long answered = 0, errors = 0;
  for (int i = 0; i < connections; ++i) {
    pthread_join(workers[i].thread, NULL);
    answered += workers[i].answered;
    errors += workers[i].errors;
  }
  printf("requests=%lu seconds=%.3f errors=%lu lost=0 p50=%d p99=%d p999=%d max=%d\n", answered,
         (double)(now_us() - start) / 1e6, errors, percentile(0.5, answered), percentile(0.99, answered),
         percentile(0.999, answered), percentile(1, answered));
  free(workers);
  SSL_CTX_free(context);
  return errors > 0;
}
