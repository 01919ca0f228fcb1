internal import Support

/// A bare repository that is created without Git: it has no templates and so no hooks, and no process is started.
enum BareRepository {
    /// The content of `HEAD`.
    static let head = Array("ref: refs/heads/none\n".utf8)

    /// The content of `config`. Git's index of commits is off, because a walk over it reads no commit.
    static func configuration(format: GitObjectFormat, remote: GitRemote?) -> [UInt8] {
        var configuration = "[core]\n\tbare = true\n\tcommitGraph = false\n"
        switch format {
        case .sha1: configuration += "\trepositoryformatversion = 0\n"
        case .sha256:
            configuration += "\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
        }
        if let remote {
            let escaped = remote.address.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            configuration += "[remote \"origin\"]\n\turl = \"\(escaped)\"\n"
        }
        return Array(configuration.utf8)
    }

    /// Creates the repository at `path`, which must not exist.
    ///
    /// - Throws: `FileError.Code.io`
    static func create(_ path: String, format: GitObjectFormat, remote: GitRemote?) throws(FileError) {
        // No fsync: a cache that a crash damages is created again.
        try NewDirectory.write(
            [("config", configuration(format: format, remote: remote)), ("HEAD", head)],
            directories: ["objects", "objects/info", "objects/pack", "refs", "refs/heads"], to: path, durable: false)
    }
}
