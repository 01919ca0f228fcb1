/// The description of the service that `/openapi.json` gives; `docs/openapi.json` is the same text.
enum OpenAPIDocument {
    static let json = "{}\n"
}
