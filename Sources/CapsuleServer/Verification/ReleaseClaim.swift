internal import CapsuleCore
internal import CapsuleTrust
internal import Documents
internal import OCI
internal import Support

/// A caller's statement about the content of `release.yaml`: any part of it, flat as in a ``VerifyResponse``, or nested
/// as in the file. It is compared with the verified capsule, and never trusted.
struct ReleaseClaim: Hashable, Sendable {
    static let keys = [
        "gitCommit", "packageKind", "packagePath", "packageEntry", "packageDigest", "imageName", "image", "capsule",
        "package",
    ]

    private struct Part: Hashable, Sendable {
        let key: String
        let value: String
    }

    private var parts: [Part] = []

    init(_ object: StrictObject) throws(DocumentError) {
        try add(object, ["gitCommit", "packageKind", "packagePath", "packageEntry", "packageDigest", "imageName"])
        if let package = try object.object("package", keys: ["kind", "path", "entry", "imageName", "digest"]) {
            try add(package, ["kind", "path", "entry", "imageName", "digest"], prefix: "package.")
        }
        for key in ["image", "capsule"] {
            guard let subject = try object.object(key, keys: ["repoURL", "tag", "digest"]) else { continue }
            try add(subject, ["repoURL", "tag", "digest"], prefix: "\(key).")
        }
    }

    private mutating func add(
        _ object: StrictObject, _ keys: [String], prefix: String = ""
    ) throws(DocumentError) {
        for key in keys {
            guard let value = try object.text(key) else { continue }
            parts.append(Part(key: prefix + key, value: value))
        }
    }

    /// Compares the claim with the verified release.
    func check(_ release: VerifyResponse.Release?) -> CheckResult {
        let id = "request.release"
        guard let release else {
            return CheckResult(id: id, status: .skipped, reason: "release.yaml could not be read")
        }
        for part in parts {
            let found = Self.value(part.key, in: release)
            guard found != part.value else { continue }
            return CheckResult(
                id: id, status: .fail,
                evidence: ["release.yaml": found ?? "nothing", "request": String(part.value.prefix(300))],
                reason: "the request says \(part.key) is \(quoted(part.value.prefix(300))), and the capsule says "
                    + (found.map { quoted($0) } ?? "nothing about it"),
                remedy: "correct `release` in the request, or leave it out")
        }
        return CheckResult(id: id, status: .pass, evidence: ["compared": parts.map(\.key).joined(separator: ", ")])
    }

    private static func value(_ key: String, in release: VerifyResponse.Release) -> String? {
        switch key {
        case "gitCommit": release.gitCommit.description
        case "packageKind", "package.kind": release.packageKind.rawValue
        case "packagePath", "package.path": release.packagePath.description
        case "packageEntry", "package.entry": release.packageEntry?.description
        case "packageDigest", "package.digest": release.packageDigest?.description
        case "imageName", "package.imageName": release.imageName
        case "image.repoURL": release.image.repoURL.description
        case "image.tag": release.image.tag.description
        case "image.digest": release.image.digest?.description
        case "capsule.repoURL": release.capsule.repoURL
        case "capsule.tag": release.capsule.tag?.description
        case "capsule.digest": release.capsule.digest?.description
        default: nil
        }
    }
}
