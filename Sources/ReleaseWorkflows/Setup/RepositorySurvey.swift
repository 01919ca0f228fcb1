package import CapsuleCore
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import GitOps
internal import OCI
package import Processes
internal import Support

/// The facts of a working directory that a first `capsule.yaml` needs. They are guesses, for a person to review.
package struct RepositorySurvey: Hashable, Sendable {
    /// A deploy package.
    package struct Package: Hashable, Sendable {
        /// The kind.
        package var kind: PackageKind
        /// Its directory, relative to the repository; `.` for its top.
        package var source: String
        /// The paths that a release includes; empty for the default of the layout.
        package var include: [String]
        /// The directory that a render uses as its resource; nil for Helm.
        package var entry: String?
        /// The name of the application image in the package.
        package var imageName: String?
        /// The chart's values that name the application image; nil for Kustomize, and when they are not clear.
        package var values: HelmValues?
        /// The places in the chart's values that may name the application image, when it is not clear which one does.
        package var choices: [String] = []
    }

    /// A value of the draft that the repository does not determine.
    package struct Doubt: Hashable, Sendable, Encodable {
        /// The key of `capsule.yaml`.
        package var key: String
        /// The value in the draft.
        package var value: String
        /// The reason for the doubt.
        package var reason: String
        /// Other values that are as good.
        package var alternatives: [String] = []
    }

    /// The URL of the remote `origin`, without credentials.
    package var remote: String?
    /// The repository of the application image.
    package var image = exampleImage
    /// The deploy package.
    package var package: Package?
    /// The directory that contains `deployments/`, relative to the repository; empty for the root of the repository.
    package var root: String?
    /// The names of the deployments, in the usual order of a ladder.
    package var deployments: [String] = []
    /// The default branch; nil when it is not known.
    package var branch: String?
    /// The values that the repository does not determine.
    package var doubts: [Doubt] = []
    /// The hosts, apart from loopback, that Git may reach over plain HTTP.
    var plainHTTPHosts: Set<String> = []

    /// The image in the draft when nothing in the working directory names one. The domain is reserved for examples (RFC 2606),
    /// so nothing is ever pushed there, and a doubt says that the value must be replaced.
    static let exampleImage = "registry.example.com/team/app"

    /// Surveys a directory. A file that cannot be read is not an error; it is treated as missing.
    ///
    /// - Parameter plainHTTPHosts: hosts, apart from loopback, that Git may reach over plain HTTP.
    package static func examine(
        at directory: String, runner: any CommandRunner, plainHTTPHosts: Set<String> = []
    ) async -> RepositorySurvey {
        let git = SurveyGit(directory: directory, runner: runner)
        var survey = RepositorySurvey()
        survey.plainHTTPHosts = plainHTTPHosts
        survey.remote = await git.remote()
        survey.branch = await git.branch()
        let files = RepositoryFiles(below: directory)
        survey.findDeployments(in: files)
        survey.findPackage(in: files)
        if survey.remote == nil {
            survey.doubts.append(
                Doubt(
                    key: "source.repository", value: "",
                    reason: "there is no remote origin; build with --source-repository URL"))
        }
        if survey.root == nil || survey.gitopsRepository == nil {
            survey.doubts.append(
                Doubt(
                    key: "gitops", value: survey.gitopsRepository ?? ConfigurationDraft.exampleGitOps,
                    reason: "no deployments/ were found here; name the GitOps repository and the stages"))
        }
        survey.dropUnusable()
        return survey
    }

    /// Drops what would make a draft that its own parser refuses, such as a default branch whose name the stage branches
    /// need.
    private mutating func dropUnusable() {
        guard let problem = ConfigurationDraft.problem(self) else { return }
        branch = nil
        guard ConfigurationDraft.problem(self) != nil else {
            doubts.append(Doubt(key: "gitops.branch", value: "main", reason: problem))
            return
        }
        (root, deployments) = (nil, [])
        doubts.append(Doubt(key: "gitops", value: ConfigurationDraft.exampleGitOps, reason: problem))
        guard ConfigurationDraft.problem(self) != nil else { return }
        package = nil
        doubts.append(Doubt(key: "package", value: "", reason: problem))
    }

    /// The address of this repository when it is the GitOps repository too.
    package var gitopsRepository: String? {
        guard root != nil, let remote, (try? GitRemote(remote, plainHTTPHosts: plainHTTPHosts)) != nil else {
            return nil
        }
        return remote
    }

    private mutating func findDeployments(in files: RepositoryFiles) {
        var found: [String: [String]] = [:]
        for path in files.paths where path.lastSegment == "deployment.yaml" {
            let segments = path.segments.map(String.init)
            guard segments.count >= 3, segments[segments.count - 3] == "deployments" else { continue }
            let name = segments[segments.count - 2]
            if isDNSLabel(name) { found[segments.dropLast(3).joined(separator: "/"), default: []].append(name) }
        }
        // The one nearest to the top of the repository.
        root = found.keys.min { ($0.split(separator: "/").count, $0) < ($1.split(separator: "/").count, $1) }
        deployments = root.flatMap { found[$0] }?.sorted { (Self.rank($0), $0) < (Self.rank($1), $1) } ?? []
    }

    private mutating func findPackage(in files: RepositoryFiles) {
        let name = remote.flatMap { RemoteName($0) }
        var names: Set<String> = []
        if let name { names.insert(name.name) }
        var found = NamedImages(files, remote: name, names: names)
        let expected = found.best?.description ?? name.map { "\($0.registry ?? $0.host)/\($0.path)" } ?? ""
        if let image = found.best { names.insert(image.lastSegment) }
        let kustomizations = KustomizeCandidate.all(in: files, names: names)
        let charts = ChartCandidate.all(in: files, image: expected, names: names)
        var choice = PackageChoice(kustomizations, charts, in: files)
        for image in choice.images { found.add(image: image) }
        setImage(found, name)
        choice.nameImage(as: image, names: names)
        package = choice.package
        doubts += choice.doubts
    }

    private mutating func setImage(_ found: NamedImages, _ name: RemoteName?) {
        let derived = name.flatMap { name in try? Repository("\(name.registry ?? "registry.example.com")/\(name.path)")
        }
        if let best = found.best {
            image = best.description
            let others = found.repositories.filter { $0 != best }
            if !others.isEmpty, !(name.map { best.lastSegment == $0.name } ?? false) {
                doubts.append(
                    Doubt(
                        key: "image", value: image, reason: "several images are built here",
                        alternatives: others.map(\.description)))
            }
        } else {
            image = derived?.description ?? Self.exampleImage
            guard name?.registry == nil || derived == nil else { return }
            doubts.append(
                Doubt(key: "image", value: image, reason: "no file names the registry of the application image"))
        }
    }

    /// The usual position of a stage name on a ladder.
    static func rank(_ name: String) -> Int {
        let order = [["dev"], ["test", "qa", "ci"], ["stag"], ["canary", "uat", "pre"], [], ["prod", "live"]]
        // `preprod` is not production: the earlier position wins.
        return order.firstIndex { words in words.contains { name.hasPrefix($0) } } ?? 4
    }
}

/// The queries of a survey to Git.
private struct SurveyGit {
    let directory: String
    let runner: any CommandRunner

    private func text(_ arguments: [String]) async -> String? {
        let command = Command(
            "git", ["-C", directory] + arguments,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/", "GIT_CONFIG_NOSYSTEM": "1"],
            deadline: .seconds(10))
        guard let result = try? await runner.run(command), result.succeeded, !result.text.isEmpty else { return nil }
        return result.text
    }

    /// The URL of `origin` as a release records it, with the `.git` that it has.
    func remote() async -> String? {
        guard let text = await text(["config", "--get", "remote.origin.url"]) else { return nil }
        guard let url = try? SourceURL.recorded(text) else { return SourceURL.withoutCredentials(text) }
        return text.hasSuffix(".git") ? "\(url).git" : url
    }

    /// The default branch of `origin`, else the one that is checked out.
    func branch() async -> String? {
        if let remote = await text(["symbolic-ref", "--short", "refs/remotes/origin/HEAD"]), remote.hasPrefix("origin/")
        {
            return String(remote.dropFirst(7))
        }
        return await text(["symbolic-ref", "--short", "HEAD"])
    }
}
