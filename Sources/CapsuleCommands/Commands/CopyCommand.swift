internal import CapsuleCore
internal import CapsuleReports
internal import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import OCI

/// `capsule copy`
struct CopyCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy a release between registries, layouts and archives, with everything attached.",
        discussion: """
            Copies the capsule with its signatures and attestations, and verifies every byte. A destination tag that names \
            other content is never replaced. The destination takes the tag of the source when it has none.

            Example:
              capsule copy registry.example.com/shop/release:git-0cc4… \\
                oci-archive:release.tar
              capsule copy oci-archive:release.tar mirror.example.com/shop/release
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Argument(
        help: ArgumentHelp("The source: a REF with a tag or a digest.", valueName: "src"), transform: Parse.reference)
    var from: ArtifactReference

    @Argument(help: ArgumentHelp("The destination: a REF.", valueName: "dst"), transform: Parse.reference)
    var to: ArtifactReference

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var from: String
        var to: String
        var copy: CopyReport
    }

    func validate() throws {
        if from.tag == nil, from.digest == nil {
            throw ValidationError("\(from) names no release; add :TAG or @sha256:…")
        }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let source = try await session.opener.source(from.store)
        guard let root = try await source.resolve(from) else {
            throw OCIError(.notFound, "there is no \(from); `capsule list \(from.store)` lists the releases")
        }
        if let digest = to.digest, digest != root.digest {
            throw OCIError(.contentMismatch, "\(from) is \(root.digest), not \(digest); nothing was copied")
        }
        let progress = CopyProgress(session.console, verb: "copying")
        let report = try await session.opener.withDestination(to.store) { destination in
            try await copy(
                root, from: source, to: destination, tag: to.tag ?? from.tag,
                options: CopyOptions(progress: { progress.report($0) }))
        }
        let result = ArtifactReference(to.store, tag: report.tag, digest: report.digest)
        for digest in report.passedOver {
            session.console.note("\(digest) is listed as attached and refers to another manifest; it was not copied")
        }
        if let change = try await CapsuleReader.change(root, tag: from.tag, in: source) {
            session.console.note("\(from): \(change)")
        }
        session.console.note(
            "\(report.copied) copied (\(ByteCount.text(report.bytes))), \(report.mounted) mounted, "
                + "\(report.present) already present, \(report.attached.count) attached")
        session.console.result(
            Result(from: "\(from)", to: "\(result)", copy: report), text: "\(result)")
        return .ok
    }
}
