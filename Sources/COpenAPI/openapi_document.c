#include "openapi_document.h"

// SwiftPM's `.embedInCode` writes an array literal of 46,000 numbers, which takes the Swift compiler some ten seconds; #embed takes
// none. Clang has it in every language mode, and calls it an extension before C23.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char document[] = {
#embed "openapi.json"
};

const unsigned char *capsule_openapi_json(void) { return document; }

size_t capsule_openapi_json_size(void) { return sizeof document; }
