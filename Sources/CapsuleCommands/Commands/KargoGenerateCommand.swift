internal import CapsuleCore
internal import CapsuleReports
internal import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import KargoManifests
internal import Support

/// `capsule kargo generate`
struct KargoGenerateCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Write the Kargo project, the ApplicationSet and the verifier's manifests.",
        discussion: """
            The input is capsule.yaml and the deployments/ directory next to it, in the working tree. Generated files that \
            are no longer needed are removed; files that were not generated are never changed.

            Example:
              capsule kargo generate --to apps/shop/kargo
              capsule kargo generate --to apps/shop/kargo --check     # in CI: exit 65 when the files are not up to date
              kubectl -n shop get stages,warehouses,projectconfigs -o yaml > dump.yaml
              capsule kargo generate --to apps/shop/kargo --check --cluster dump.yaml
            """)

    @Option(help: ArgumentHelp("The directory to write to.", valueName: "dir"), completion: .directory)
    var to: String

    @Flag(help: "Write nothing; list the differences, and exit with 65 when there are any.")
    var check = false

    @Option(
        help: ArgumentHelp(
            "Objects of the cluster, as kubectl get -o yaml prints them: with --check, they are compared as well.",
            valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var cluster: String?

    @Option(
        help: ArgumentHelp(
            "The top of the GitOps repository (default: the Git working tree around capsule.yaml).", valueName: "dir"),
        completion: .directory)
    var gitops: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var ok: Bool
        var directory: String
        var project: String
        var files: [String]
        var changes: [GeneratedDirectory.Difference]
        /// Nil without a dump of the cluster.
        var cluster: [ClusterComparison.Difference]?
        /// The generated kinds that the dump does not have; nil without a dump.
        var notCompared: [String]?
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        if cluster != nil, !check {
            throw UsageError("--cluster needs --check, because nothing is written to a cluster")
        }
        let tree = try session.workingTree(top: gitops)
        let deployments = try tree.deployments()
        let project = try KargoProject(
            tree.configuration, deployments: deployments, overlays: tree.overlays(of: deployments),
            neighbours: tree.neighbours)
        let directory = GeneratedDirectory(path: to, files: project.files())
        let changes = check ? directory.differences() : try directory.write()
        let comparison = try cluster.map { path in
            try ClusterComparison(project, dump: InputFile.read(path, option: "--cluster"), file: path)
        }
        let objects = comparison?.differences()
        let ok = !check || changes.isEmpty && objects?.isEmpty != false
        session.console.result(
            Result(
                ok: ok, directory: to, project: project.name, files: directory.files.map(\.path.description),
                changes: changes, cluster: objects,
                notCompared: comparison?.absentKinds),
            text: session.console.marked(
                text(directory, changes) + (objects.map { text($0, comparison?.absentKinds ?? []) } ?? "")))
        return ok ? .ok : .rejected
    }

    private func text(_ objects: [ClusterComparison.Difference], _ absent: [String]) -> String {
        var out = ReportLines()
        for object in objects {
            out.add("\(ReportMark.failed) \(object.object.escapedForDisplay()): \(object.change.rawValue)")
            for field in object.fields ?? [] {
                let values = "\(field.generated ?? "nothing"), and \(field.cluster ?? "nothing") on the cluster"
                out.add("    \("\(field.path): \(values)".escapedForDisplay(limit: 300))")
            }
        }
        if objects.isEmpty { out.add("\(ReportMark.ok) the cluster has what is generated") }
        if !absent.isEmpty { out.add("not compared, because the dump has none: \(absent.joined(separator: ", "))") }
        return out.text
    }

    private func text(_ directory: GeneratedDirectory, _ changes: [GeneratedDirectory.Difference]) -> String {
        var out = ReportLines()
        for change in changes {
            let written = "\(change.change == .stale ? "removed" : "wrote") \(change.path)"
            out.add(check ? "\(ReportMark.failed) \(change.path): \(change.change.rawValue)" : written)
        }
        out.add(
            check && !changes.isEmpty
                ? "run: capsule kargo generate --to \(to)"
                : "\(ReportMark.ok) \(to) is up to date: \(directory.files.count) files")
        return out.text
    }
}
