// libcurl, and wrappers of what Swift cannot call: functions with a variable number of arguments.
#pragma once
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

typedef size_t (*capsule_data_function)(char *data, size_t size, size_t count, void *user);
typedef int (*capsule_debug_function)(CURL *easy, curl_infotype kind, char *data, size_t count, void *user);
typedef int (*capsule_prereq_function)(void *user, char *address, char *local, int port, int local_port);

static inline const curl_version_info_data *capsule_version_info(void) { return curl_version_info(CURLVERSION_NOW); }

static inline CURLcode capsule_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode capsule_set_size(CURL *easy, CURLoption option, int64_t value) {
    return curl_easy_setopt(easy, option, (curl_off_t)value);
}

static inline CURLcode capsule_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode capsule_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode capsule_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode capsule_set_data_function(CURL *easy, CURLoption option, capsule_data_function value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode capsule_set_debug_function(CURL *easy, capsule_debug_function value) {
    return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, value);
}

static inline CURLcode capsule_set_prereq_function(CURL *easy, capsule_prereq_function value) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value);
}

// The bytes are copied.
static inline CURLcode capsule_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
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
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, capsule_open_socket);
}

static inline CURLcode capsule_info_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode capsule_info_size(CURL *easy, CURLINFO info, int64_t *value) {
    curl_off_t found = 0;
    CURLcode code = curl_easy_getinfo(easy, info, &found);
    *value = found;
    return code;
}

// The bytes in the send buffer of the connection's socket; 0 where the system does not tell.
static inline int capsule_unsent(CURL *easy) {
#ifdef SIOCOUTQ
    curl_socket_t socket = CURL_SOCKET_BAD;
    int count = 0;
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK && socket != CURL_SOCKET_BAD &&
        ioctl(socket, SIOCOUTQ, &count) == 0)
        return count;
#else
    (void)easy;
#endif
    return 0;
}

static inline CURLMcode capsule_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
