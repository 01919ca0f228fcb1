internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Promotion
internal import Signing

/// The key that signs statements about promotions.
struct StatementKeyOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Attach a statement about the promotion to the capsule, signed with this private key: a file, or env://NAME.",
            valueName: "file"),
        completion: .file(extensions: ["key", "pem"]))
    var attestKey: String?

    @OptionGroup var password: PasswordOptions

    /// Reads the key; nil without the option.
    func key(_ session: Session) throws -> SigningKey? {
        try attestKey.map { try SigningKeyOptions.load($0, session, password, option: "--attest-key") }
    }

    /// The writer of the statements; nil without a key.
    ///
    /// - Parameters:
    ///   - signedFor: the repository that statements name.
    ///   - store: the store that the capsule is read from.
    func attester(
        _ signedFor: SignedForOptions, _ store: StoreReference, _ configuration: CapsuleConfiguration,
        _ session: Session
    ) throws -> PromotionAttester? {
        try key(session).map { key in
            PromotionAttester(
                key: key, repository: try signedFor.repository(store, configuration), opener: session.opener)
        }
    }
}
