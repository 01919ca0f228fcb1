internal import CapsuleCore
internal import FoundationEssentials
internal import OCI

extension RepositorySurvey.Package {
    /// The maximum size of a file that is read: larger ones are neither values nor templates.
    private static let largestFile = 1 << 20
    /// The maximum number of files that are read.
    private static let maximumFiles = 2_000

    /// Finds the chart's values that name the application image. Nothing is found in a package of another kind.
    mutating func findValues(below top: String, image: String) {
        guard kind == .helm else { return }
        let search = HelmImageSearch(
            Self.files(of: "\(top)/\(source)"), application: image, imageName: nil, others: [])
        (values, choices) = (search.application, search.choices)
    }

    private static func files(of directory: String) -> [PackageFile] {
        var files: [PackageFile] = []
        var queue = [""]
        while let path = queue.popLast(), files.count < maximumFiles {
            for name in ((try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(path)")) ?? []).sorted()
            {
                let inner = path.isEmpty ? name : "\(path)/\(name)"
                let attributes = try? FileManager.default.attributesOfItem(atPath: "\(directory)/\(inner)")
                switch attributes?[.type] as? FileAttributeType {
                case .typeDirectory: queue.append(inner)
                case .typeRegular:
                    guard let size = attributes?[.size] as? Int, size <= largestFile,
                        let path = try? RelativePath(inner),
                        let data = FileManager.default.contents(atPath: "\(directory)/\(inner)")
                    else { continue }
                    files.append(PackageFile(path: path, content: Array(data)))
                default: continue
                }
            }
        }
        return files
    }
}

extension RepositorySurvey {
    /// The repository of the image in the registry of GitHub or GitLab, derived from the remote; for other hosts a
    /// placeholder.
    static func imageRepository(_ remote: String?) -> String {
        let placeholder = "registry.example.com/team/app"
        guard let remote, let scheme = remote.firstRange(of: "://") else { return placeholder }
        // The user of `ssh://git@host/x` is not part of the name.
        var rest = SourceURL.withoutCredentials("https://\(remote[scheme.upperBound...])").dropFirst(8).lowercased()
        if rest.hasSuffix(".git") { rest.removeLast(4) }
        let host = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(host.count)
        let registry =
            switch host {
            case "github.com": "ghcr.io"
            case "gitlab.com": "registry.gitlab.com"
            default: "registry.example.com"
            }
        let name = registry + path
        return (try? Repository(name)) == nil ? placeholder : name
    }
}
