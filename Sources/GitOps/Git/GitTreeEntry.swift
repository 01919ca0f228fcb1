/// A line of `git ls-tree -r -z`.
package struct GitTreeEntry: Hashable, Sendable {
    /// What an entry of a tree may be.
    package enum Kind: Hashable, Sendable { case file, symlink, submodule, directory, other }

    package let kind: Kind
    /// The id of the blob, tree or commit.
    package let id: String
    /// The path from the top of the repository.
    package let path: String

    /// Parses the whole output.
    ///
    /// - Throws: `GitError.Code.unusableTree` for a path that is not UTF-8, `.gitFailed` for output that makes no sense.
    static func parse(_ output: [UInt8]) throws(GitError) -> [GitTreeEntry] {
        var entries: [GitTreeEntry] = []
        for line in output.split(separator: 0) {
            guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else {
                throw GitError(.gitFailed, "git ls-tree printed a line without a path")
            }
            let fields = line[..<tab].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 3 else {
                throw GitError(.gitFailed, "git ls-tree printed a line of another form")
            }
            let bytes = line[(tab + 1)...]
            guard let path = String(validating: bytes, as: UTF8.self) else {
                throw GitError(
                    .unusableTree,
                    "the path \(quotedBytes(bytes)) is not UTF-8; rename the file in the repository")
            }
            let kind: Kind =
                switch fields[0] {
                case "100644", "100755", "100664": .file
                case "120000": .symlink
                case "160000": .submodule
                case "040000": .directory
                default: .other
                }
            entries.append(GitTreeEntry(kind: kind, id: fields[2], path: path))
        }
        return entries
    }
}

/// Bytes in quotes, what is not printable ASCII as `\xNN`.
private func quotedBytes(_ bytes: ArraySlice<UInt8>) -> String {
    "\""
        + bytes.prefix(200).map {
            (0x20..<0x7F).contains($0) ? String(UnicodeScalar($0)) : "\\x\(String($0, radix: 16))"
        }
        .joined() + "\""
}
