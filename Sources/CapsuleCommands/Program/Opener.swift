internal import OCI
internal import OCIArchive
internal import OCIRegistry

/// Opens the places of a run: registries through one client, layouts, one-file archives.
struct Opener: ContentOpener {
    static func with<Result: Sendable>(
        _ options: GlobalOptions, console: Console, _ body: @Sendable (Opener) async throws -> Result
    ) async throws -> Result {
        try await body(Opener())
    }

    func source(_ place: Place) async throws -> any ContentSource {
        switch place {
        case .layout(let path): try ImageLayout(path: path)
        default: throw OCIError(.unsupported, "\(place) cannot be opened")
        }
    }

    func store(_ place: Place) async throws -> any ContentStore {
        switch place {
        case .layout(let path): try ImageLayout(path: path, create: true)
        default: throw OCIError(.unsupported, "\(place) cannot be opened")
        }
    }
}
