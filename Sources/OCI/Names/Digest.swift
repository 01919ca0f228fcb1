internal import Cryptography
internal import Support

/// The digest that names content: `sha256:` and 64 lowercase hex digits, or `sha512:` and 128.
///
/// The whole text is validated when it is parsed, so a digest is safe in a path or a URL.
/// [OCI image-spec, Digests](https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests)
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The hash functions that the image-spec registers.
    public enum Algorithm: String, Sendable, CaseIterable {
        /// SHA-256, the only one that registries must support.
        case sha256
        /// SHA-512.
        case sha512

        /// The number of hex digits of a digest.
        public var hexLength: Int { self == .sha256 ? 64 : 128 }
    }

    /// The hash function.
    public let algorithm: Algorithm
    /// The hash, in lowercase hex.
    public let hex: String

    /// Parses `algorithm:hex`.
    ///
    /// - Throws: `OCIError.Code.invalidName`
    public init(_ string: String) throws(OCIError) {
        guard let colon = string.utf8.firstIndex(of: UInt8(ascii: ":")),
            let algorithm = Algorithm(rawValue: String(string[..<colon])),
            case let hex = String(string[string.utf8.index(after: colon)...]),
            hex.utf8.count == algorithm.hexLength, hex.isLowercaseHex
        else {
            throw OCIError(
                .invalidName,
                "\(quoted(string)) is not a digest; write sha256: and 64 lowercase hex digits")
        }
        self.algorithm = algorithm
        self.hex = hex
    }

    /// Parses the digest that names a thing of the capsule format, which is always SHA-256: two names of the same bytes
    /// would compare as different.
    ///
    /// - Parameter thing: the thing with its article, for messages: `a capsule`.
    /// - Throws: `OCIError.Code.invalidName`
    package init(_ string: String, naming thing: String) throws(OCIError) {
        self = try Digest(string).naming(thing)
    }

    /// This digest, if it is SHA-256 and so can name a thing of the capsule format.
    ///
    /// - Parameter thing: the thing with its article, for messages: `a capsule`.
    /// - Throws: `OCIError.Code.invalidName`
    package func naming(_ thing: String) throws(OCIError) -> Digest {
        if let problem = problem(naming: thing) { throw OCIError(.invalidName, problem) }
        return self
    }

    /// The reason why this digest cannot name a thing of the capsule format; nil when it can.
    package func problem(naming thing: String) -> String? {
        guard algorithm != .sha256 else { return nil }
        return "\(algorithm.rawValue):\(short)… cannot name \(thing): the name of \(thing) is its sha256 digest; "
            + "write sha256: and 64 lowercase hex digits"
    }

    /// Names content by its hash, whose length fits the hash function.
    package init(algorithm: Algorithm, hash: [UInt8]) {
        self.algorithm = algorithm
        self.hex = lowercaseHex(hash)
    }

    /// The SHA-256 digest of `bytes`.
    public static func sha256(of bytes: some Sequence<UInt8>) -> Digest {
        // Arrays, slices, Data and UTF-8 views give access to their memory; anything else is copied once.
        let hash = bytes.withContiguousStorageIfAvailable {
            HashFunction.hash(.sha256, of: UnsafeRawBufferPointer($0).bytes)
        }
        return Digest(algorithm: .sha256, hash: hash ?? HashFunction.hash(.sha256, of: Array(bytes)))
    }

    /// The digest of `bytes`.
    public static func of(_ bytes: [UInt8], _ algorithm: Algorithm) -> Digest {
        Digest(algorithm: algorithm, hash: HashFunction.hash(algorithm.function, of: bytes))
    }

    /// The tag under which a registry without the referrers API keeps the index of what refers to this digest.
    ///
    /// [distribution-spec, Referrers Tag Schema](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema)
    public var referrersTag: Tag { Tag(checked: "\(algorithm.rawValue)-\(hex.prefix(64))") }

    /// `algorithm:hex`.
    public var description: String { "\(algorithm.rawValue):\(hex)" }

    /// Twelve hex digits, for display.
    public var short: String { String(hex.prefix(12)) }

    /// Orders by text.
    public static func < (left: Digest, right: Digest) -> Bool {
        (left.algorithm.rawValue, left.hex) < (right.algorithm.rawValue, right.hex)
    }

    static func isLowercaseHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// Computes a digest piece by piece.
    public struct Hasher: Sendable {
        private let algorithm: Algorithm
        private var hash: HashFunction

        /// Starts an empty hash.
        public init(_ algorithm: Algorithm) {
            self.algorithm = algorithm
            hash = HashFunction(algorithm.function)
        }

        /// Adds bytes.
        public mutating func update(_ bytes: [UInt8]) { hash.update(bytes) }

        /// Adds bytes.
        public mutating func update(_ bytes: ArraySlice<UInt8>) { hash.update(bytes.span.bytes) }

        /// Adds bytes.
        public mutating func update(_ buffer: UnsafeRawBufferPointer) { hash.update(buffer.bytes) }

        /// The digest of everything added so far.
        public func finalize() -> Digest { Digest(algorithm: algorithm, hash: hash.finalize()) }
    }
}

extension Digest.Algorithm {
    fileprivate var function: HashAlgorithm {
        switch self {
        case .sha256: .sha256
        case .sha512: .sha512
        }
    }
}

extension Digest: Codable {
    /// Decodes the text form.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
