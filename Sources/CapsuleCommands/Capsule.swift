package import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import OCI

/// The `capsule` command: its subcommands and the text of its help.
package struct Capsule: ParsableCommand {
    /// The version that `--version` prints.
    package static let version = ProgramVersion.current

    /// The name, the one-line purpose and the subcommands.
    package static let configuration = CommandConfiguration(
        commandName: "capsule",
        abstract: "Make a release one immutable OCI object, and promote exactly that.",
        discussion: """
            A REF is registry/repo:tag, registry/repo@sha256:…, oci:PATH[:tag] for an OCI image layout on disk, or \
            oci-archive:FILE for a layout in one tar file.

            Exit status: 0 success, 1 failure, 64 usage or configuration error, 65 rejected (a check, a gate or a proof \
            failed), 69 registry or Git remote unavailable, 77 not authorised.
            """,
        version: version,
        subcommands: [
            InitCommand.self, BuildCommand.self, PublishCommand.self, CopyCommand.self, ConvertCommand.self,
            ListCommand.self,
            InspectCommand.self, VerifyCommand.self, UnpackCommand.self, RenderCommand.self, DiffCommand.self,
            PromoteCommand.self, StatusCommand.self, AuditCommand.self, RollbackCommand.self, ReviewCommand.self,
            KeysCommand.self,
            SignCommand.self, AttestCommand.self, PolicyCommand.self,
            KargoCommand.self,
            LoginCommand.self, LogoutCommand.self,
            ServeCommand.self,
            DoctorCommand.self,
            CompletionCommand.self,
        ]
    )

    /// Creates the command.
    package init() {}

    /// True when words look like a command that reads a registry. Nothing but the time of its first request depends on it.
    package static func expectsRequests(_ words: [String]) -> Bool {
        let readers = [VerifyCommand.configuration, InspectCommand.configuration, ListCommand.configuration]
        let others = ["oci:", "oci-archive:", "-h", "--help", "--version"]
        return words.count > 1 && readers.contains { $0.commandName == words[0] }
            && !words.contains { word in others.contains { word.utf8.starts(with: $0.utf8) } }
    }
}
