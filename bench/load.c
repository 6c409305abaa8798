/* Load for the Teltonika door: stop-and-wait devices on loopback, each frame new, records of 69 bytes with 13 values.
   Usage: load PORT CONNECTIONS RECORDS SECONDS RATE FIRST_IMEI   (RATE frames/s over all, 0 = as fast as answered;
   RECORDS 0 = connect, sign in, hold still). Prints one JSON object. */
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
#include <time.h>
#include <unistd.h>

enum { RECORD = 69, MOST_RECORDS = 100, HEAD = 10, TAIL = 5, SLOTS = 2000000 };
struct device { int fd, known; uint32_t have; uint8_t heard[4]; uint64_t sent_us, next_us, fix_ms; uint32_t step; };

static uint16_t crc_table[256];
static uint32_t *late_us;
static uint64_t answered, latencies;

static uint64_t now_us(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u; }
static uint64_t wall_ms(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u; }
static void put(uint8_t *p, uint64_t value, int size) { while (size--) { p[size] = (uint8_t)value; value >>= 8; } }

static void make_table(void) {
  for (int i = 0; i < 256; i++) {
    uint16_t c = (uint16_t)i;
    for (int k = 0; k < 8; k++) c = c & 1 ? (uint16_t)(c >> 1 ^ 0xA001) : (uint16_t)(c >> 1);
    crc_table[i] = c;
  }
}

static uint8_t *record(uint8_t *p, struct device *d) {
  static const uint8_t one[6] = {239, 240, 1, 21, 200, 69};
  static const uint8_t two[4] = {66, 67, 181, 24};
  static const uint8_t four[3] = {16, 199, 241};
  uint32_t step = d->step++;
  d->fix_ms += 1; /* a believed time: not before the enrolment, not minutes ahead of the clock */
  put(p, d->fix_ms, 8); p[8] = 0;
  put(p + 9, (uint32_t)(int32_t)(513000000 + (int32_t)(step * 137 % 2000000)), 4);
  put(p + 13, (uint32_t)(int32_t)(356900000 + (int32_t)(step * 91 % 2000000)), 4);
  put(p + 17, 1180 + step % 40, 2); put(p + 19, step * 3 % 360, 2); p[21] = 12; put(p + 22, 40 + step % 50, 2);
  p[24] = 0; p[25] = 13; p += 26;
  *p++ = 6; for (int i = 0; i < 6; i++) { *p++ = one[i]; *p++ = i < 3; }
  *p++ = 4; for (int i = 0; i < 4; i++) { *p++ = two[i]; put(p, 12500 + step % 300, 2); p += 2; }
  *p++ = 3; for (int i = 0; i < 3; i++) { *p++ = four[i]; put(p, 100000 + step * 9, 4); p += 4; }
  *p++ = 0;
  return p;
}

static int send_frame(struct device *d, int records, uint64_t now) {
  static uint8_t frame[HEAD + RECORD * MOST_RECORDS + TAIL];
  uint8_t *p = frame + HEAD;
  put(frame, 0, 4); frame[8] = 8; frame[9] = (uint8_t)records;
  for (int i = 0; i < records; i++) p = record(p, d);
  *p++ = (uint8_t)records;
  put(frame + 4, (uint64_t)(p - frame - 8), 4);
  uint16_t crc = 0;
  for (uint8_t *q = frame + 8; q < p; q++) crc = (uint16_t)(crc >> 8 ^ crc_table[(crc ^ *q) & 255]);
  put(p, crc, 4); p += 4;
  d->sent_us = now;
  return write(d->fd, frame, (size_t)(p - frame)) == p - frame ? 0 : -1;
}

static int by_size(const void *a, const void *b) { uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b; return (x > y) - (x < y); }

