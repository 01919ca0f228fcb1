package import CapsuleCore
internal import Support

/// A commit object.
package struct GitCommitObject: Hashable, Sendable {
    /// The commit's id.
    package let id: CommitID
    /// The id of its tree.
    package let tree: String
    /// The ids of its parents.
    package let parents: [CommitID]
    /// The author, as `Name <address>`.
    package let author: String
    /// The author date, in seconds since 1970.
    package let authored: Int64
    /// The committer date, in seconds since 1970.
    package let committed: Int64
    /// The message.
    package let message: String

    /// The first line of the message.
    package var subject: String {
        message.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
    }

    /// Parses the content of a commit object.
    ///
    /// - Throws: `GitError.Code.corrupt`
    init(id: CommitID, content: ArraySlice<UInt8>) throws(GitError) {
        let text = String(decoding: content, as: UTF8.self)
        let end = text.firstRange(of: "\n\n")
        let headers = end.map { text[..<$0.lowerBound] } ?? text[...]
        var parents: [CommitID] = []
        var tree = ""
        var author: (String, Int64)?
        var committer: (String, Int64)?
        for line in headers.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "tree": tree = String(parts[1])
            case "parent": if let parent = try? CommitID(String(parts[1])) { parents.append(parent) }
            case "author" where author == nil: author = Self.signature(parts[1])
            case "committer" where committer == nil: committer = Self.signature(parts[1])
            default: break
            }
        }
        guard let author, let committer else {
            throw GitError(.corrupt, "commit \(id) names no author or committer with a time")
        }
        self.id = id
        self.tree = tree
        self.parents = parents
        self.author = author.0
        self.authored = author.1
        self.committed = committer.1
        self.message = end.map { String(text[$0.upperBound...]) } ?? ""
    }

    /// `Name <address> 1700000000 +0100`.
    private static func signature(_ text: Substring) -> (String, Int64)? {
        guard let close = text.lastIndex(of: ">") else { return nil }
        let time = text[text.index(after: close)...].split(separator: " ").first.flatMap { Int64($0) }
        return time.map { (String(text[...close]), $0) }
    }
}
