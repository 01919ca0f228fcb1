internal import Support

/// Reads files that the user names.
enum InputFile {
    /// The size limit, in bytes. It is the limit of one file in a capsule, which an SBOM must not exceed.
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
