internal import OCI
internal import Support

/// Identifies the file of a program, to detect that it has been replaced since its version was read.
enum ProgramStamp {
    /// The key under which the version is cached; nil when the file does not exist.
    static func key(_ path: String, kind: String) -> Digest? {
        guard let status = try? SystemCall.status(of: path, followingLinks: true) else { return nil }
        let (modified, changed) = (status.modified, status.changed)
        let text =
            "version 2 of \(kind) \(path) \(status.device) \(status.inode) \(status.size) \(modified.seconds)."
            + "\(modified.nanoseconds) \(changed.seconds).\(changed.nanoseconds)"
        return .sha256(of: text.utf8)
    }
}
