internal import CapsuleCore
internal import CommandParser
internal import DeliveryConfiguration
internal import Documents
internal import EvidencePolicies
internal import GitOps
internal import OCI
internal import Support

/// The policy file that whoever runs the command has pinned.
struct PolicyOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The policy that says which evidence a release needs, key files beside it (default: policy: of capsule.yaml, "
                + "read from the GitOps repository).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var policy: String?

    /// The policy that the option names; nil without it.
    func load() throws -> EvidencePolicy? { try policy.map { try Self.load($0) } }

    /// Reads a policy that an option names. One that is not there is a mistake in the command line.
    static func load(_ path: String) throws -> EvidencePolicy {
        do {
            return try EvidencePolicy.load(path: path)
        } catch let error as FileError where error.code == .notFound {
            throw UsageError("--policy: \(error.message)")
        }
    }
}

extension GitOpsOptions {
    /// Runs `body` with the policy that an option names, else with the one that the GitOps repository's configuration names,
    /// and with the ladder; nil where none is at hand. A policy that is wrong in itself is an answer.
    func openPolicy<Output: Sendable>(
        _ options: PolicyOptions, _ session: Session,
        _ body: (Result<EvidencePolicy, DocumentError>, CapsuleConfiguration?) async throws -> Output
    ) async throws -> Output {
        if options.policy != nil {
            let configuration = try session.configuration()
            let policy = try await Self.answer {
                guard let policy = try options.load() else { return nil }
                if let configuration { try policy.check(against: configuration.stages) }
                return policy
            }
            if let policy { return try await body(policy, configuration) }
        }
        return try await open(session) { workspace in
            guard let policy = try await Self.answer({ try await workspace.evidencePolicy() }) else {
                throw UsageError(
                    "\(CapsuleConfiguration.fileName) names no policy; add `policy: policy.yaml` to it, or give --policy "
                        + "FILE")
            }
            return try await body(policy, workspace.configuration)
        }
    }

    private static func answer(
        _ read: () async throws -> EvidencePolicy?
    ) async throws -> Result<EvidencePolicy, DocumentError>? {
        do {
            return try await read().map { .success($0) }
        } catch let error as DocumentError {
            return .failure(error)
        }
    }
}
