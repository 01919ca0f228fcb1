// OpenSSL 3, and wrappers of what Swift cannot call: macros, and functions with a variable number of arguments.
#pragma once
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// A new key on the curve P-256.
static inline EVP_PKEY *capsule_generate_p256(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"); }

// --- TLS of servers (HTTPServer) ---

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

// TLS 1.2 or newer, no renegotiation, no session state after a connection, and buffers only while they are in use. 1 on
// success.
static inline int capsule_tls_configure_server(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
}

// Appends a certificate to the chain; on success the context owns it.
static inline int capsule_tls_add_to_chain(SSL_CTX *context, X509 *certificate) {
    return SSL_CTX_add0_chain_cert(context, certificate) == 1;
}

// The end of a certificate's validity in seconds since 1970; -1 when it cannot be read.
static inline int64_t capsule_tls_end(const X509 *certificate) {
    struct tm end;
    const ASN1_TIME *time = X509_get0_notAfter(certificate);
    return time && ASN1_TIME_to_tm(time, &end) == 1 ? (int64_t)timegm(&end) : -1;
}

// True when an error of reading PEM means the end of the blocks.
static inline int capsule_tls_is_end_of_pem(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

// A BIO's data: the descriptor, and above it how many bytes may still be read during this call. OpenSSL goes on by itself as
// long as records come that hold no data, such as those that change keys, and the thread has others to serve.
#define CAPSULE_TLS_CALL 1024

static inline int capsule_tls_descriptor(BIO *bio) { return (int)((uintptr_t)BIO_get_data(bio) & 0x7FFFFFFF); }

static inline uint32_t capsule_tls_left(BIO *bio) { return (uint32_t)((uint64_t)(uintptr_t)BIO_get_data(bio) >> 32); }

static inline void capsule_tls_set(BIO *bio, int descriptor, uint32_t left) {
    BIO_set_data(bio, (void *)(uintptr_t)((uint64_t)left << 32 | (uint32_t)descriptor));
}

// Allows the next call to read a few records, and any one to its end.
static inline void capsule_tls_begin_call(SSL *session) {
    BIO *bio = SSL_get_rbio(session);
    capsule_tls_set(bio, capsule_tls_descriptor(bio), CAPSULE_TLS_CALL);
}

// True when the last call stopped at the limit, while the socket may have more data.
static inline int capsule_tls_has_read_enough(SSL *session) { return capsule_tls_left(SSL_get_rbio(session)) == 0; }

// The bytes of a socket. OpenSSL's own BIO of a socket calls write(), which raises SIGPIPE when the other side has left.
static inline int capsule_tls_socket_write(BIO *bio, const char *bytes, int count) {
    ssize_t sent;
    BIO_clear_retry_flags(bio);
    do {
        sent = send(capsule_tls_descriptor(bio), bytes, (size_t)count, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_write(bio);
    return (int)sent;
}

static inline int capsule_tls_socket_read(BIO *bio, char *bytes, int count) {
    ssize_t got;
    int descriptor = capsule_tls_descriptor(bio);
    uint32_t left = capsule_tls_left(bio);
    BIO_clear_retry_flags(bio);
    if (left == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    do {
        got = recv(descriptor, bytes, (size_t)count, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) capsule_tls_set(bio, descriptor, left > (uint32_t)got ? left - (uint32_t)got : 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_read(bio);
    if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return (int)got;
}

static inline long capsule_tls_socket_control(BIO *bio, int command, long number, void *pointer) {
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    default: return 0;
    }
}

static inline BIO_METHOD *capsule_tls_socket_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "socket");
    if (method && BIO_meth_set_write(method, capsule_tls_socket_write) == 1 &&
        BIO_meth_set_read(method, capsule_tls_socket_read) == 1 &&
        BIO_meth_set_ctrl(method, capsule_tls_socket_control) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

// A server's side of a connection over a descriptor, which the caller owns.
static inline SSL *capsule_tls_open(SSL_CTX *context, const BIO_METHOD *method, int descriptor) {
    SSL *session = SSL_new(context);
    BIO *bio = BIO_new(method);
    if (!session || !bio) {
        SSL_free(session);
        BIO_free(bio);
        return NULL;
    }
    capsule_tls_set(bio, descriptor, 0);
    BIO_set_init(bio, 1);
    SSL_set_bio(session, bio, bio);
    SSL_set_accept_state(session);
    return session;
}
