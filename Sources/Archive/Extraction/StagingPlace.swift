#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The partial directory of a staged tree, and the directory that it and the final name stand in.
struct StagingPlace: Sendable {
    let parent: OpenDirectory
    let root: OpenDirectory
    let name: String
    let partial: String

    /// Makes a new partial directory and locks it, after removing those that dead processes left for the same name.
    ///
    /// - Throws: `.exists`, `.invalidPath`, `.io`
    static func make(for directory: String) throws(ArchiveError) -> StagingPlace {
        let (parentPath, name) = try split(directory)
        let parent = try OpenDirectory.open(parentPath)
        do throws(ArchiveError) {
            guard try !parent.has(name) else { throw taken("\(parent.path)/\(name)") }
            removeStale(in: parent, for: name)
            // Another process may take a directory that is not locked yet for a dead one's; the next try gets through.
            for _ in 0..<8 {
                if let place = try claim(in: parent, for: name) { return place }
            }
            throw ArchiveError(
                .io, "other processes keep clearing away what is unpacked to \(quotedName(directory.utf8)); try again")
        } catch {
            parent.close()
            throw error
        }
    }

    /// What to say when something has the name.
    var taken: ArchiveError { Self.taken("\(parent.path)/\(name)") }

    /// Lets go of the directories, the partial one removed first when it is not to stay.
    func close(removing: Bool) {
        if removing { parent.remove(partial, isDirectory: true) }
        root.close()
        parent.close()
    }

    private static func claim(in parent: OpenDirectory, for name: String) throws(ArchiveError) -> StagingPlace? {
        let partial = prefix(for: name) + String(UInt64.random(in: .min ... .max), radix: 16)
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
        case .held, .unsupported: return StagingPlace(parent: parent, root: root, name: name, partial: partial)
        }
    }

    /// Removes partial directories whose process is gone: nobody holds the lock that a living one has. What is not ours, or
    /// is not named as ours are, is left alone, and so is everything on a file system without locks.
    private static func removeStale(in parent: OpenDirectory, for name: String) {
        let prefix = prefix(for: name)
        for partial in parent.names() where isPartial(partial, prefix) {
            guard let stale = try? parent.directory(partial) else { continue }
            defer { stale.close() }
            // A tree that was committed between the two calls has another name now.
            guard stale.isOwn, stale.lock() == .held, parent.holds(stale, as: partial) else { continue }
            stale.removeContents()
            parent.remove(partial, isDirectory: true)
        }
    }

    private static func prefix(for name: String) -> String {
        // 200 bytes leave room for the rest in the 255 that a name may have.
        var shortened = name
        while shortened.utf8.count > 200 { shortened.removeLast() }
        return ".\(shortened).partial-"
    }

    private static func isPartial(_ name: String, _ prefix: String) -> Bool {
        guard name.utf8.starts(with: prefix.utf8) else { return false }
        let rest = name.utf8.dropFirst(prefix.utf8.count)
        return (1...16).contains(rest.count)
            && rest.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    private static func taken(_ path: String) -> ArchiveError {
        ArchiveError(
            .exists, "\(quotedName(path.utf8)) exists; remove it, or unpack into a directory that does not exist")
    }

    private static func split(_ directory: String) throws(ArchiveError) -> (parent: String, name: String) {
        var path = Substring(directory)
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path = path.dropLast() }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? String(path)
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(0) else {
            throw ArchiveError(
                .invalidPath, "\(quotedName(directory.utf8)) does not name a new directory; write its path and name")
        }
        guard let slash else { return (".", name) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
    }
}
