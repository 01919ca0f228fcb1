internal import CapsuleCore
internal import CommandParser
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import GitOps
internal import ReleaseWorkflows
internal import Support

/// `capsule init`
struct InitCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a commented capsule.yaml for this repository.",
        discussion: """
            Looks for the Git remote, the repository of the image, a Kustomize package or a Helm chart that can be built, \
            and deployments/, and writes a configuration with them. It names the values that the repository does not \
            determine. An existing file is never changed.

            Example:
              capsule init
              capsule init --source ../shop --to apps/shop/capsule.yaml
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(help: ArgumentHelp("The repository to examine.", valueName: "dir"), completion: .directory)
    var source = "."

    @Option(help: ArgumentHelp("The file to write (default: capsule.yaml in --source).", valueName: "file"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "The form of the releases: capsule, or pair, whose record is in the GitOps repository.", valueName: "form"))
    var form = ReleaseForm.capsule

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var file: String
        var remote: String?
        var image: String
        var packageKind: PackageKind?
        var packageSource: String?
        var packageEntry: String?
        var imageName: String?
        var deployments: [String]
        var unsure: [RepositorySurvey.Doubt]
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        guard FileManager.default.fileExists(atPath: source) else {
            throw UsageError("there is no directory \(quoted(source)); name the repository with --source DIR")
        }
        let file = to ?? (source == "." ? "capsule.yaml" : "\(source)/capsule.yaml")
        let survey = await RepositorySurvey.examine(
            at: source, runner: session.runner, plainHTTPHosts: global.plainHTTPHosts)
        try NewFile.write(Array(ConfigurationDraft.text(survey, form: form).utf8), to: file)
        let unsure = survey.doubts.map { "\ncheck \($0.text.escapedForDisplay())" }.joined()
        session.console.result(
            Result(
                file: file, remote: survey.remote, image: survey.image, packageKind: survey.package?.kind,
                packageSource: survey.package?.source, packageEntry: survey.package?.entry,
                imageName: survey.package?.imageName, deployments: survey.deployments, unsure: survey.doubts),
            text: "wrote \(file); read it through, then run: capsule doctor --config \(file)\(unsure)")
        return .ok
    }
}
