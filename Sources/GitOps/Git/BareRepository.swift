internal import Support

/// A bare repository that is created without Git: it has no templates and so no hooks, and no process is started.
enum BareRepository {
    /// Creates the repository at `path`, which must not exist.
    ///
    /// - Throws: `FileError.Code.io`
    static func create(_ path: String, format: GitObjectFormat, remote: GitRemote?) throws(FileError) {
        var configuration = "[core]\n\tbare = true\n"
        switch format {
        case .sha1: configuration += "\trepositoryformatversion = 0\n"
        case .sha256:
            configuration += "\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
        }
        if let remote {
            let escaped = remote.address.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            configuration += "[remote \"origin\"]\n\turl = \"\(escaped)\"\n"
        }
        // No fsync: a cache that a crash damages is created again.
        try NewDirectory.write(
            [("config", Array(configuration.utf8)), ("HEAD", Array("ref: refs/heads/none\n".utf8))],
            directories: ["objects", "objects/info", "objects/pack", "refs", "refs/heads"], to: path, durable: false)
    }
}
