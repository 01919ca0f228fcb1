/// Tells whether a file was replaced or changed, without reading it.
package enum FileRevision {
    /// A text that changes when another file gets this name, a symbolic link on the way leads elsewhere, or the content or the
    /// mode change; a constant while there is no file.
    package static func of(_ path: String) -> String {
        guard let status = try? SystemCall.status(of: path, followingLinks: true) else { return "-" }
        // The time of the last change of the status cannot be set, so no tool that keeps times hides a change.
        return "\(status.device).\(status.inode).\(status.size).\(status.changed.seconds).\(status.changed.nanoseconds)"
    }
}
