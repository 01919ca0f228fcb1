/// The parser of the output of `git cat-file --batch`; contents are slices of the output.
struct GitBatch {
    /// One object, or the answer that it is missing.
    struct Item {
        /// The object's id; the beginning of the requested name when it is missing.
        let id: String
        /// `blob`, `tree`, `commit`, `tag`; nil when the object is missing.
        let type: String?
        /// The content.
        let content: ArraySlice<UInt8>

        /// The answer that an object is missing.
        static func missing(_ name: String) -> Item { Item(id: name, type: nil, content: []) }
    }

    /// Parses the whole output.
    ///
    /// - Throws: `GitError.Code.gitFailed` when it is cut short.
    static func parse(_ output: [UInt8]) throws(GitError) -> [Item] {
        var items: [Item] = []
        var rest = output[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let header = rest[..<end].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            rest = rest[(end + 1)...]
            guard header.count == 3, let size = Int(header[2]) else {
                guard header.count >= 2 else {
                    throw GitError(.gitFailed, "git cat-file printed a line that describes no object")
                }
                items.append(.missing(header[0]))
                continue
            }
            guard size >= 0, rest.count > size else { throw GitError(.gitFailed, "git cat-file ended early") }
            items.append(Item(id: header[0], type: header[1], content: rest.prefix(size)))
            rest = rest.dropFirst(size + 1)
        }
        return items
    }
}
