internal import Archive
internal import CapsuleCore
internal import Signing
internal import Support
internal import Synchronization

/// The files of a layer that were hashed and not kept. The first of them that is asked for has the layer unpacked once more,
/// and all of them kept from then on.
final class LeftOutFiles: Sendable {
    private enum State {
        case unread
        case read([String: [UInt8]])
        case failed(any Error)
    }

    private let layer: [UInt8]
    private let state = Mutex(State.unread)

    /// Takes the bytes of a layer.
    init(_ layer: [UInt8]) { self.layer = layer }

    /// Why files could not be given; nil when every one that was asked for was. With a failure no answer counts that was
    /// found meanwhile.
    var failure: (any Error)? {
        state.withLock { if case .failed(let error) = $0 { error } else { nil } }
    }

    /// The bytes of a file, by its path in the layer.
    ///
    /// - Throws: `ArchiveError`
    func content(of path: String) throws -> [UInt8] {
        try state.withLock { state in
            if case .failed(let error) = state { throw error }
            do {
                var files = try Self.files(state, layer)
                guard let content = files[path] else {
                    throw ArchiveError(.io, "\(quoted(path)) is gone from a layer that was read before")
                }
                state = .read(files)
                files = [:]
                return content
            } catch {
                state = .failed(error)
                throw error
            }
        }
    }

    /// Gives the files of a package by their paths below `prefix`.
    func below(_ prefix: String) -> any PackageFileKeeper { Keeper(files: self, prefix: prefix) }

    private static func files(_ state: State, _ layer: [UInt8]) throws -> [String: [UInt8]] {
        if case .read(let files) = state { return files }
        var files: [String: [UInt8]] = [:]
        try LayerReader(layer).forEachEntry { entry, content in
            if entry.kind == .file, !PackageLint.usuallyReads(entry.path) { files[entry.path] = content }
        }
        return files
    }

    private struct Keeper: PackageFileKeeper {
        let files: LeftOutFiles
        let prefix: String

        func content(of path: RelativePath) -> [UInt8] { (try? files.content(of: prefix + path.description)) ?? [] }
    }
}
