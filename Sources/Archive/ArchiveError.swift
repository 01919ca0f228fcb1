/// Why an archive is refused, or could not be written or unpacked.
public struct ArchiveError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, stable across releases and fit for a `switch`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name that JSON output shows.
        public let description: String

        private init(_ name: String) { description = name }

        /// A path breaks the path rules of the format, or stands outside `release.yaml`, `metadata/` and `package/`.
        public static let invalidPath = Code("invalid-path")
        /// A link, device, fifo, sparse file or extended attribute: anything but a plain file or directory.
        public static let unsupportedEntry = Code("unsupported-entry")
        /// Two entries have one name, or names that one file system or another takes for equal.
        public static let duplicate = Code("duplicate")
        /// The bytes are not the tar or the gzip that the format asks for.
        public static let malformed = Code("malformed")
        /// A limit that the message names is passed.
        public static let tooLarge = Code("too-large")
        /// This system's zlib is not zlib's own deflate, which decides the bytes of a layer.
        public static let compressor = Code("compressor")
        /// Something stands already where the archive is to be unpacked.
        public static let exists = Code("exists")
        /// The file system refused (permissions, disk full).
        public static let io = Code("io")
    }

    /// The kind of failure.
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

    /// The message.
    public var description: String { message }
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
