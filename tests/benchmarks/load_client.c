/* What a load does, in C: so many clients on one epoll, each says a line, waits for its echo, says the next. No client is slow.
   load_client PORT CLIENTS LINES  prints the seconds of each wait, one a line; then "busy", and the seconds of the processor that it used. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST = 64, EVENTS = 1024 };

struct client {
    int fd, is_connected, said, got, size;
    double asked;
    char line[LONGEST];
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double busy(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void say(struct client *client, int number) {
    client->size = snprintf(client->line, LONGEST, "client %d, line %d\n", number, client->said + 1);
    client->got = 0;
    if (send(client->fd, client->line, client->size, MSG_NOSIGNAL) != client->size) fail("send");
}

int main(int count, char **words) {
    if (count != 4) return 2;
    int clients = atoi(words[2]), lines = atoi(words[3]), open_clients = clients, answers = 0, one = 1, epoll = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct client *all = calloc(clients, sizeof *all);
    double *waits = calloc((size_t)clients * lines, sizeof *waits), used = busy();
    struct epoll_event ready[EVENTS];
    char data[1 << 16];
    for (int at = 0; at < clients; at++) {
        struct client *client = all + at;
        struct epoll_event event = {.events = EPOLLOUT, .data.u32 = at};
        client->asked = now();
        client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (connect(client->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) fail("connect");
        epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event);
    }
    while (open_clients) {
        int found = epoll_wait(epoll, ready, EVENTS, 10000);
        double moment = now();
        if (found <= 0) fail("epoll_wait");
        for (int each = 0; each < found; each++) {
            struct client *client = all + ready[each].data.u32;
            int number = ready[each].data.u32 + 1;
            if (!client->is_connected) {
                struct epoll_event event = {.events = EPOLLIN, .data.u32 = number - 1};
                client->is_connected = 1;
                epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &event);
                say(client, number);
                continue;
            }
            ssize_t size = recv(client->fd, data, sizeof data, 0);
            if (size <= 0 || client->got + size > client->size || memcmp(client->line + client->got, data, size)) fail("recv");
            client->got += size;
            if (client->got < client->size) continue;
            waits[answers++] = moment - client->asked;
            if (++client->said == lines) {
                close(client->fd);
                open_clients--;
                continue;
            }
            client->asked = now();
            say(client, number);
        }
    }
    used = busy() - used;
    for (int at = 0; at < answers; at++) printf("%.7f\n", waits[at]);
    printf("busy %.6f\n", used);
    return 0;
}
