internal import Support

/// An entry of a Git tree.
package struct GitTreeEntry: Hashable, Sendable {
    /// The kinds of entries.
    package enum Kind: Hashable, Sendable { case file, symlink, submodule, directory, other }

    package let kind: Kind
    /// The id of the blob, tree or commit.
    package let id: String
    /// The path, relative to the root of the repository.
    package let path: String

    /// Parses a tree object: for each entry `<mode> <name>\0<id in binary>`.
    ///
    /// - Parameter directory: the directory that the tree object describes, with a trailing slash; empty for the root.
    /// - Throws: `GitError.Code.unusableTree` for a name that is not UTF-8, `.corrupt` for a tree of another form
    static func parse(
        tree: ArraySlice<UInt8>, in directory: String, format: GitObjectFormat
    ) throws(GitError) -> [GitTreeEntry] {
        var entries: [GitTreeEntry] = []
        var rest = tree
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")), let end = rest[space...].firstIndex(of: 0),
                rest.endIndex - end > format.byteCount
            else { throw GitError(.corrupt, "the tree of \(quoted(directory)) has a malformed entry") }
            StepCount.add(end - rest.startIndex)
            let id = rest[(end + 1)...(end + format.byteCount)]
            entries.append(
                GitTreeEntry(
                    kind: Kind(mode: String(decoding: rest[..<space], as: UTF8.self)), id: lowercaseHex(Array(id)),
                    path: directory + (try path(rest[(space + 1)..<end]))))
            rest = rest[(end + format.byteCount + 1)...]
        }
        return entries
    }

    private static func path(_ bytes: ArraySlice<UInt8>) throws(GitError) -> String {
        guard let path = String(utf8: bytes) else {
            throw GitError(
                .unusableTree, "the path \(quotedBytes(bytes)) is not UTF-8; rename the file in the repository")
        }
        return path
    }
}

extension GitTreeEntry.Kind {
    /// The kind for a mode, in six digits or as a tree object writes it.
    fileprivate init(mode: String) {
        self =
            switch mode {
            case "100644", "100755", "100664": .file
            case "120000": .symlink
            case "160000": .submodule
            case "040000", "40000": .directory
            default: .other
            }
    }
}

/// Bytes in quotes; each byte that is not printable ASCII is written as `\xNN`.
private func quotedBytes(_ bytes: ArraySlice<UInt8>) -> String {
    "\""
        + bytes.prefix(200).map {
            (0x20..<0x7F).contains($0) ? String(UnicodeScalar($0)) : "\\x\(String($0, radix: 16))"
        }
        .joined() + "\""
}
