internal import CommandParser
internal import Cryptography
internal import Signing

/// The keys whose statements about promotions are trusted.
struct AttestedByOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "A public key (PEM) whose statements about promotions are trusted; repeatable.", valueName: "file"),
        completion: .file(extensions: ["pub", "pem"]))
    var key: [String] = []

    @OptionGroup var signedFor: SignedForOptions

    /// Reads the keys.
    func keys() throws -> [VerificationKey] {
        try TrustOptions.keys(key)
    }
}
