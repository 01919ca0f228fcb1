#include "openssl_start.h"
#include <openssl/crypto.h>

// OpenSSL registers a function with atexit() that frees its tables, unless its very first initialization says otherwise. A
// program that exits while another thread is in a TLS handshake then crashes in freed memory, and some threads of this program
// run until the end: the HTTP client's and the server's. The system frees the memory of a process anyway.
//
// libcurl initializes OpenSSL as well, and so do hashing, keys and the server's TLS. This function runs before all of them,
// when the program is loaded.
__attribute__((constructor)) static void start_without_atexit(void) {
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
