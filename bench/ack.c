/* The limit that ingest is measured against: a server that reads Teltonika frames, answers them and does nothing else.
   Usage: ack PORT. On SIGTERM it prints {"frames": N, "cpu_us": N} and ends. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_FDS = 65536, ROOM = 8192 };
struct talk { int known; uint32_t have; uint8_t bytes[ROOM]; };
static struct talk *talks[MOST_FDS];
static volatile sig_atomic_t over;
static uint64_t frames;

static void end(int signal) { (void)signal; over = 1; }

static uint32_t be32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

static int answer(int fd, struct talk *t) {
  uint8_t out[512];
  uint32_t at = 0, filled = 0;
  for (;;) {
    uint32_t left = t->have - at;
    const uint8_t *p = t->bytes + at;
    if (!t->known) {
      if (left < 2) break;
      uint32_t size = 2u + ((uint32_t)p[0] << 8 | p[1]);
      if (left < size) break;
      t->known = 1;
      out[filled++] = 1;
      at += size;
    } else {
      if (left < 10) break;
      uint32_t size = 12u + be32(p + 4);
      if (size > ROOM) return -1;
      if (left < size) break;
      memset(out + filled, 0, 3);
      out[filled + 3] = p[9];
      filled += 4;
      frames++;
      at += size;
    }
    if (filled > sizeof out - 8) break;
  }
  memmove(t->bytes, t->bytes + at, t->have - at);
  t->have -= at;
  return filled && write(fd, out, filled) != (ssize_t)filled ? -1 : 0;
}

int main(int argc, char **argv) {
  if (argc != 2) { fprintf(stderr, "usage: ack PORT\n"); return 2; }
  signal(SIGTERM, end);
  signal(SIGPIPE, SIG_IGN);
  int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (bind(door, (struct sockaddr *)&here, sizeof here) || listen(door, 4096)) { perror("ack"); return 1; }
  int poll = epoll_create1(0);
  struct epoll_event ready[512], ask = {.events = EPOLLIN, .data.fd = door};
  epoll_ctl(poll, EPOLL_CTL_ADD, door, &ask);
  while (!over) {
    int count = epoll_wait(poll, ready, 512, 200);
    for (int i = 0; i < count; i++) {
      int fd = ready[i].data.fd;
      if (fd == door) {
        int caller;
        while ((caller = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          if (caller >= MOST_FDS) { close(caller); continue; }
          setsockopt(caller, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          talks[caller] = calloc(1, sizeof(struct talk));
          struct epoll_event mine = {.events = EPOLLIN, .data.fd = caller};
          epoll_ctl(poll, EPOLL_CTL_ADD, caller, &mine);
        }
        continue;
      }
      struct talk *t = talks[fd];
      ssize_t got = read(fd, t->bytes + t->have, ROOM - t->have);
      if (got < 0 && errno == EAGAIN) continue;
      if (got > 0) t->have += (uint32_t)got;
      if (got <= 0 || answer(fd, t)) { close(fd); free(t); talks[fd] = NULL; }
    }
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  uint64_t cpu_us = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000u + (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  printf("{\"frames\": %lu, \"cpu_us\": %lu}\n", frames, cpu_us);
  return 0;
}
