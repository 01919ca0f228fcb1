// The functions of libcurl, which is loaded when the first client starts, and wrappers of what Swift cannot call: functions
// with a variable number of arguments.
//
// libcurl brings more than twenty other libraries. Loading them takes as long as the rest of the start, and most commands
// that read local files need none of them.
#pragma once
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

#define CAPSULE_CURL_FUNCTIONS(EACH)                                                                                   \
    EACH(curl_global_init)                                                                                             \
    EACH(curl_version)                                                                                                 \
    EACH(curl_version_info)                                                                                            \
    EACH(curl_slist_append)                                                                                            \
    EACH(curl_slist_free_all)                                                                                          \
    EACH(curl_easy_init)                                                                                               \
    EACH(curl_easy_cleanup)                                                                                            \
    EACH(curl_easy_setopt)                                                                                             \
    EACH(curl_easy_getinfo)                                                                                            \
    EACH(curl_easy_pause)                                                                                              \
    EACH(curl_easy_strerror)                                                                                           \
    EACH(curl_multi_init)                                                                                              \
    EACH(curl_multi_cleanup)                                                                                           \
    EACH(curl_multi_setopt)                                                                                            \
    EACH(curl_multi_add_handle)                                                                                        \
    EACH(curl_multi_remove_handle)                                                                                     \
    EACH(curl_multi_perform)                                                                                           \
    EACH(curl_multi_poll)                                                                                              \
    EACH(curl_multi_wakeup)                                                                                            \
    EACH(curl_multi_info_read)                                                                                         \
    EACH(curl_multi_strerror)

#define CAPSULE_CURL_MEMBER(name) __typeof__(name) *name;
struct capsule_curl {
    CAPSULE_CURL_FUNCTIONS(CAPSULE_CURL_MEMBER)
};

// The functions; all are NULL until `capsule_load_curl` has succeeded.
extern struct capsule_curl capsule_curl;

// Loads the library. Returns NULL, or what is wrong, in memory that the caller must free. Call it once.
char *capsule_load_curl(void);

typedef size_t (*capsule_data_function)(char *data, size_t size, size_t count, void *user);
typedef int (*capsule_debug_function)(CURL *easy, curl_infotype kind, char *data, size_t count, void *user);
typedef int (*capsule_prereq_function)(void *user, char *address, char *local, int port, int local_port);

static inline const curl_version_info_data *capsule_version_info(void) { return capsule_curl.curl_version_info(CURLVERSION_NOW); }

static inline CURLcode capsule_set_long(CURL *easy, CURLoption option, long value) {
    return capsule_curl.curl_easy_setopt(easy, option, value);
}

static inline CURLcode capsule_set_size(CURL *easy, CURLoption option, int64_t value) {
    return capsule_curl.curl_easy_setopt(easy, option, (curl_off_t)value);
}

static inline CURLcode capsule_set_text(CURL *easy, CURLoption option, const char *value) {
    return capsule_curl.curl_easy_setopt(easy, option, value);
}

static inline CURLcode capsule_set_pointer(CURL *easy, CURLoption option, void *value) {
    return capsule_curl.curl_easy_setopt(easy, option, value);
}

static inline CURLcode capsule_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return capsule_curl.curl_easy_setopt(easy, option, value);
}

static inline CURLcode capsule_set_data_function(CURL *easy, CURLoption option, capsule_data_function value) {
    return capsule_curl.curl_easy_setopt(easy, option, value);
}

static inline CURLcode capsule_set_debug_function(CURL *easy, capsule_debug_function value) {
    return capsule_curl.curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, value);
}

static inline CURLcode capsule_set_prereq_function(CURL *easy, capsule_prereq_function value) {
    return capsule_curl.curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value);
}

// The bytes are copied.
static inline CURLcode capsule_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return capsule_curl.curl_easy_setopt(easy, option, &blob);
}

// A socket that started programs do not inherit: libcurl 7.88 does not set this.
static curl_socket_t capsule_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)user;
    (void)purpose;
#ifdef SOCK_CLOEXEC
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
    int descriptor = socket(address->family, address->socktype, address->protocol);
    if (descriptor >= 0 && fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
        close(descriptor);
        return CURL_SOCKET_BAD;
    }
    return descriptor;
#endif
}

static inline CURLcode capsule_set_close_on_exec(CURL *easy) {
    return capsule_curl.curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, capsule_open_socket);
}

static inline CURLcode capsule_info_long(CURL *easy, CURLINFO info, long *value) {
    return capsule_curl.curl_easy_getinfo(easy, info, value);
}

static inline CURLcode capsule_info_size(CURL *easy, CURLINFO info, int64_t *value) {
    curl_off_t found = 0;
    CURLcode code = capsule_curl.curl_easy_getinfo(easy, info, &found);
    *value = found;
    return code;
}

// The bytes in the send buffer of the connection's socket; 0 where the system does not tell.
static inline int capsule_unsent(CURL *easy) {
#ifdef SIOCOUTQ
    curl_socket_t socket = CURL_SOCKET_BAD;
    int count = 0;
    if (capsule_curl.curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK && socket != CURL_SOCKET_BAD &&
        ioctl(socket, SIOCOUTQ, &count) == 0)
        return count;
#else
    (void)easy;
#endif
    return 0;
}

static inline CURLMcode capsule_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return capsule_curl.curl_multi_setopt(multi, option, value);
}

static inline CURLcode capsule_global_init(long flags) { return capsule_curl.curl_global_init(flags); }

static inline const char *capsule_version(void) { return capsule_curl.curl_version(); }

static inline struct curl_slist *capsule_list_append(struct curl_slist *list, const char *line) {
    return capsule_curl.curl_slist_append(list, line);
}

static inline void capsule_list_free(struct curl_slist *list) { capsule_curl.curl_slist_free_all(list); }

static inline CURL *capsule_easy_init(void) { return capsule_curl.curl_easy_init(); }

static inline void capsule_easy_cleanup(CURL *easy) { capsule_curl.curl_easy_cleanup(easy); }

static inline CURLcode capsule_easy_pause(CURL *easy, int mask) { return capsule_curl.curl_easy_pause(easy, mask); }

static inline const char *capsule_easy_text(CURLcode code) { return capsule_curl.curl_easy_strerror(code); }

static inline CURLM *capsule_multi_init(void) { return capsule_curl.curl_multi_init(); }

static inline CURLMcode capsule_multi_cleanup(CURLM *multi) { return capsule_curl.curl_multi_cleanup(multi); }

static inline CURLMcode capsule_multi_add(CURLM *multi, CURL *easy) {
    return capsule_curl.curl_multi_add_handle(multi, easy);
}

static inline CURLMcode capsule_multi_remove(CURLM *multi, CURL *easy) {
    return capsule_curl.curl_multi_remove_handle(multi, easy);
}

static inline CURLMcode capsule_multi_perform(CURLM *multi, int *running) {
    return capsule_curl.curl_multi_perform(multi, running);
}

static inline CURLMcode capsule_multi_poll(CURLM *multi, int milliseconds) {
    return capsule_curl.curl_multi_poll(multi, NULL, 0, milliseconds, NULL);
}

static inline CURLMcode capsule_multi_wakeup(CURLM *multi) { return capsule_curl.curl_multi_wakeup(multi); }

static inline CURLMsg *capsule_multi_next(CURLM *multi, int *left) {
    return capsule_curl.curl_multi_info_read(multi, left);
}

static inline const char *capsule_multi_text(CURLMcode code) { return capsule_curl.curl_multi_strerror(code); }
