package import CapsuleCore
internal import Processes
internal import Support

/// A revision that a user writes: `HEAD`, a branch, a tag or another reference, or a commit id, followed by any number
/// of `~N` and `^N`.
///
/// Forms whose meaning depends on more than the repository's references are rejected: the log of references (`@{…}`),
/// searches in messages (`:/text`, `^{/text}`), paths (`HEAD:path`) and ranges.
struct GitRevision {
    /// The number of digits from which Git abbreviates ids by default.
    private static let minimumAbbreviation = 7

    /// The text that the user wrote.
    let text: String
    /// The revision without the steps to ancestors.
    let name: String
    /// The steps to ancestors, such as `~2^1`; empty when there are none.
    let steps: String

    /// Parses a revision.
    ///
    /// - Throws: `GitError.Code.invalidName`
    init(_ text: String) throws(GitError) {
        let end = text.firstIndex { $0 == "~" || $0 == "^" } ?? text.endIndex
        let name = String(text[..<end])
        let valid =
            !name.isEmpty && !text.hasPrefix("-") && text.utf8.count <= 255
            && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
            && !name.contains("@{") && !name.contains("..")
            && !name.unicodeScalars.contains { ":?*[\\".unicodeScalars.contains($0) }
        guard valid, Self.areSteps(text[end...]) else {
            throw GitError(
                .invalidName,
                "\(quoted(text)) is not a revision; give a commit id, a branch, a tag or HEAD, which ~N and ^N may follow"
            )
        }
        self.text = text
        self.name = name == "@" ? "HEAD" : name
        steps = String(text[end...])
    }

    /// The commit that the name itself is the id of: `<id>`, or `git-<id>`, the identity of a release.
    var id: CommitID? { name.contains("/") ? nil : claimedCommit }

    /// The commit that the last part of the name is the id of. A reference with such a name must point to that commit.
    var claimedCommit: CommitID? {
        let last = (name.split(separator: "/").last.map(String.init) ?? name).lowercased()
        return try? CommitID(last.hasPrefix("git-") ? String(last.dropFirst(4)) : last)
    }

    /// True for a name that could be an abbreviated commit id as well as a reference.
    var looksAbbreviated: Bool {
        name.utf8.count >= Self.minimumAbbreviation && id == nil && name.allSatisfy(\.isHexDigit)
    }

    /// Checks that a commit is the one whose id the name is.
    ///
    /// - Throws: `GitError.Code.notFound`
    func check(opened commit: CommitID, in place: String) throws(GitError) {
        guard let claimedCommit, claimedCommit != commit else { return }
        throw GitError(
            .notFound,
            "\(quoted(text)) in \(quoted(place)) is named like commit \(claimedCommit) and leads to \(commit); give the "
                + "id of the commit that you mean, and remove the reference or tag with the other name")
    }

    /// True for a sequence of `~`, `~N`, `^`, `^N`, `^{commit}` and `^{}`.
    private static func areSteps(_ text: Substring) -> Bool {
        var rest = text
        while let first = rest.popFirst() {
            guard first == "~" || first == "^" else { return false }
            if first == "^", let form = ["{commit}", "{}"].first(where: { rest.hasPrefix($0) }) {
                rest = rest.dropFirst(form.count)
                continue
            }
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard digits.count <= 6 else { return false }
            rest = rest.dropFirst(digits.count)
        }
        return true
    }
}

extension GitDirectory {
    /// The full id of the commit that a revision names.
    ///
    /// A full id, also as `git-<id>`, is that commit, whatever references the repository has. A name that is several
    /// things at once (a branch and a tag, or a reference and an abbreviated id) is an error.
    ///
    /// - Throws: `GitError`
    package func resolve(_ revision: String) async throws -> CommitID {
        let revision = try GitRevision(revision)
        let commit = try await parse(revision.id?.description ?? revision.name, of: revision)
        try revision.check(opened: commit, in: path)
        return revision.steps.isEmpty ? commit : try await parse("\(commit)\(revision.steps)", of: revision)
    }

    private func parse(_ name: String, of revision: GitRevision) async throws -> CommitID {
        let result = try await run([
            "-c", "core.warnAmbiguousRefs=true", "rev-parse", "--verify", "--end-of-options", "\(name)^{commit}",
        ])
        guard result.succeeded, let commit = try? CommitID(result.text) else {
            if result.errorOutput.contains("not a git repository") { throw notRepository }
            let why =
                result.errorOutput.contains("ambiguous")
                ? "the ids of several objects begin with it" : "there is no such commit"
            throw GitError(
                .notFound,
                "\(quoted(revision.text)) in \(quoted(path)): \(why); give the full commit id, and fetch it if this clone "
                    + "is shallow or behind")
        }
        // Git prefers tags to branches, and references to abbreviated ids.
        guard revision.id != nil || !result.errorOutput.contains("is ambiguous") else {
            throw GitError(
                .notFound,
                "\(quoted(revision.text)) in \(quoted(path)) is more than one of a branch, a tag and an abbreviated commit "
                    + "id; give the full commit id, or the reference as refs/heads/NAME or refs/tags/NAME")
        }
        return commit
    }
}
