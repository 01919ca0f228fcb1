internal import CapsuleCore
internal import CommandParser
internal import DeliveryConfiguration
internal import Documents
internal import EvidencePolicies
internal import GitOps
internal import OCI
internal import Support

/// The evidence policy that takes precedence over the policy of the GitOps repository.
struct PolicyOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The evidence policy; paths of keys are relative to it (default: policy: of capsule.yaml, read from the "
                + "GitOps repository).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var policy: String?

    /// Reads the policy that the option names; nil without the option.
    func load() throws -> EvidencePolicy? { try policy.map { try Self.load($0) } }

    /// Reads a policy that an option names. A missing file is a usage error.
    static func load(_ path: String) throws -> EvidencePolicy {
        do {
            return try EvidencePolicy.load(path: path)
        } catch let error as FileError where error.code == .notFound {
            throw UsageError("--policy: \(error.message)")
        }
    }
}

extension GitOpsOptions {
    /// Runs `body` with the policy that the option names, else with the policy of the GitOps repository, and with the
    /// configuration, if there is one. An invalid policy is passed on as a failure.
    func openPolicy<Output: Sendable>(
        _ options: PolicyOptions, _ session: Session,
        _ body: (Result<EvidencePolicy, DocumentError>, CapsuleConfiguration?) async throws -> Output
    ) async throws -> Output {
        if options.policy != nil {
            let configuration = try session.configuration()
            let policy = try await Self.result(of: {
                guard let policy = try options.load() else { return nil }
                if let configuration { try policy.check(against: configuration.stages) }
                return policy
            })
            if let policy { return try await body(policy, configuration) }
        }
        return try await open(session) { workspace in
            guard let policy = try await Self.result(of: { try await workspace.evidencePolicy() }) else {
                throw UsageError(
                    "\(CapsuleConfiguration.fileName) names no policy; add `policy: policy.yaml` to it, or give --policy "
                        + "FILE")
            }
            return try await body(policy, workspace.configuration)
        }
    }

    /// The policy that `read` returns; a policy that is invalid is a failure.
    private static func result(
        of read: () async throws -> EvidencePolicy?
    ) async throws -> Result<EvidencePolicy, DocumentError>? {
        do {
            return try await read().map { .success($0) }
        } catch let error as DocumentError {
            return .failure(error)
        }
    }
}
