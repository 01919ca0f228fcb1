/// Reads into memory a tar.gz that another tool wrote, such as a chart that `helm package` made.
///
/// Unlike in a layer, any modes, owners and times, the GNU format and zeros at the end are accepted. What two readers could see
/// differently is refused as in a layer, and so are links and all other kinds of entries.
package enum TarballReader {
    /// A file of a tarball.
    package struct File: Sendable {
        /// The path, whose form is that of paths in a layer.
        package let path: String
        /// The bytes.
        package let content: [UInt8]
    }

    /// The content of a tarball.
    package struct Contents: Sendable {
        /// The files, in the order of the archive. Directories are left out, since charts do not need them.
        package let files: [File]
        /// The number that the limit applies to: headers, and directories that have none.
        package let entries: Int
    }

    /// Reads a whole tarball.
    ///
    /// - Throws: `ArchiveError`
    package static func read(_ tarball: [UInt8], limits: ArchiveLimits) throws -> Contents {
        var state = TarballState(limits: limits)
        let summary = try TarStream.forEachEntry(
            of: tarball, from: .tarball, limits: limits, maximumHeaders: limits.entries,
            accept: { (entry, headers) throws(ArchiveError) in try state.accept(entry, headers: headers) }
        ) { entry, content in
            try state.add(entry, content)
        }
        return try state.finish(headers: summary.headers)
    }
}
