internal import CapsuleTrust
internal import CommandParser
internal import Cryptography
internal import DeliveryConfiguration
internal import OCI
internal import Signing

/// Whose signatures a release must have. Every command that verifies takes these.
struct TrustOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "A public key (PEM) that must have signed the release; with several, one of them must have.",
            valueName: "file"),
        completion: .file(extensions: ["pub", "pem"]))
    var key: [String] = []

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var signedFor: SignedForOptions

    /// Checks that the repository is that of something.
    ///
    /// - Parameter asks: whether something else than a key or a policy file asks for evidence.
    func check(asks: Bool) throws {
        guard signedFor.repository == nil || asks || !key.isEmpty || policy.policy != nil else {
            throw ValidationError(
                "--repository says what evidence must name; give the --key that must have signed, or a --policy")
        }
    }

    /// The keys in the files that `--key` names.
    static func keys(_ files: [String]) throws -> [VerificationKey] {
        try files.map { try VerificationKey(pem: InputFile.read($0, option: "--key"), file: $0) }
    }

    /// What is asked for; nil without a key.
    ///
    /// - Parameters:
    ///   - place: where the capsule is read.
    ///   - configuration: the configuration that is about this release.
    func requirement(_ place: Place, _ configuration: CapsuleConfiguration?) throws -> EvidenceRequirements? {
        guard !key.isEmpty else { return nil }
        return EvidenceRequirements(signatures: [
            try SignatureRequirement(
                keys: Self.keys(key), repository: signedFor.repository(place, configuration))
        ])
    }
}

/// The repository that signatures are for.
struct SignedForOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The repository that signatures and attestations are for (default: capsule: of capsule.yaml, else where the "
                + "release is). A mirror, a layout and an archive hold some that were made for another place.",
            valueName: "repository"),
        transform: Parse.repository)
    var repository: Repository?

    /// The repository: the option's, the configuration's, or the place itself.
    func repository(_ place: Place, _ configuration: CapsuleConfiguration?) throws -> Repository {
        if let repository { return repository }
        if case .registry(let repository)? = configuration?.capsule { return repository }
        guard case .registry(let repository) = place else {
            throw UsageError(
                "\(place) is no repository that signatures and attestations could be for; say which one with --repository"
            )
        }
        return repository
    }
}
