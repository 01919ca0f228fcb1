internal import FoundationEssentials
internal import OCI

/// Reads a file that the user names.
enum InputFile {
    /// The largest file that is taken: an SBOM must fit into a capsule, whose limit for a file this is.
    static let maximumSize = 10 << 20

    static func read(_ path: String, option: String) throws -> [UInt8] {
        guard let handle = FileManager.default.contents(atPath: path) else {
            throw UsageError("\(option) \(quoted(path)) cannot be read")
        }
        guard handle.count <= maximumSize else {
            throw UsageError("\(option) \(quoted(path)) has \(handle.count) bytes; the limit is \(maximumSize)")
        }
        return Array(handle)
    }
}
