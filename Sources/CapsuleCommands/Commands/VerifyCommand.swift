internal import ArgumentParser
internal import CapsuleDelivery
internal import CapsuleTrust

/// `capsule verify`
struct VerifyCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Run the whole trust chain on a release and show every check.",
        discussion: """
            Proves that image and capsule are one release and that the capsule is whole and closed. Exit 65 when a check \
            says no; 69 when a registry could not be asked, which is never an answer.

            Example:
              capsule verify registry.example.com/shop/release:git-0cc4…
              capsule verify oci:release:git-0cc4… --image oci:image
              capsule verify git-0cc4… --image-digest sha256:1f2e…
            """)

    @Argument(
        help: ArgumentHelp("A REF, or git-<sha> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @OptionGroup(title: "The application image") var image: ImageOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        let request = try image.request(release, session)
        session.console.stage("verifying \(request.capsule)")
        let report = try await ReleaseVerification(opener: session.opener).verdict(request).report
        session.console.result(report, text: session.console.marked(report.text()))
        return report.ok ? .ok : .rejected
    }
}
