package import CapsuleCore
internal import Processes
internal import Support

/// A commit to create: its parents and its changes to the tree that it starts from.
package struct CommitDraft: Sendable {
    /// The parents; the commit starts from the tree of the first one. Empty for an orphan commit.
    package var parents: [CommitID] = []
    /// True when the first parent is the draft before it in its chain.
    package var followsPrevious = false
    /// The directories whose content is removed.
    var emptied: [RelativePath] = []
    /// The files that are written.
    var files: [PackageFile] = []
    var message: String
    var author: CommitAuthor
    /// The time of author and committer, in seconds since 1970.
    var time: Int64

    package init(
        parents: [CommitID] = [], emptied: [RelativePath] = [],
        files: [PackageFile] = [], message: String, author: CommitAuthor, time: Int64
    ) {
        self.parents = parents
        self.emptied = emptied
        self.files = files
        self.message = message
        self.author = author
        self.time = time
    }
}

extension GitOpsRepository {
    /// The id of the tree that the commit of a draft has.
    ///
    /// - Throws: `GitError`
    package func tree(of draft: CommitDraft) async throws -> String {
        try await repairing {
            try await ensure(draft.parents)
            let ids = try await writing.write([[draft]], format: format).joined()
            guard let commit = try await writing.commits(Array(ids)).first else {
                throw GitError(.gitFailed, "git fast-import wrote no commit")
            }
            return commit.tree
        }
    }
}

extension GitDirectory {
    /// Creates commits in one process: objects only, without references and without a checkout.
    ///
    /// - Parameter chains: lists of drafts, each of which may follow the draft before it in its list.
    /// - Returns: the ids of the commits of each chain.
    package func write(_ chains: [[CommitDraft]], format: GitObjectFormat) async throws -> [[CommitID]] {
        let drafts = chains.flatMap { $0 }
        guard !drafts.isEmpty else { return chains.map { _ in [] } }
        var stream: [UInt8] = []
        func line(_ text: String) { stream += Array(text.utf8) + [0x0A] }
        func data(_ bytes: [UInt8]) {
            line("data \(bytes.count)")
            stream += bytes + [0x0A]
        }
        line("feature done")
        var blobs: [[UInt8]: Int] = [:]
        var mark = drafts.count
        for file in drafts.flatMap(\.files) where blobs[file.content] == nil {
            mark += 1
            blobs[file.content] = mark
            line("blob")
            line("mark :\(mark)")
            data(file.content)
        }
        // fast-import creates commits on references only; this one is deleted before the stream ends.
        let reference = "refs/capsule/new"
        for (index, draft) in drafts.enumerated() {
            line("reset \(reference)")
            line("commit \(reference)")
            line("mark :\(index + 1)")
            line("author \(draft.author) \(draft.time) +0000")
            line("committer \(draft.author) \(draft.time) +0000")
            data(Array(draft.message.utf8))
            if draft.followsPrevious { line("from :\(index)") }
            for (place, parent) in draft.parents.enumerated() {
                line("\(place == 0 && !draft.followsPrevious ? "from" : "merge") \(parent)")
            }
            for directory in draft.emptied { line("D \(Self.quotedPath(directory))") }
            for file in draft.files {
                guard let blob = blobs[file.content] else { continue }
                line("M 100644 :\(blob) \(Self.quotedPath(file.path))")
            }
            line("get-mark :\(index + 1)")
        }
        line("reset \(reference)")
        line("from \(format.null)")
        line("done")
        let result = try await run(["fast-import", "--quiet", "--force", "--date-format=raw"], input: stream)
        guard result.succeeded else { throw failure("writing commits", result) }
        let ids = result.text.split(separator: "\n").compactMap { try? CommitID(String($0)) }
        guard ids.count == drafts.count else {
            throw GitError(.gitFailed, "git fast-import wrote \(ids.count) of \(drafts.count) commits")
        }
        var rest = ids[...]
        return chains.map { chain in
            defer { rest = rest.dropFirst(chain.count) }
            return Array(rest.prefix(chain.count))
        }
    }

    /// A path, quoted for fast-import. A `RelativePath` contains no control characters and no backslashes.
    private static func quotedPath(_ path: RelativePath) -> String {
        "\"\(path.description.replacing("\"", with: "\\\""))\""
    }
}
