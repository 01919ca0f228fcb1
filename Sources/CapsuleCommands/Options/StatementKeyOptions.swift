internal import ArgumentParser
internal import CapsuleDelivery
internal import OCI

/// The key that statements about promotions are signed with.
struct StatementKeyOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Leave a statement about the promotion beside the capsule, signed with this private key: a file, or env://NAME.",
            valueName: "file"),
        completion: .file(extensions: ["key", "pem"]))
    var attestKey: String?

    @OptionGroup var password: PasswordOptions

    /// What leaves the statements; nil without a key.
    ///
    /// - Parameters:
    ///   - signedFor: the repository that statements name.
    ///   - place: where the capsule is read.
    func notary(
        _ signedFor: SignedForOptions, _ place: Place, _ configuration: CapsuleConfiguration, _ session: Session
    ) throws -> PromotionNotary? {
        try attestKey.map { file in
            PromotionNotary(
                key: try SigningKeyOptions.load(file, session, password, option: "--attest-key"),
                repository: try signedFor.repository(place, configuration), opener: session.opener)
        }
    }
}
