/// Symbolic links.
package enum SymbolicLink {
    /// The maximum number of links that are followed, as many as Linux follows.
    static let maximumDepth = 40

    /// The path that a path leads to, with the links at its end resolved, also when nothing is there.
    ///
    /// - Throws: `SystemError.linkLoop`
    package static func target(of path: String) throws(SystemError) -> String {
        var path = path
        for _ in 0..<maximumDepth {
            guard let next = try? SystemCall.destination(ofLink: path) else { return path }
            let parent = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
            path = next.hasPrefix("/") ? next : parent + next
        }
        throw .linkLoop
    }
}
