internal import Support

/// The partial directory of a staged tree.
struct StagingPlace: Sendable {
    /// The partial directory.
    let root: OpenDirectory
    private let directory: PartialDirectory
    /// The final path, for messages.
    private let path: String

    /// Makes and locks a new partial directory, after it removes those that killed processes left for the same name.
    ///
    /// - Throws: `.exists`, `.invalidPath`, `.io`
    static func make(for path: String) throws(ArchiveError) -> StagingPlace {
        var trimmed = Substring(path)
        while trimmed.utf8.count > 1, trimmed.utf8.last == UInt8(ascii: "/") { trimmed = trimmed.dropLast() }
        guard let staged = StagedPath(String(trimmed)) else {
            throw ArchiveError(
                .invalidPath, "\(quoted(path)) does not name a new directory; write its path and name")
        }
        do throws(SystemError) {
            let directory = try PartialDirectory.make(for: staged)
            let root = OpenDirectory(descriptor: directory.root, path: directory.path)
            return StagingPlace(root: root, directory: directory, path: "\(staged.parent)/\(staged.name)")
        } catch  where error == .exists {
            throw alreadyExists("\(staged.parent)/\(staged.name)")
        } catch {
            throw ArchiveError(
                .io, "cannot make \(quoted("\(staged.parent)/\(staged.name)")): \(error.text)\(error.advice)")
        }
    }

    /// Gives the partial directory the mode 0755 and its name.
    ///
    /// - Throws: `ArchiveError.Code.exists` when the name was created meanwhile, `.io`
    func commit(durable: Bool) throws(ArchiveError) {
        try root.setMode(0o755)
        let isCommitted: Bool
        do throws(SystemError) {
            isCommitted = try directory.commit(durable: durable)
        } catch {
            throw ArchiveError(.io, "cannot rename to \(quoted(path)): \(error.text)")
        }
        guard isCommitted else { throw Self.alreadyExists(path) }
    }

    /// Flushes the content to the disk. An error is reported once, so it must not be ignored here.
    func flush() throws(ArchiveError) {
        do throws(SystemError) {
            try SystemCall.synchronizeTree(root.descriptor)
        } catch {
            throw ArchiveError(.io, "cannot write \(quoted(path)) to the disk: \(error.text)")
        }
    }

    /// Removes the directory unless it was committed, and closes it.
    func close() { directory.end() }

    private static func alreadyExists(_ path: String) -> ArchiveError {
        ArchiveError(.exists, "\(quoted(path)) exists; remove it, or unpack into a directory that does not exist")
    }
}
