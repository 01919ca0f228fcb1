#ifndef CAPSULE_OPENAPI_DOCUMENT_H
#define CAPSULE_OPENAPI_DOCUMENT_H

#include <stddef.h>

// The bytes of openapi.json, which are part of the program.
const unsigned char *_Nonnull capsule_openapi_json(void);

// The number of these bytes.
size_t capsule_openapi_json_size(void);

#endif
