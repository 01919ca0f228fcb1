/// What went wrong with OCI content: which rule, on which thing, and what to do about it.
public struct OCIError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, stable across releases and fit for a `switch`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name that JSON output shows.
        public let description: String

        private init(_ name: String) { description = name }

        /// A digest, reference, tag or location does not follow its grammar.
        public static let invalidName = Code("invalid-name")
        /// Bytes that claim to be a manifest, index or layout are not one.
        public static let invalidManifest = Code("invalid-manifest")
        /// Bytes do not have the size or the digest that names them.
        public static let contentMismatch = Code("content-mismatch")
        /// Content is larger than the limit named in the message.
        public static let tooLarge = Code("too-large")
        /// The thing that was asked for is not there.
        public static let notFound = Code("not-found")
        /// The tag exists already and names other content.
        public static let tagExists = Code("tag-exists")
        /// The place cannot be read or written (permissions, disk full, a file in the way).
        public static let io = Code("io")
        /// The registry cannot be reached or keeps failing.
        public static let unavailable = Code("unavailable")
        /// The registry refuses the credentials, or wants some.
        public static let unauthorized = Code("unauthorized")
        /// The other side broke the protocol, or asked for something that is refused for safety.
        public static let protocolViolation = Code("protocol-violation")
        /// The end of the copy cannot do this (an archive cannot be appended to, say).
        public static let unsupported = Code("unsupported")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to which thing, and what to do. Never holds a credential or a URL query.
    public let message: String
    /// The error underneath, where there is one.
    public let cause: (any Error)?

    /// Describes a failure.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message.
    public var description: String { message }
}
