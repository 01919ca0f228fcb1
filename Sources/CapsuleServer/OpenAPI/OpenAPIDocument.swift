internal import COpenAPI

/// The OpenAPI document that `GET /openapi.json` returns: the bytes of `Sources/COpenAPI/openapi.json`, which are
/// compiled into the program because it is installed as one file.
enum OpenAPIDocument {
    static let json = [UInt8](UnsafeBufferPointer(start: capsule_openapi_json(), count: capsule_openapi_json_size()))
}
