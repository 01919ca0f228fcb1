package import Support

/// The reason why an archive is rejected, or could not be written or unpacked.
package struct ArchiveError: Failure {
    /// The error codes of this module.
    package typealias Code = FailureCode<ArchiveError>

    /// Which failure this is.
    package let code: Code
    /// What happened, to which entry, and what to do.
    package let message: String
    /// The path of the entry as written in the archive; nil when the failure is not about one entry.
    package let entry: String?

    /// Describes a failure.
    package init(_ code: Code, _ message: String, entry: String? = nil) {
        self.code = code
        self.message = message
        self.entry = entry
    }

    init(_ code: Code, _ message: String, entryName: some Collection<UInt8>) {
        self.init(code, message, entry: String(decoding: entryName, as: UTF8.self))
    }
}

extension FailureCode where Owner == ArchiveError {
    /// A path breaks the path rules of the format, or is outside `release.yaml`, `metadata/` and `package/`.
    package static var invalidPath: Self { Self("archive-invalid-path", .rejected) }
    /// An entry is a link, device, fifo or sparse file, or has an extended attribute; only plain files and directories are allowed.
    package static var unsupportedEntry: Self { Self("archive-unsupported-entry", .rejected) }
    /// Two entries have the same name, or names that some file system treats as equal.
    package static var duplicate: Self { Self("archive-duplicate", .rejected) }
    /// The bytes are not the tar or the gzip that the format requires.
    package static var malformed: Self { Self("archive-malformed", .rejected) }
    /// A limit, which the message names, is exceeded.
    package static var tooLarge: Self { Self("archive-too-large", .rejected) }
    /// This system's libz compresses differently from zlib itself, so layers would get other digests.
    package static var compressor: Self { Self("archive-compressor", .failure) }
    /// The destination exists already.
    package static var exists: Self { Self("archive-exists", .failure) }
    /// A system call failed (permissions, disk full).
    package static var io: Self { Self("archive-io", .failure) }
}
