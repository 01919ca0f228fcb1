internal import CapsuleReports
internal import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import ReleaseWorkflows
internal import Support

/// `capsule status`
struct StatusCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the release of each stage, and which promotion is next.",
        discussion: """
            Reads the stage branches of the GitOps repository, evaluates every gate and the evidence that the policy \
            requires, and changes nothing. With --registry, reads the registry only: the statements of `promote \
            --attest-key` that are attached to the capsules and signed with one of the keys of --key.

            Example:
              capsule status
              capsule status --registry registry.example.com/shop/release \\
                --key promoter.pub
              capsule status --gitops https://git.example.com/platform/gitops.git
            """)

    @Option(
        help: ArgumentHelp(
            "A clone of the application's repository, to order releases by their commits.",
            valueName: "dir"), completion: .directory)
    var source: String?

    @Option(
        help: ArgumentHelp(
            "Read the statements in this repository or layout of capsules, instead of Git.", valueName: "store"),
        transform: Parse.store)
    var registry: StoreReference?

    @Option(help: ArgumentHelp("With --registry: the number of releases to read, newest first.", valueName: "n"))
    var limit = RegistryLadder.limit

    @OptionGroup(title: "Statements, with --registry") var attested: AttestedByOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup(title: "GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if registry == nil, !attested.key.isEmpty {
            throw ValidationError("--key selects the statements of --registry; give --registry too")
        }
        if registry != nil, attested.key.isEmpty {
            throw ValidationError(
                "--registry requires --key: anyone can write a statement, so name the keys that are trusted")
        }
        if registry != nil,
            source != nil || gitops.gitops != nil || gitops.revision != nil || policy.policy != nil
        {
            throw ValidationError(
                "--registry reads the registry only; leave --gitops, --revision, --source and --policy out")
        }
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit \(limit) must be from 1 to 10000") }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        if let registry { return try await status(in: registry, session) }
        return try await gitops.open(session) { workspace in
            let status = try await LadderStatus.read(
                workspace, opener: session.opener, policy: try policy.load(),
                ancestry: source.map { CommitAncestry(git: session.git, repository: $0) },
                now: WallClock.system)
            session.console.result(status, text: status.text())
            return .ok
        }
    }

    private func status(in store: StoreReference, _ session: Session) async throws -> ExitStatus {
        let configuration = try session.configuration(about: store)
        session.console.stage("reading \(store)")
        let ladder = try await RegistryLadder.read(
            session.opener.source(store), keys: try attested.keys(),
            repository: try attested.signedFor.repository(store, configuration),
            ladder: configuration?.stages.map(\.name) ?? [], limit: limit,
            now: WallClock.system())
        if ladder.stages.isEmpty {
            session.console.note(
                "no statement of these keys is attached to the \(ladder.releases) releases in \(store)")
        }
        if ladder.isPartial {
            session.console.note("only the newest \(ladder.releases) releases were read; raise --limit to read more")
        }
        session.console.result(ladder, text: ladder.text())
        return .ok
    }
}
