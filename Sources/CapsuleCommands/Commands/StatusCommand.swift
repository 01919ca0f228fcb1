internal import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import ReleaseWorkflows
internal import Support

/// `capsule status`
struct StatusCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show which release each stage holds, and what may move next.",
        discussion: """
            Reads the stage branches of the GitOps repository and asks every gate, and the evidence that the policy asks \
            for, and changes nothing. With --registry the registry alone is asked: what the statements say that \
            `promote --attest-key` left beside the capsules, as far as the keys made them that --key names.

            Example:
              capsule status
              capsule status --registry registry.example.com/shop/release \\
                --key promoter.pub
              capsule status --gitops https://git.example.com/platform/gitops.git
            """)

    @Option(
        help: ArgumentHelp(
            "A clone of the application's repository, to tell older releases from newer ones by their commits.",
            valueName: "dir"), completion: .directory)
    var source: String?

    @Option(
        help: ArgumentHelp("Ask this repository or layout of capsules, and not Git.", valueName: "place"),
        transform: Parse.place)
    var registry: Place?

    @Option(help: ArgumentHelp("With --registry: how many releases to look at, newest first.", valueName: "n"))
    var limit = RegistryLadder.limit

    @OptionGroup(title: "Whose statements count, with --registry") var attested: AttestedByOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup(title: "The GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func validate() throws {
        if registry == nil, !attested.key.isEmpty {
            throw ValidationError("--key says whose statements count in --registry")
        }
        if registry != nil, attested.key.isEmpty {
            throw ValidationError("anybody can write a statement; say whose count with --key")
        }
        if registry != nil,
            source != nil || gitops.gitops != nil || gitops.revision != nil || policy.policy != nil
        {
            throw ValidationError(
                "--registry asks the registry alone; leave --gitops, --revision, --source and --policy out")
        }
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit \(limit) is not from 1 to 10000") }
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

    private func status(in place: Place, _ session: Session) async throws -> ExitStatus {
        let configuration = try session.configuration(about: place)
        session.console.stage("reading \(place)")
        let ladder = try await RegistryLadder.read(
            session.opener.source(place), keys: try attested.keys(),
            repository: try attested.signedFor.repository(place, configuration),
            ladder: configuration?.stages.map(\.name) ?? [], limit: limit,
            now: WallClock.system())
        if ladder.stages.isEmpty {
            session.console.note("no statement of these keys stands beside \(ladder.releases) releases in \(place)")
        }
        if ladder.isPartial { session.console.note("only the newest \(ladder.releases) releases were looked at") }
        session.console.result(ladder, text: ladder.text())
        return .ok
    }
}
