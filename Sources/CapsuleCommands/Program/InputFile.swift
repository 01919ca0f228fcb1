internal import Support

/// Reads a file that the user names.
enum InputFile {
    /// The largest file that is taken: an SBOM must fit into a capsule, whose limit for a file this is.
    static let maximumSize = 10 << 20

    static func read(_ path: String, option: String) throws -> [UInt8] {
        do throws(FileError) {
            return try SmallFile.content(of: path, as: "\(option) \(quoted(path))", limit: maximumSize)
        } catch {
            throw UsageError(error.message)
        }
    }
}
