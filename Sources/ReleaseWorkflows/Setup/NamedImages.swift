internal import CapsuleCore
internal import OCI
internal import Support

/// The repositories of images that the files of a repository say they build or push.
struct NamedImages {
    /// The repositories that belong to the application, in the order in which they were found.
    private(set) var repositories: [Repository] = []

    private let remote: RemoteName?
    private let names: Set<String>

    /// The files that say how images are built, apart from workflows.
    private static let places = [
        ".gitlab-ci.yml", "skaffold.yaml", "skaffold.yml", ".circleci/config.yml", "cloudbuild.yaml",
        "azure-pipelines.yml", "bitbucket-pipelines.yml", "Jenkinsfile", "Makefile", "makefile", "GNUmakefile",
        "Taskfile.yml", "Taskfile.yaml", "justfile", "docker-compose.yml", "docker-compose.yaml", "compose.yml",
        "compose.yaml",
    ]
    /// Words of lines that name an image. Other lines name paths and modules that look like one.
    private static let words = [
        "image", "img", "tag", "push", "docker", "podman", "buildah", "registry", "repo", "destination", "kaniko",
    ]
    /// Hosts of sources, whose addresses look like images.
    private static let sources: Set<String> = [
        "github.com", "gitlab.com", "bitbucket.org", "raw.githubusercontent.com",
    ]

    /// Reads the files that say how images are built.
    init(_ files: RepositoryFiles, remote: RemoteName?, names: Set<String>) {
        self.remote = remote
        self.names = names
        let workflows = files.paths.map(\.description).filter { $0.hasPrefix(".github/workflows/") }
        for path in workflows + Self.places {
            if let text = files.text(path) { read(text) }
        }
    }

    /// Adds an image of the package, when its name has a registry or an owner and belongs to the application.
    mutating func add(image name: String) { add(Substring(name), allowsDockerHub: true) }

    /// The repository whose last segment is the application's name, else the first.
    var best: Repository? { repositories.first { names.contains($0.lastSegment) } ?? repositories.first }

    private mutating func read(_ text: String) {
        var variables = remote?.variables ?? [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let filled = Self.filled(String(line), variables)
            let variable = Self.assignment(filled)
            if let (name, value) = variable { variables[name] = variables[name] ?? value }
            // A variable often holds a part of a name, which looks like one on Docker Hub.
            let isPart = variable.map { $0.name == $0.name.uppercased() } ?? false
            let lowercased = line.lowercased()
            guard Self.words.contains(where: lowercased.contains), !lowercased.contains("uses:") else { continue }
            for token in filled.split(whereSeparator: { !Self.isPartOfImage($0) }) {
                add(token, allowsDockerHub: !isPart)
            }
        }
    }

    private mutating func add(_ token: Substring, allowsDockerHub: Bool) {
        var text = token
        while let last = text.last, ":.@-/".contains(last) { text.removeLast() }
        let name = ImageName(String(text)).name
        let segments = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.count > 1, let first = segments.first, !first.isEmpty, !Self.sources.contains(first) else {
            return
        }
        let isHost = first.contains(".") || first.contains(":") || first == "localhost"
        // Without a host, only Docker Hub's form is recognized, and only with the owner of the repository.
        guard isHost || (allowsDockerHub && segments.count == 2 && first == remote?.owner) else { return }
        let isOwn =
            names.contains(segments[segments.count - 1]) || (remote.map { segments.contains($0.owner) } ?? false)
        guard isOwn, let repository = try? Repository(isHost ? name : "docker.io/\(name)"),
            !repositories.contains(repository)
        else { return }
        repositories.append(repository)
    }

    /// Replaces `${{ env.NAME }}`, `${NAME}`, `$(NAME)` and `$NAME` by the values that are known, and what else a
    /// runner would fill in by a blank.
    private static func filled(_ line: String, _ variables: [String: String]) -> String {
        var result = ""
        var rest = Substring(line)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            var name: Substring
            if rest.hasPrefix("{{"), let end = rest.firstRange(of: "}}") {
                name = rest[rest.index(rest.startIndex, offsetBy: 2)..<end.lowerBound]
                rest = rest[end.upperBound...]
            } else if let open = rest.first, let close = ["{": "}", "(": ")"][String(open)],
                let end = rest.firstIndex(of: Character(close))
            {
                name = rest.dropFirst().prefix(upTo: end)
                rest = rest[rest.index(after: end)...]
            } else {
                name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                rest = rest.dropFirst(name.count)
            }
            name = Substring(name.filter { !$0.isWhitespace })
            if name.hasPrefix("env.") { name = name.dropFirst(4) }
            result += variables[String(name)] ?? " "
        }
        return result + rest
    }

    /// The name and the value of `NAME: value`, `NAME=value`, `NAME ?= value` and `NAME := value`.
    private static func assignment(_ line: String) -> (name: String, value: String)? {
        var text = Substring(line).drop { $0 == " " || $0 == "\t" || $0 == "-" }
        if text.hasPrefix("export ") { text = text.dropFirst(7) }
        let name = text.prefix { ($0.isASCII && ($0.isLetter || $0.isNumber)) || $0 == "_" }
        let rest = text.dropFirst(name.count).drop { $0 == " " }
        guard !name.isEmpty, let mark = ["?=", ":=", "=", ":"].first(where: rest.hasPrefix) else { return nil }
        let value = rest.dropFirst(mark.count).filter { $0 != "\"" && $0 != "'" }
            .drop { $0 == " " || $0 == "\t" }.prefix { !$0.isWhitespace }
        return value.isEmpty ? nil : (String(name), String(value))
    }

    private static func isPartOfImage(_ character: Character) -> Bool {
        (character.isASCII && (character.isLetter || character.isNumber)) || "._/:@-".contains(character)
    }
}

/// The host and path of a repository on a forge, from the URL of the remote.
struct RemoteName {
    /// The host, in lowercase, without user and port.
    let host: String
    /// The path, in lowercase, without `.git`.
    let path: String

    /// Reads the URL that a release records; nil when it has no host.
    init?(_ url: String) {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        // The user of `ssh://git@host/x` is not part of the name.
        var rest = SourceURL.withoutCredentials("https://\(url[scheme.upperBound...])").dropFirst(8).lowercased()
        if rest.hasSuffix(".git") { rest.removeLast(4) }
        host = String(rest.prefix { $0 != "/" && $0 != ":" })
        path = String(rest.drop { $0 != "/" }.drop { $0 == "/" })
        guard !host.isEmpty, !path.isEmpty else { return nil }
    }

    /// The first segment of the path: a user or an organization.
    var owner: String { path.split(separator: "/").first.map(String.init) ?? path }
    /// The last segment of the path: the name of the repository.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The forge's own registry; nil when it is not known.
    var registry: String? { ["github.com": "ghcr.io", "gitlab.com": "registry.gitlab.com"][host] }

    /// The variables of workflows and pipelines that name the repository.
    fileprivate var variables: [String: String] {
        var variables = [
            "github.repository": path, "github.repository_owner": owner, "github.event.repository.name": name,
            "GITHUB_REPOSITORY": path, "GITHUB_REPOSITORY_OWNER": owner, "CI_PROJECT_PATH": path,
            "CI_PROJECT_NAME": name, "CI_PROJECT_NAMESPACE": String(path.dropLast(name.count + 1)),
        ]
        if host == "gitlab.com", let registry {
            variables["CI_REGISTRY"] = registry
            variables["CI_REGISTRY_IMAGE"] = "\(registry)/\(path)"
        }
        return variables
    }
}