int main(int argc, char **argv) {
  if (argc != 7) { fprintf(stderr, "usage: load PORT CONNECTIONS RECORDS SECONDS RATE FIRST_IMEI\n"); return 2; }
  int count = atoi(argv[2]), records = atoi(argv[3]), rate = atoi(argv[5]);
  double seconds = atof(argv[4]);
  uint64_t first = strtoull(argv[6], NULL, 10);
  if (count < 1 || count > 60000 || records < 0 || records > MOST_RECORDS) { fprintf(stderr, "load: out of bounds\n"); return 2; }
  signal(SIGPIPE, SIG_IGN);
  make_table();
  late_us = malloc(SLOTS * sizeof *late_us);
  struct device *devices = calloc((size_t)count, sizeof *devices);
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int poll = epoll_create1(0), one = 1, known = 0, failed = 0;
  uint64_t begun = now_us(), base_ms = wall_ms();
  for (int i = 0; i < count; i++) {
    struct device *d = devices + i;
    d->fd = socket(AF_INET, SOCK_STREAM, 0);
    /* each batch of 20,000 leaves from a loopback address of its own, since ports of one pair of addresses run out */
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK + (uint32_t)(i / 20000))}};
    bind(d->fd, (struct sockaddr *)&from, sizeof from);
    if (connect(d->fd, (struct sockaddr *)&there, sizeof there)) { perror("load: connect"); return 1; }
    setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    uint8_t hello[18] = {0, 15};
    snprintf((char *)hello + 2, 16, "%015lu", first + (uint64_t)i);
    if (write(d->fd, hello, 17) != 17) failed++;
    d->fix_ms = base_ms;
    struct epoll_event mine = {.events = EPOLLIN, .data.ptr = d};
    epoll_ctl(poll, EPOLL_CTL_ADD, d->fd, &mine);
  }
  uint64_t connected = now_us(), start = 0, stop = 0;
  struct epoll_event ready[512];
  int cursor = 0;
  uint64_t scheduled = 0;
  while (!stop || now_us() < stop) {
    int got = epoll_wait(poll, ready, 512, rate ? 1 : 100);
    uint64_t now = now_us();
    for (int i = 0; i < got; i++) {
      struct device *d = ready[i].data.ptr;
      uint8_t bytes[64];
      ssize_t size = read(d->fd, bytes, sizeof bytes);
      if (size <= 0) { failed++; epoll_ctl(poll, EPOLL_CTL_DEL, d->fd, NULL); continue; }
      if (!d->known) { d->known = bytes[0] == 1; known += d->known; failed += !d->known; if (size == 1) { if (start && records && !rate) send_frame(d, records, now); continue; } }
      d->have += (uint32_t)size;
      if (d->have < 4) continue;
      d->have = 0;
      answered++;
      if (latencies < SLOTS) late_us[latencies++] = (uint32_t)(now - d->sent_us);
      d->sent_us = 0;
      if (!rate && records && stop && send_frame(d, records, now)) failed++;
    }
    if (!start && (known + failed >= count || now - begun > 60000000u)) {
      start = now; stop = now + (uint64_t)(seconds * 1e6); answered = latencies = 0;
      if (records && !rate) for (int i = 0; i < count; i++) if (devices[i].known && send_frame(devices + i, records, now)) failed++;
    }
    if (rate && start && records)
      for (uint64_t due = (now - start) * (uint64_t)rate / 1000000u; scheduled < due; scheduled++) {
        for (int tried = 0; tried < count; tried++) {
          struct device *d = devices + cursor;
          cursor = (cursor + 1) % count;
          if (d->known && !d->sent_us) { if (send_frame(d, records, now_us())) failed++; break; }
        }
      }
  }
  uint64_t ended = now_us();
  qsort(late_us, latencies, sizeof *late_us, by_size);
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("{\"connections\": %d, \"known\": %d, \"failed\": %d, \"frames\": %lu, \"records\": %lu, \"seconds\": %.3f, \"connect_s\": %.3f, \"p50_us\": %u, \"p99_us\": %u}\n",
         count, known, failed, answered, answered * (uint64_t)records, (double)(ended - start) / 1e6, (double)((start ? start : connected) - begun) / 1e6,
         latencies ? late_us[latencies / 2] : 0, latencies ? late_us[latencies * 99 / 100] : 0);
  return 0;
}
