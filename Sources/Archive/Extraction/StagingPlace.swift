#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The partial directory of a staged tree, and the directory that holds it and will hold the final name.
struct StagingPlace: Sendable {
    let parent: OpenDirectory
    let root: OpenDirectory
    let name: String
    let partial: String

    /// Makes and locks a new partial directory, after it removes those that killed processes left for the same name.
    ///
    /// - Throws: `.exists`, `.invalidPath`, `.io`
    static func make(for directory: String) throws(ArchiveError) -> StagingPlace {
        var trimmed = Substring(directory)
        while trimmed.utf8.count > 1, trimmed.utf8.last == UInt8(ascii: "/") { trimmed = trimmed.dropLast() }
        guard let path = StagedPath(String(trimmed)) else {
            throw ArchiveError(
                .invalidPath, "\(quotedName(directory.utf8)) does not name a new directory; write its path and name")
        }
        let parent = try OpenDirectory.open(path.parent)
        do throws(ArchiveError) {
            guard try !parent.has(path.name) else { throw alreadyExists("\(parent.path)/\(path.name)") }
            removeStale(in: parent, for: path)
            // Another process may remove a directory that is not locked yet as a stale one; a later attempt succeeds.
            for _ in 0..<8 {
                if let place = try claim(in: parent, for: path) { return place }
            }
            throw ArchiveError(
                .io, "other processes keep removing what is unpacked to \(quotedName(directory.utf8)); try again")
        } catch {
            parent.close()
            throw error
        }
    }

    /// The error for a final name that is already used.
    var alreadyExists: ArchiveError { Self.alreadyExists("\(parent.path)/\(name)") }

    /// Closes the directories.
    ///
    /// - Parameter removing: the partial directory, which must be empty, is removed first.
    func close(removing: Bool) {
        if removing { parent.remove(partial, isDirectory: true) }
        root.close()
        parent.close()
    }

    /// Makes and locks a partial directory; nil when another process locked or removed it first.
    private static func claim(in parent: OpenDirectory, for path: StagedPath) throws(ArchiveError) -> StagingPlace? {
        let partial = path.makePartialName()
        try parent.makePrivateDirectory(partial)
        let root: OpenDirectory
        do throws(ArchiveError) {
            root = try parent.directory(partial)
        } catch {
            parent.remove(partial, isDirectory: true)
            throw error
        }
        switch root.lock() {
        case .held where !parent.holds(root, as: partial), .busy:
            root.close()
            return nil
        case .held, .unsupported:
            return StagingPlace(parent: parent, root: root, name: path.name, partial: partial)
        }
    }

    /// Removes partial directories whose lock no process holds. Directories of other users, and all on a file system without
    /// locks, are left alone.
    private static func removeStale(in parent: OpenDirectory, for path: StagedPath) {
        for partial in parent.names() where path.isPartial(partial) {
            guard let stale = try? parent.directory(partial) else { continue }
            defer { stale.close() }
            // A tree that was committed between the two calls has another name now.
            guard stale.isOwn, stale.lock() == .held, parent.holds(stale, as: partial) else { continue }
            stale.removeContents()
            parent.remove(partial, isDirectory: true)
        }
    }

    private static func alreadyExists(_ path: String) -> ArchiveError {
        ArchiveError(
            .exists, "\(quotedName(path.utf8)) exists; remove it, or unpack into a directory that does not exist")
    }
}
