internal import Support

/// Reads files that the user names.
enum InputFile {
    /// The size limit, in bytes. It is the limit of one file in a capsule, which an SBOM must not exceed.
    static let maximumSize = 10 << 20

    static func read(_ path: String, option: String) throws -> [UInt8] {
        do throws(FileError) {
            return try SmallFile.content(of: path, as: "\(option) \(quoted(path))", limit: maximumSize)
        } catch {
            throw UsageError(error.message)
        }
    }
}
