public import CapsuleCore
internal import Documents
internal import FoundationEssentials
internal import GitOps
internal import OCI
internal import Support

extension CapsuleConfiguration {
    /// The path of the nearest `capsule.yaml`, in `directory` or above it; nil when there is none.
    public static func find(from directory: String) -> String? {
        var current = URL(filePath: directory, directoryHint: .isDirectory).standardized.path
        while true {
            let candidate = current.hasSuffix("/") ? current + fileName : "\(current)/\(fileName)"
            var isDirectory = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory), !isDirectory {
                return candidate
            }
            let parent = current.split(separator: "/").dropLast()
            guard current != "/" else { return nil }
            current = "/" + parent.joined(separator: "/")
        }
    }

    /// Reads the file at `path`.
    ///
    /// - Parameters:
    ///   - defaultRoot: the value of `gitops.root` when the file has none.
    ///   - plainHTTPHosts: hosts, apart from loopback, that `gitops.repository` may name over plain HTTP.
    /// - Throws: `FileError.Code.notFound`, `.limitExceeded`; `DocumentError.Code.invalidDocument`
    public static func load(
        path: String, defaultRoot: RelativePath? = nil, plainHTTPHosts: Set<String> = []
    ) throws -> CapsuleConfiguration {
        let bytes = try SmallFile.content(
            of: path, as: "the configuration \(quoted(path))", limit: YAMLLimits.owned.bytes,
            remedy: "write one with `capsule init`, or name another with --config")
        return try CapsuleConfiguration(
            yaml: bytes, file: path, defaultRoot: defaultRoot, plainHTTPHosts: plainHTTPHosts)
    }
}
