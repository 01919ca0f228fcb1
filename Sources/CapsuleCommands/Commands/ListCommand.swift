internal import CapsuleCore
internal import CapsuleReports
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI

/// `capsule list`
struct ListCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the releases in a repository, newest first.",
        discussion: """
            Shows the manifests, unverified; `capsule verify` checks a release. The default repository is capsule: of \
            capsule.yaml.

            Example:
              capsule list registry.example.com/shop/release
              capsule list oci:release --output json
            """)

    @Argument(
        help: ArgumentHelp("The repository or layout (default: capsule: of capsule.yaml).", valueName: "repo"),
        transform: Parse.reference)
    var repository: ArtifactReference?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    var readsCachedContent: Bool { true }

    func validate() throws {
        if let repository, repository.tag != nil || repository.digest != nil {
            throw ValidationError("\(repository) names one release; list requires a repository or layout")
        }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let store = try repository?.store ?? session.requireConfiguration("REPO").capsule
        let listing = try await CapsuleListing.read(session.opener.source(store))
        if listing.releases.isEmpty { session.console.note("there are no releases in \(store)") }
        session.console.result(listing, text: listing.text())
        return .ok
    }
}
