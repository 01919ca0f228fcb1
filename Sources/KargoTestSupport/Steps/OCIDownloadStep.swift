internal import Archive
internal import Documents
internal import FoundationEssentials

/// `oci-download`: writes one layer of an image to a file.
struct OCIDownloadStep: PromotionStep {
    /// The maximum size of a layer that Kargo accepts, in bytes.
    private static let maximumSize = 100 << 20

    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only("imageRef", "outPath", "allowOverwrite", "mediaType", "insecureSkipTLSVerify")
        let text = try config.required("imageRef")
        let outPath = try config.required("outPath")
        let image = try Self.parse(text, allowsPorts: context.cluster.allowsRegistryPorts)
        let destination = context.path(outPath)
        guard try config.bool("allowOverwrite") || !FileManager.default.fileExists(atPath: destination) else {
            throw StepFailure(
                .errored, terminal: true, "file already exists at \(outPath) and overwrite is not allowed")
        }
        try context.makeParent(of: destination)
        let registry = RegistryReader(host: context.cluster.address(of: image.host), repository: image.repository)
        let manifest = try await registry.manifest(image.reference)
        let layers = manifest["layers"]?.array ?? []
        let mediaType = try config.filled("mediaType")
        let layer = mediaType.map { type in layers.first { $0["mediaType"]?.string == type } } ?? layers.first
        guard let layer, let digest = layer["digest"]?.string, let size = layer["size"]?.int else {
            throw StepFailure(
                .errored, "\(text) has no layer \(mediaType.map { "with the media type \($0)" } ?? "at all")")
        }
        guard size <= Self.maximumSize else {
            throw StepFailure(.errored, terminal: true, "layer size \(size) exceeds \(Self.maximumSize) bytes")
        }
        let content = try await registry.blob(digest, limit: Self.maximumSize)
        try Data(content).write(to: URL(filePath: destination), options: .atomic)
        return .succeeded()
    }

    /// Parses a reference as the schema of the step does: with a tag or a digest, not both.
    static func parse(_ text: String, allowsPorts: Bool) throws -> (host: String, repository: String, reference: String)
    {
        let failure = StepFailure.configuration("imageRef \(text) does not match the pattern")
        var rest = Substring(text)
        if rest.hasPrefix("oci://") { rest = rest.dropFirst(6) }
        guard let slash = rest.firstIndex(of: "/") else { throw failure }
        let host = rest[..<slash]
        let path = rest[rest.index(after: slash)...]
        guard allowsPorts || !host.contains(":"), let mark = path.firstIndex(where: { $0 == "@" || $0 == ":" }) else {
            throw failure
        }
        let reference = path[path.index(after: mark)...]
        guard !reference.isEmpty, !reference.contains("@"), !reference.contains("/") else { throw failure }
        return (String(host), String(path[..<mark]), String(reference))
    }
}
