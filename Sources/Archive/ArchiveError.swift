public import Support

/// Why an archive is refused, or could not be written or unpacked.
public struct ArchiveError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<ArchiveError>

    /// Which failure this is.
    public let code: Code
    /// What happened, to which entry, and what to do.
    public let message: String
    /// The path of the entry, as the archive has it; nil when the failure is not about one entry.
    public let entry: String?

    /// Describes a failure.
    public init(_ code: Code, _ message: String, entry: String? = nil) {
        self.code = code
        self.message = message
        self.entry = entry
    }
}

extension FailureCode where Owner == ArchiveError {
    /// A path breaks the path rules of the format, or stands outside `release.yaml`, `metadata/` and `package/`.
    public static var invalidPath: Self { Self("archive-invalid-path", .rejected) }
    /// A link, device, fifo, sparse file or extended attribute: anything but a plain file or directory.
    public static var unsupportedEntry: Self { Self("archive-unsupported-entry", .rejected) }
    /// Two entries have one name, or names that one file system or another takes for equal.
    public static var duplicate: Self { Self("archive-duplicate", .rejected) }
    /// The bytes are not the tar or the gzip that the format asks for.
    public static var malformed: Self { Self("archive-malformed", .rejected) }
    /// A limit that the message names is passed.
    public static var tooLarge: Self { Self("archive-too-large", .rejected) }
    /// This system's zlib is not zlib's own deflate, which decides the bytes of a layer.
    public static var compressor: Self { Self("archive-compressor", .failure) }
    /// Something stands already where the archive is to be unpacked.
    public static var exists: Self { Self("archive-exists", .failure) }
    /// The file system refused (permissions, disk full).
    public static var io: Self { Self("archive-io", .failure) }
}

/// `bytes` in quotes for a message: control and invalid bytes escaped, at most 200 characters.
package func quotedName(_ bytes: some Collection<UInt8>) -> String {
    var out = "\""
    for scalar in String(decoding: bytes.prefix(800), as: UTF8.self).unicodeScalars.prefix(200) {
        if scalar == "\"" || scalar == "\\" {
            out += "\\\(scalar)"
        } else if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.properties.isBidiControl {
            out += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            out.unicodeScalars.append(scalar)
        }
    }
    return out + "\""
}
