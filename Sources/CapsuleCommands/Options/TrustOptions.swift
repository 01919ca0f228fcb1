internal import CapsuleTrust
internal import CommandParser
internal import Cryptography
internal import DeliveryConfiguration
internal import OCI
internal import Signing

/// The evidence that a release must have, for every command that verifies.
struct TrustOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "A public key (PEM) that must have signed the release; repeatable: one of several keys suffices.",
            valueName: "file"),
        completion: .file(extensions: ["pub", "pem"]))
    var key: [String] = []

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var signedFor: SignedForOptions

    /// Throws when `--repository` is given and nothing requires evidence.
    ///
    /// - Parameter requiresEvidence: true when an option other than a key or a policy file requires evidence.
    func check(requiresEvidence: Bool) throws {
        guard signedFor.repository == nil || requiresEvidence || !key.isEmpty || policy.policy != nil else {
            throw ValidationError(
                "--repository is the repository that evidence must name; give a --key or a --policy that requires evidence"
            )
        }
    }

    /// Reads the keys that `--key` names.
    static func keys(_ files: [String]) throws -> [VerificationKey] {
        try files.map { try VerificationKey(pem: InputFile.read($0, option: "--key"), file: $0) }
    }

    /// The required signature; nil without a key.
    ///
    /// - Parameters:
    ///   - store: the store that the capsule is read from.
    ///   - configuration: the configuration of this release.
    func requirement(_ store: StoreReference, _ configuration: CapsuleConfiguration?) throws -> EvidenceRequirements? {
        guard !key.isEmpty else { return nil }
        return EvidenceRequirements(signatures: [
            try SignatureRequirement(
                keys: Self.keys(key), repository: signedFor.repository(store, configuration))
        ])
    }
}

/// The repository that signatures and attestations name.
struct SignedForOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The repository that signatures and attestations name (default: capsule: of capsule.yaml, else the "
                + "repository of the release). Set it for a release in a mirror, a layout or an archive.",
            valueName: "repository"),
        transform: Parse.repository)
    var repository: Repository?

    /// The repository: the option, else `capsule:` of the configuration, else the store of the release.
    func repository(_ store: StoreReference, _ configuration: CapsuleConfiguration?) throws -> Repository {
        if let repository { return repository }
        if case .registry(let repository)? = configuration?.capsule { return repository }
        guard case .registry(let repository) = store else {
            throw UsageError(
                "signatures and attestations name a repository in a registry, and \(store) is not one; give --repository"
            )
        }
        return repository
    }
}
