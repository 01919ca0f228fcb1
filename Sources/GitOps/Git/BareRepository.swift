internal import FoundationEssentials

/// A bare repository of our own, made by hand: no templates, so no hooks, and no process to start.
enum BareRepository {
    /// Creates the repository at `path`, which must not exist.
    ///
    /// - Throws: a file system error.
    static func create(_ path: String, format: GitObjectFormat, remote: GitRemote?) throws {
        let partial = "\(path).partial-\(UUID().uuidString.prefix(8).lowercased())"
        for directory in ["objects/info", "objects/pack", "refs/heads"] {
            try FileManager.default.createDirectory(
                atPath: "\(partial)/\(directory)", withIntermediateDirectories: true)
        }
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
        try Data(configuration.utf8).write(to: URL(filePath: "\(partial)/config"))
        try Data("ref: refs/heads/none\n".utf8).write(to: URL(filePath: "\(partial)/HEAD"))
        try FileManager.default.moveItem(atPath: partial, toPath: path)
    }
}
