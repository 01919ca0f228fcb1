internal import COpenAPI
internal import Support

/// The OpenAPI document that `GET /openapi.json` returns: the bytes of `Sources/COpenAPI/openapi.json`, which are
/// compiled into the program because it is installed as one file.
enum OpenAPIDocument {
    static let json = [UInt8](UnsafeBufferPointer(start: capsule_openapi_json(), count: capsule_openapi_json_size()))

    /// The document of a service whose routes are below a base path: the path is the address of its server.
    static func json(under base: BasePath) -> [UInt8] {
        guard base != .top else { return json }
        return Array(
            String(decoding: json, as: UTF8.self)
                .replacing("\"url\": \"/\"", with: "\"url\": \"\(base)\"", maxReplacements: 1).utf8)
    }
}
