internal import CommandParser
internal import Cryptography
internal import Signing

/// Whose statements about promotions count.
struct AttestedByOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "A public key (PEM) whose statements about promotions count; repeat it for more.", valueName: "file"),
        completion: .file(extensions: ["pub", "pem"]))
    var key: [String] = []

    @OptionGroup var signedFor: SignedForOptions

    /// The keys.
    func keys() throws -> [VerificationKey] {
        try TrustOptions.keys(key)
    }
}
