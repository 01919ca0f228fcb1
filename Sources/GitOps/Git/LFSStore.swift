internal import CapsuleCore
internal import OCI
internal import Processes
internal import Support

/// The contents of files in Git LFS that a clone has: `lfs/objects` in its Git directory, where `git lfs` keeps them.
struct LFSStore: Sendable {
    /// The directory `objects`.
    private let directory: String

    /// The store of the repository that contains a directory.
    ///
    /// - Throws: `GitError`
    init(of repository: GitDirectory) async throws {
        let result = try await repository.run(["rev-parse", "--path-format=absolute", "--git-common-dir"])
        guard result.succeeded, !result.text.isEmpty else {
            throw repository.failure("looking for the store of Git LFS", result)
        }
        let configured = try await repository.run(["config", "--get", "lfs.storage"])
        let storage = configured.succeeded && !configured.text.isEmpty ? configured.text : "lfs"
        directory = (storage.hasPrefix("/") ? storage : "\(result.text)/\(storage)") + "/objects"
    }

    /// The content that a pointer names.
    ///
    /// - Parameters:
    ///   - path: the path of the pointer, for messages.
    ///   - limit: the maximum size of the content.
    /// - Throws: `GitError.Code.unusableTree` when the pointer is malformed, and when the store does not have exactly
    ///   the content that it names.
    func content(of pointer: LFSPointer, at path: String, _ commit: CommitID, limit: Int) throws(GitError) -> [UInt8] {
        let thing = path.hasSuffix(".tgz") ? "the packed chart" : "the file"
        func unusable(_ why: String) -> GitError {
            GitError(
                .unusableTree, "\(quoted(path)) in commit \(commit.short) is a pointer of Git LFS, not \(thing): \(why)"
            )
        }
        guard let (digest, size) = pointer.target else {
            throw unusable("and it is malformed; commit \(thing) itself, without Git LFS")
        }
        guard size <= limit else {
            throw unusable(
                "its content has \(size) bytes; a capsule holds files of up to \(limit) bytes: leave it out of package.include"
            )
        }
        let hex = digest.hex
        let place = "\(directory)/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"
        let content: [UInt8]?
        do throws(SystemError) {
            content = try SmallFile.read(place, limit: size)
        } catch {
            throw unusable(
                "the clone does not have its content; run `git lfs fetch` there for this commit, or commit \(thing) itself, "
                    + "without Git LFS")
        }
        guard let content, content.count == size, Digest.sha256(of: content) == digest else {
            throw unusable("the clone has other content than it names; run `git lfs fsck` and `git lfs fetch` there")
        }
        return content
    }
}
