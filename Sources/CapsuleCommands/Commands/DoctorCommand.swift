internal import CapsuleReports
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import GitOps
internal import ReleaseWorkflows

/// `capsule doctor`
struct DoctorCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check tools, logins and configuration, and name what is missing.",
        discussion: """
            Checks Git, the renderers, the cache, capsule.yaml, the registries, the GitOps repository and its policy. Exit 1 \
            when a check fails.

            Example:
              capsule doctor
              capsule doctor --config gitops/capsule.yaml --gitops gitops.git
            """)

    @Option(
        help: ArgumentHelp(
            "The GitOps repository (default: gitops.repository of capsule.yaml).", valueName: "repository"))
    var gitops: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        let path = global.config ?? CapsuleConfiguration.find(from: FileManager.default.currentDirectoryPath)
        var read: Result<CapsuleConfiguration, any Error>?
        if let path {
            do {
                read = .success(try CapsuleConfiguration.load(path: path))
            } catch {
                read = .failure(error)
            }
        }
        let remote = try gitops.map { try GitRemote($0, plainHTTPHosts: Set(session.options.plainHTTP)) }
        let doctor = Doctor(
            runner: session.runner, git: session.git, opener: session.opener, renderer: try session.renderer(),
            now: Verifier.systemClock)
        let report = try await doctor.examine(
            Doctor.Subject(
                configurationPath: path, configuration: read, gitops: remote,
                cacheDirectory: session.cacheDirectory(), libraries: LoadedLibraries.versions),
            progress: { session.console.stage($0) })
        session.console.result(report, text: session.console.marked(report.text()))
        return report.ok ? .ok : .failure
    }
}
