internal import CapsuleCore
internal import CapsuleReports
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Support

/// `capsule list`
struct ListCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the releases in a repository, newest first.",
        discussion: """
            Shows the manifests, unverified; `capsule verify` checks a release. The default repository is capsule: of \
            capsule.yaml. With --limit or --since, a tag that an earlier run listed is resolved again only when it is shown.

            Example:
              capsule list registry.example.com/shop/release
              capsule list --limit 20 --since 30d
              capsule list oci:release --output json
            """)

    @Argument(
        help: ArgumentHelp("The repository or layout (default: capsule: of capsule.yaml).", valueName: "repo"),
        transform: Parse.reference)
    var repository: ArtifactReference?

    @Option(help: ArgumentHelp("Show at most this many releases, the newest.", valueName: "n"))
    var limit: Int?

    @Option(
        help: ArgumentHelp(
            "Show the releases whose commits are not older: a day, a time in UTC, or how long ago, such as 30d.",
            valueName: "time"), transform: SinceTime.init)
    var since: SinceTime?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    var readsRegistry: Bool { repository?.store.isRegistry ?? true }

    func validate() throws {
        if let repository, repository.tag != nil || repository.digest != nil {
            throw ValidationError("\(repository) names one release; list requires a repository or layout")
        }
        if let limit, limit < 1 { throw ValidationError("--limit \(limit) must be at least 1") }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let store = try repository?.store ?? session.requireConfiguration("REPO").capsule
        let listing = try await CapsuleListing.read(
            session.opener.source(store), .init(limit: limit, since: since?.seconds(now: WallClock.system())))
        let omitted = listing.omitted ?? 0
        if listing.releases.isEmpty, omitted == 0 {
            session.console.note("there are no releases in \(store)")
        } else if omitted > 0 {
            session.console.note(
                "--limit or --since leaves \(omitted) of \(omitted + listing.releases.count) releases out")
        }
        session.console.result(listing, text: listing.text())
        return .ok
    }
}
