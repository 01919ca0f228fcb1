/// A file or directory to write to a layer. Its path is relative to the top of the layer, with no slash at the end.
package enum LayerItem: Hashable, Sendable {
    /// A directory. One that contains a file is implied, and can be left out.
    case directory(path: String)
    /// A file and its content.
    case file(path: String, content: [UInt8])

    var path: String {
        switch self {
        case .directory(let path), .file(let path, _): path
        }
    }
}

/// A file or directory of a layer.
package struct ArchiveEntry: Hashable, Sendable {
    /// The kind of an entry. A layer holds no other kinds.
    package enum Kind: String, Hashable, Sendable {
        /// A regular file, mode 0644.
        case file
        /// A directory, mode 0755.
        case directory
    }

    /// The path from the top of the layer, with no slash at the end.
    package let path: String
    /// The kind.
    package let kind: Kind
    /// The size of a file in bytes; 0 for a directory.
    package let size: Int64
    /// The modification time in seconds since 1970, the same for every entry of a layer: the committer time.
    package let modified: Int64
}
