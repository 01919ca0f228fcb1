package import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import OCI

/// The `capsule` command: its subcommands and the help a user sees first.
package struct Capsule: ParsableCommand {
    /// The version that `--version` prints and that built capsules do not depend on.
    package static let version = "0.1.0"

    /// The name, the one-line purpose and the subcommands.
    package static let configuration = CommandConfiguration(
        commandName: "capsule",
        abstract: "Make a release one immutable OCI object, and promote exactly that.",
        discussion: """
            A REF is registry/repo:tag, registry/repo@sha256:…, oci:PATH[:tag] for an OCI image layout on disk, or \
            oci-archive:FILE for one in a tar file.

            Exit status: 0 ok, 1 failure, 64 usage or configuration, 65 rejected (verification, a gate or a proof says \
            no), 69 registry or Git remote unavailable, 77 not authorised.
            """,
        version: version,
        subcommands: [
            InitCommand.self, BuildCommand.self, PublishCommand.self, CopyCommand.self, ListCommand.self,
            InspectCommand.self, VerifyCommand.self, UnpackCommand.self, RenderCommand.self, DiffCommand.self,
            PromoteCommand.self, StatusCommand.self, AuditCommand.self, RollbackCommand.self, KeysCommand.self,
            SignCommand.self, AttestCommand.self, PolicyCommand.self,
            KargoCommand.self,
            ServeCommand.self,
            DoctorCommand.self,
            CompletionCommand.self,
        ]
    )

    /// Makes the command.
    package init() {}
}
