internal import Support

/// The parser of the output of `git cat-file --batch`; contents are slices of the output.
struct GitBatch {
    /// One object, or the answer that it is missing.
    struct Item: Sendable {
        /// The object's id; the beginning of the requested name when it is missing.
        let id: String
        /// `blob`, `tree`, `commit`, `tag`; nil when the object is missing.
        let type: String?
        /// The content.
        let content: ArraySlice<UInt8>

        /// The answer that an object is missing.
        static func missing(_ name: String) -> Item { Item(id: name, type: nil, content: []) }
    }

    /// The line before an object, or the line in its place when it is missing.
    struct Header {
        let id: String
        /// Nil when the object is missing.
        let type: String?
        /// The number of bytes of the content; 0 when the object is missing.
        let size: Int

        /// The last words of a line about an object that is not printed.
        private static let absences = ["missing", "ambiguous", "excluded", "submodule"]

        /// - Throws: `GitError.Code.gitFailed` for another line.
        init(_ line: some Collection<UInt8>) throws(GitError) {
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count >= 2 else {
                throw GitError(.gitFailed, "git cat-file printed a line of another form")
            }
            id = words[0]
            if Self.absences.contains(words[words.count - 1]) {
                (type, size) = (nil, 0)
                return
            }
            // One byte more than the content is read.
            guard words.count == 3, let size = Int(words[2]), (0..<Int.max).contains(size) else {
                throw GitError(.gitFailed, "git cat-file printed a size that no object has")
            }
            (type, self.size) = (words[1], size)
        }
    }

    /// Parses the whole output.
    ///
    /// - Throws: `GitError.Code.gitFailed` when it is cut short.
    static func parse(_ output: [UInt8]) throws(GitError) -> [Item] {
        var items: [Item] = []
        var rest = output[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            StepCount.add(end - rest.startIndex)
            let header = try Header(rest[..<end])
            rest = rest[(end + 1)...]
            guard let type = header.type else {
                items.append(.missing(header.id))
                continue
            }
            guard rest.count > header.size else { throw GitError(.gitFailed, "git cat-file ended early") }
            items.append(Item(id: header.id, type: type, content: rest.prefix(header.size)))
            rest = rest.dropFirst(header.size + 1)
        }
        return items
    }
}
