// Linux system calls that the C library declares only with _GNU_SOURCE, which Swift's importer does not define.
#pragma once
#ifdef __linux__
#include <pthread.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...);
void *memmem(const void *text, size_t size, const void *part, size_t part_size);
int pthread_setname_np(pthread_t thread, const char *name);

// Sets the name, of at most 15 bytes, that the system's tools show for a thread.
static inline int capsule_name_thread(pthread_t thread, const char *name) { return pthread_setname_np(thread, name); }

// Renames within one directory without replacing anything (RENAME_NOREPLACE is 1).
static inline int capsule_rename_no_replace(int directory, const char *from, const char *to) {
    return (int)syscall(SYS_renameat2, directory, from, directory, to, 1U);
}

// Writes everything of the file system that holds the descriptor to the disk.
static inline int capsule_sync_file_system(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }
#endif

// --- Servers (HTTPServer): epoll, eventfd and sockets. A negative result is an errno. ---
#ifdef __linux__
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);

struct capsule_poll_event {
    uint64_t tag;
    // CAPSULE_POLL_*
    uint32_t what;
};
enum { CAPSULE_POLL_READABLE = 1, CAPSULE_POLL_WRITABLE = 2, CAPSULE_POLL_ENDED = 4, CAPSULE_POLL_BROKEN = 8 };

static inline int capsule_poll_create(void) {
    int poll = epoll_create1(EPOLL_CLOEXEC);
    return poll < 0 ? -errno : poll;
}

static inline int capsule_poll_add(int poll, int descriptor, uint64_t tag, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = tag};
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

// Both directions and the end of the other side, edge-triggered.
static inline int capsule_poll_add_connection(int poll, int descriptor, uint64_t tag) {
    return capsule_poll_add(poll, descriptor, tag, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

// Level-triggered, and wakes one of the waiting threads.
static inline int capsule_poll_add_listener(int poll, int descriptor, uint64_t tag) {
    return capsule_poll_add(poll, descriptor, tag, EPOLLIN | EPOLLEXCLUSIVE);
}

static inline int capsule_poll_add_readable(int poll, int descriptor, uint64_t tag) {
    return capsule_poll_add(poll, descriptor, tag, EPOLLIN);
}

static inline int capsule_poll_remove(int poll, int descriptor) {
    return epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, NULL) < 0 ? -errno : 0;
}

static inline int capsule_poll_wait(int poll, struct capsule_poll_event *events, int capacity, int milliseconds) {
    struct epoll_event found[64];
    int count = epoll_wait(poll, found, capacity < 64 ? capacity : 64, milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        uint32_t flags = found[i].events, what = 0;
        if (flags & EPOLLIN) what |= CAPSULE_POLL_READABLE;
        if (flags & EPOLLOUT) what |= CAPSULE_POLL_WRITABLE;
        if (flags & EPOLLRDHUP) what |= CAPSULE_POLL_ENDED | CAPSULE_POLL_READABLE;
        if (flags & (EPOLLHUP | EPOLLERR))
            what |= CAPSULE_POLL_BROKEN | CAPSULE_POLL_ENDED | CAPSULE_POLL_READABLE | CAPSULE_POLL_WRITABLE;
        events[i].tag = found[i].data.u64;
        events[i].what = what;
    }
    return count;
}

static inline int capsule_wake_create(void) {
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

// Fails only when the counter is full, and then the descriptor can be read anyway.
static inline void capsule_wake(int descriptor) {
    uint64_t one = 1;
    ssize_t written;
    do {
        written = write(descriptor, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
}

static inline void capsule_wake_clear(int descriptor) {
    uint64_t count;
    ssize_t got;
    do {
        got = read(descriptor, &count, sizeof count);
    } while (got < 0 && errno == EINTR);
}

// A socket of IPv6 takes connections of IPv4 as well with `both`, whatever the system's default is.
static inline int capsule_socket_listen(const struct sockaddr *address, socklen_t length, int family, int both, int backlog) {
    int one = 1, only = !both, problem;
    int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        (family != AF_INET6 || setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) == 0) &&
        bind(descriptor, address, length) == 0 && listen(descriptor, backlog) == 0)
        return descriptor;
    problem = errno;
    close(descriptor);
    return -problem;
}

// The port that a socket is bound to.
static inline int capsule_socket_port(int descriptor) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0) return -errno;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

// The bytes that the text of an address takes, its end included.
enum { CAPSULE_ADDRESS_SIZE = INET6_ADDRSTRLEN };

// Writes the address of the other side as text: one of IPv4 in its own form, also when it came to a socket of IPv6.
static inline void capsule_socket_write_address(const struct sockaddr_storage *address, char *text) {
    const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
    const char *written = NULL;
    if (address->ss_family == AF_INET)
        written = inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, CAPSULE_ADDRESS_SIZE);
    else if (address->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(six))
        written = inet_ntop(AF_INET, (const char *)six + 12, text, CAPSULE_ADDRESS_SIZE);
    else if (address->ss_family == AF_INET6)
        written = inet_ntop(AF_INET6, six, text, CAPSULE_ADDRESS_SIZE);
    if (!written) text[0] = 0;
}

static inline int capsule_socket_accept(int listener, char *client) {
    int one = 1;
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    int descriptor = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return -errno;
    capsule_socket_write_address(&address, client);
    // Responses are sent at once; a failure only costs time.
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return descriptor;
}

static inline ssize_t capsule_socket_receive(int descriptor, void *bytes, size_t count) {
    ssize_t got;
    do {
        got = recv(descriptor, bytes, count, 0);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static inline ssize_t capsule_socket_send(int descriptor, const void *bytes, size_t count) {
    ssize_t sent;
    do {
        sent = send(descriptor, bytes, count, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

// Closing the descriptor resets the connection.
static inline int capsule_socket_reset_on_close(int descriptor) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    return setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) < 0 ? -errno : 0;
}
#endif
