internal import Documents

/// An image reference whose parts are in different fields of one mapping: `{registry, repository, tag, digest}`, the
/// `images` of a kustomization (`newName`, `newTag`), Flux's `url` with `ref`, Argo CD's `repoURL` with
/// `targetRevision`.
struct ImageParts {
    /// The key of the field with the repository.
    let key: String
    /// The reference that the fields make together.
    let reference: String

    private enum Role {
        case repository, registry, tag, digest, version
    }

    private static let roles: [String: Role] = [
        "repository": .repository, "repo": .repository, "image": .repository, "imageName": .repository,
        "imageRepository": .repository, "name": .repository, "newName": .repository, "url": .repository,
        "repoURL": .repository,
        "registry": .registry, "imageRegistry": .registry, "host": .registry, "hostname": .registry,
        "server": .registry,
        "tag": .tag, "newTag": .tag, "imageTag": .tag, "targetRevision": .tag,
        "digest": .digest, "sha": .digest, "sha256": .digest, "imageDigest": .digest, "imageSHA": .digest,
        "ref": .version,
    ]

    /// The reference in a mapping to one of `repositories`; nil when there is none.
    static func find(_ entries: [YAMLEntry], _ repositories: Set<String>) -> ImageParts? {
        var names: [(key: String, text: String)] = []
        var (registries, tags, digests): ([String], [String], [String]) = ([], [], [])
        for entry in entries {
            guard let first = entry.key.utf8.first, isFirstLetter(first), let role = roles[entry.key] else { continue }
            if role == .version {
                tags += ["tag", "semver"].compactMap { entry.value[$0]?.string }
                digests += ["digest"].compactMap { entry.value[$0]?.string }
                continue
            }
            guard let text = entry.value.string, !text.isEmpty else { continue }
            switch role {
            case .repository: names.append((entry.key, text))
            case .registry: registries.append(text)
            case .tag: tags.append(text)
            case .digest: digests.append(text)
            case .version: break
            }
        }
        guard !names.isEmpty else { return nil }
        for (key, text) in names {
            let name = withoutScheme(text)
            guard !registries.isEmpty || !tags.isEmpty || !digests.isEmpty || name.utf8.count < text.utf8.count else {
                continue
            }
            for name in registries.map({ "\(withoutScheme($0))/\(name)" }) + [name] {
                let reference = ImageReference(name)
                guard reference.tag == nil, reference.digest == nil, repositories.contains(reference.repository) else {
                    continue
                }
                return ImageParts(key: key, reference: name + version(tags.first, digests))
            }
        }
        return nil
    }

    // Most keys have none of the roles, which their first letter shows.
    private static func isFirstLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "d"), UInt8(ascii: "h"), UInt8(ascii: "i"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "u"):
            true
        default: false
        }
    }

    // `:tag@digest`, as far as both are known. A tag may carry the digest, or be one. Several digests make a reference
    // that is never right.
    private static func version(_ tag: String?, _ digests: [String]) -> String {
        let all = Set(digests.map { $0.contains(":") ? $0 : "sha256:\($0)" }).sorted()
        let digest = all.isEmpty ? nil : all.joined(separator: "@")
        guard let tag else { return digest.map { "@\($0)" } ?? "" }
        if tag.hasPrefix("sha256:"), digest == nil || digest == tag { return "@\(tag)" }
        guard let digest, !tag.hasSuffix("@\(digest)") else { return ":\(tag)" }
        return ":\(tag)@\(digest)"
    }

    private static func withoutScheme(_ text: String) -> String {
        var name = text[...]
        if let scheme = name.firstRange(of: "://") {
            // A web address of a Git repository is not an image.
            guard !name.lowercased().hasPrefix("http") else { return text }
            name = name[scheme.upperBound...]
        }
        while name.hasSuffix("/") { name.removeLast() }
        return String(name)
    }
}
