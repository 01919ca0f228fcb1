internal import Support

/// Reads a file that the user names.
enum InputFile {
    /// The largest file that is taken: an SBOM must fit into a capsule, whose limit for a file this is.
    static let maximumSize = 10 << 20

    static func read(_ path: String, option: String) throws -> [UInt8] {
        let content: [UInt8]?
        do throws(SystemError) {
            content = try SmallFile.read(path, limit: maximumSize)
        } catch {
            throw UsageError("\(option) \(quoted(path)) cannot be read: \(error.text)")
        }
        guard let content else {
            throw UsageError("\(option) \(quoted(path)) has more than \(maximumSize) bytes, which is the limit")
        }
        return content
    }
}
