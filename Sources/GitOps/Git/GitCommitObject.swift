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
        message.split(maxSplits: 1, whereSeparator: \.isNewline).first.map(String.init) ?? ""
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
        var author: (name: String, time: Int64)?
        var committer: (name: String, time: Int64)?
        for line in headers.split(separator: "\n") {
            StepCount.add(line.utf8.count)
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
            throw GitError(.corrupt, "commit \(id) names no author or committer")
        }
        self.id = id
        self.tree = tree
        self.parents = parents
        self.author = author.name
        self.authored = author.time
        self.committed = committer.time
        self.message = end.map { String(text[$0.upperBound...]) } ?? ""
    }

    /// `Name <address> 1700000000 +0100`.
    private static func signature(_ text: Substring) -> (name: String, time: Int64)? {
        guard let close = text.lastIndex(of: ">") else { return nil }
        return (String(text[...close]), time(text[text.index(after: close)...].split(separator: " ").first))
    }

    /// The latest time that a commit can have: the end of the year 9999, the last one in RFC 3339.
    static let latest: Int64 = 253_402_300_799

    /// The seconds since 1970 in the date of a commit.
    ///
    /// Whoever may push a commit chooses its date. A date before 1970, after 9999, or of another form is the latest
    /// time: it is in the future for every reader, and a time in the future opens no gate.
    static func time(_ text: Substring?) -> Int64 {
        guard let text, let time = Int64(text), (0...latest).contains(time) else { return latest }
        return time
    }
}
