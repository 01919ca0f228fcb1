package import CapsuleCore
internal import Documents
internal import FoundationEssentials
package import Processes
internal import Rendering
internal import Support

/// The facts of a working directory that a first `capsule.yaml` needs. They are guesses, for a person to review.
package struct RepositorySurvey: Hashable, Sendable {
    /// A deploy package.
    package struct Package: Hashable, Sendable {
        /// The kind.
        package var kind: PackageKind
        /// Its directory, relative to the repository.
        package var source: String
        /// The directories that a release includes; empty for Helm.
        package var include: [String]
        /// The directory that a render uses as its resource; nil for Helm.
        package var entry: String?
        /// The name of its first container image.
        package var imageName: String?
        /// The chart's values that name the application image; nil for Kustomize, and when they are not clear.
        package var values: HelmValues?
        /// The places in the chart's values that may name the application image, when it is not clear which one does.
        package var choices: [String] = []
    }

    /// The URL of the remote `origin`, without credentials.
    package var remote: String?
    /// The deploy package.
    package var package: Package?
    /// The directory that contains `deployments/`, relative to the repository; empty for the root of the repository.
    package var root: String?
    /// The names of the deployments, in the usual order of a ladder.
    package var deployments: [String] = []

    /// The maximum depth of the search: packages are near the root, dependencies are deeper.
    static let maximumDepth = 5
    /// The maximum number of directories to search, so that a huge repository takes a second, not minutes.
    static let maximumDirectories = 5_000
    private static let skipped: Set<String> = ["node_modules", "vendor", "target", "dist", "build", "Pods"]

    /// Surveys a directory. A file that cannot be read is not an error; it is treated as missing.
    package static func look(at directory: String, runner: any CommandRunner) async -> RepositorySurvey {
        var survey = RepositorySurvey()
        survey.remote = await remote(of: directory, runner: runner)
        let directories = walk(directory)
        survey.package = kustomize(in: directories, below: directory) ?? helm(in: directories)
        survey.package?.findValues(below: directory, image: imageRepository(survey.remote))
        for (path, names) in directories where names.contains("deployments") {
            let found = directories.filter { entry in
                entry.names.contains("deployment.yaml") && parent(entry.path) == join(path, "deployments")
            }
            guard !found.isEmpty else { continue }
            survey.root = path
            survey.deployments = found.map { last($0.path) }.filter(isDNSLabel).sorted {
                (rank($0), $0) < (rank($1), $1)
            }
            break
        }
        return survey
    }

    private typealias Listing = (path: String, names: Set<String>)

    private static func remote(of directory: String, runner: any CommandRunner) async -> String? {
        let command = Command(
            "git", ["-C", directory, "config", "--get", "remote.origin.url"],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/", "GIT_CONFIG_NOSYSTEM": "1"],
            deadline: .seconds(10))
        guard let result = try? await runner.run(command), result.succeeded, !result.text.isEmpty else { return nil }
        guard let url = try? SourceURL.recorded(result.text) else { return SourceURL.withoutCredentials(result.text) }
        return result.text.hasSuffix(".git") ? "\(url).git" : url
    }

    private static func walk(_ top: String) -> [Listing] {
        var found: [Listing] = []
        var queue = [("", 0)]
        while !queue.isEmpty, found.count < maximumDirectories {
            let (path, depth) = queue.removeFirst()
            let names = (try? FileManager.default.contentsOfDirectory(atPath: join(top, path))) ?? []
            found.append((path, Set(names)))
            guard depth < maximumDepth else { continue }
            for name in names.sorted() where !name.hasPrefix(".") && !skipped.contains(name) {
                let type = try? FileManager.default.attributesOfItem(atPath: join(top, join(path, name)))[.type]
                if type as? FileAttributeType == .typeDirectory { queue.append((join(path, name), depth + 1)) }
            }
        }
        return found
    }

    private static func kustomize(in directories: [Listing], below top: String) -> Package? {
        func isKustomization(_ listing: Listing) -> Bool {
            !listing.names.isDisjoint(with: ["kustomization.yaml", "kustomization.yml", "Kustomization"])
        }
        let candidates = directories.filter { isKustomization($0) && !$0.path.contains("envTypes") && !$0.path.isEmpty }
        guard let entry = candidates.first(where: { last($0.path) == "base" }) ?? candidates.first else { return nil }
        let source = parent(entry.path)
        let siblings = directories.first { $0.path == source }?.names ?? []
        return Package(
            kind: .kustomize, source: source.isEmpty ? "." : source,
            include: [last(entry.path)] + (siblings.contains("components") ? ["components"] : []),
            entry: last(entry.path), imageName: imageName(in: entry, below: top))
    }

    private static func helm(in directories: [Listing]) -> Package? {
        directories.first { $0.names.contains("Chart.yaml") && !$0.path.isEmpty }.map {
            Package(kind: .helm, source: $0.path, include: [], entry: nil, imageName: nil)
        }
    }

    private static func imageName(in listing: Listing, below top: String) -> String? {
        for name in listing.names.sorted() where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            guard let data = FileManager.default.contents(atPath: join(top, join(listing.path, name))),
                let documents = try? YAMLParser.documents(Array(data), file: name)
            else { continue }
            for document in documents {
                let pod = document["spec"]?["template"]?["spec"] ?? document["spec"]
                for container in pod?["containers"]?.sequence ?? [] {
                    if let image = container["image"]?.string { return ImageReference(image).name }
                }
            }
        }
        return nil
    }

    /// The usual position of a stage name on a ladder.
    static func rank(_ name: String) -> Int {
        let order = [["dev"], ["test", "qa", "ci"], ["stag"], ["canary", "uat", "pre"], [], ["prod", "live"]]
        // `preprod` is not production: the earlier position wins.
        return order.firstIndex { words in words.contains { name.hasPrefix($0) } } ?? 4
    }

    private static func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty ? name : name.isEmpty ? directory : "\(directory)/\(name)"
    }
    private static func last(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    private static func parent(_ path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }
}
