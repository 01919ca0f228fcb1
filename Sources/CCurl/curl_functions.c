#include "curl_functions.h"
#include <dlfcn.h>
#include <string.h>

#ifdef __APPLE__
#define CAPSULE_CURL_FILE "libcurl.4.dylib"
#else
#define CAPSULE_CURL_FILE "libcurl.so.4"
#endif

struct capsule_curl capsule_curl;

char *capsule_load_curl(void) {
    struct capsule_curl found;
    void *library = dlopen(CAPSULE_CURL_FILE, RTLD_LAZY | RTLD_LOCAL);
    if (library == NULL) return strdup(dlerror());
#define CAPSULE_CURL_FIND(name)                                                                                        \
    if ((found.name = (__typeof__(found.name))dlsym(library, #name)) == NULL)                                          \
        return strdup(CAPSULE_CURL_FILE " has no function " #name);
    CAPSULE_CURL_FUNCTIONS(CAPSULE_CURL_FIND)
    capsule_curl = found;
    return NULL;
}
