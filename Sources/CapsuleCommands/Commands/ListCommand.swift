internal import CapsuleCore
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI

/// `capsule list`
struct ListCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the releases in a repository, newest first.",
        discussion: """
            Shows what the manifests say; `capsule verify` finds out whether it is true. Without REPO, the repository that \
            capsule: of capsule.yaml names.

            Example:
              capsule list registry.example.com/shop/release
              capsule list oci:release --output json
            """)

    @Argument(help: ArgumentHelp("The repository or layout.", valueName: "repo"), transform: Parse.location)
    var repository: Location?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func validate() throws {
        if let repository, repository.tag != nil || repository.digest != nil {
            throw ValidationError("\(repository) names one release; list takes a repository")
        }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let place = try repository?.place ?? session.requireConfiguration("REPO").capsule
        let listing = try await CapsuleListing.read(session.opener.source(place))
        if listing.releases.isEmpty { session.console.note("there are no releases in \(place)") }
        session.console.result(listing, text: listing.text())
        return .ok
    }
}
