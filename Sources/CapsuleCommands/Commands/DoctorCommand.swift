internal import CapsuleReports
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import GitOps
internal import OCI
internal import ReleaseWorkflows
internal import Support

/// `capsule doctor`
struct DoctorCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check tools, logins and configuration, and name what is missing.",
        discussion: """
            Checks Git, the renderers, the cache, capsule.yaml, the registries, the GitOps repository and its policy. Exit 1 \
            when a check fails.

            For a registry it says which login is used, whether there is a referrers API, and which forms of evidence were \
            stored before. With REPO, only that repository or layout is checked. Nothing is written, unless --write is given: then it pushes a \
            small image with two signatures, changes its tag, and removes everything.

            Example:
              capsule doctor
              capsule doctor registry.example.com/shop/release --write
              capsule doctor --config gitops/capsule.yaml --gitops gitops.git
            """)

    @Option(
        help: ArgumentHelp(
            "The GitOps repository (default: gitops.repository of capsule.yaml).", valueName: "repository"))
    var gitops: String?

    @Flag(help: "Test which evidence REPO can store, and whether its tags can be changed, by writing to it.")
    var write = false

    @Argument(
        help: ArgumentHelp("The repository or layout to check (default: everything).", valueName: "repo"),
        transform: Parse.store)
    var store: StoreReference?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard write else { return }
        guard case .registry? = store else {
            throw ValidationError("--write requires REPO, a repository on a registry")
        }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let doctor = Doctor(
            runner: session.runner, git: session.git, opener: session.opener, renderer: try session.renderer(),
            now: WallClock.system)
        let report: Doctor.Report
        if let store {
            session.console.stage("checking \(store)")
            report = try await doctor.examine(store, writes: write)
        } else {
            report = try await everything(doctor, session)
        }
        session.console.result(report, text: session.console.marked(report.text()))
        return report.ok ? .ok : .failure
    }

    private func everything(_ doctor: Doctor, _ session: Session) async throws -> Doctor.Report {
        let path = global.config ?? CapsuleConfiguration.find(from: FileManager.default.currentDirectoryPath)
        var read: Result<CapsuleConfiguration, any Error>?
        if let path {
            do {
                read = .success(try CapsuleConfiguration.load(path: path, plainHTTPHosts: global.plainHTTPHosts))
            } catch {
                read = .failure(error)
            }
        }
        let remote = try gitops.map { try GitRemote($0, plainHTTPHosts: session.options.plainHTTPHosts) }
        return try await doctor.examine(
            Doctor.Subject(
                configurationPath: path, configuration: read, gitops: remote,
                cacheDirectory: session.cacheDirectory(), libraries: LoadedLibraries.versions),
            progress: { session.console.stage($0) })
    }
}
