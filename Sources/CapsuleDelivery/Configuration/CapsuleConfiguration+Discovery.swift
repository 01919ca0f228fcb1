public import CapsuleCore
internal import FoundationEssentials
internal import OCI

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
    /// - Throws: `CapsuleError.Code.notFound`, `.invalidDocument`, `.limitExceeded`
    public static func load(path: String) throws(CapsuleError) -> CapsuleConfiguration {
        let bytes: [UInt8]
        do {
            bytes = try Array(Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CapsuleError(
                .notFound,
                "the configuration \(quoted(path)) cannot be read; `capsule init` writes one, --config names one",
                cause: error)
        }
        return try CapsuleConfiguration(yaml: bytes, file: path)
    }
}
