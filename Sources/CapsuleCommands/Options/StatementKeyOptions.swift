internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Promotion
internal import Signing

/// The key that statements about promotions are signed with.
struct StatementKeyOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Leave a statement about the promotion beside the capsule, signed with this private key: a file, or env://NAME.",
            valueName: "file"),
        completion: .file(extensions: ["key", "pem"]))
    var attestKey: String?

    @OptionGroup var password: PasswordOptions

    /// The key; nil without the option.
    func key(_ session: Session) throws -> SigningKey? {
        try attestKey.map { try SigningKeyOptions.load($0, session, password, option: "--attest-key") }
    }

    /// What leaves the statements; nil without a key.
    ///
    /// - Parameters:
    ///   - signedFor: the repository that statements name.
    ///   - place: where the capsule is read.
    func attester(
        _ signedFor: SignedForOptions, _ place: Place, _ configuration: CapsuleConfiguration, _ session: Session
    ) throws -> PromotionAttester? {
        try key(session).map { key in
            PromotionAttester(
                key: key, repository: try signedFor.repository(place, configuration), opener: session.opener)
        }
    }
}
