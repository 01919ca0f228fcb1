internal import CapsuleCore
internal import CapsuleTrust
internal import Documents
internal import OCI
internal import Signing
internal import Support

/// A parsed policy whose key files have not been read yet.
struct PolicyDocument: Sendable {
    /// A key as the file defines it.
    struct KeyEntry: Sendable {
        enum Source: Sendable {
            case file(RelativePath)
            case text(VerificationKey)
        }

        let name: String
        let source: Source
        let from: Int64?
        let until: Int64?
        let line: Int?
    }

    /// The name of the policy in messages.
    let name: String
    let keys: [KeyEntry]
    let common: EvidencePolicy.Rules
    let stages: [String: EvidencePolicy.Rules]
    let binding: EvidenceBinding
    let revokedReleases: Set<Digest>
    let revokedKeys: Set<Digest>

    /// The key files, relative to the policy.
    var files: [RelativePath] {
        var files: [RelativePath] = []
        for key in keys {
            if case .file(let path) = key.source, !files.contains(path) { files.append(path) }
        }
        return files
    }

    /// The policy with its keys.
    ///
    /// - Parameter contents: the contents of the key files that exist.
    /// - Throws: `DocumentError.Code.invalidDocument`
    func policy(_ contents: [RelativePath: [UInt8]]) throws(DocumentError) -> EvidencePolicy {
        var read: [EvidencePolicy.Key] = []
        for entry in keys {
            let key = try key(entry, contents)
            if let twin = read.first(where: { $0.key == key.key }) {
                throw invalid(
                    entry.line,
                    "\(entry.name) and \(twin.name) are the same key \(key.key.fingerprint), which would be counted twice; remove one"
                )
            }
            read.append(key)
        }
        return EvidencePolicy(
            name: name, keys: read, common: common, stages: stages, binding: binding,
            revokedReleases: revokedReleases, revokedKeys: revokedKeys)
    }

    private func key(_ entry: KeyEntry, _ contents: [RelativePath: [UInt8]]) throws(DocumentError) -> EvidencePolicy.Key
    {
        switch entry.source {
        case .text(let key):
            return EvidencePolicy.Key(name: entry.name, key: key, from: entry.from, until: entry.until)
        case .file(let path):
            guard let content = contents[path] else {
                throw invalid(
                    entry.line,
                    "the key \(entry.name): \(quoted(path.description)) is not a regular file in the directory of the "
                        + "policy; commit the public key there")
            }
            guard content.count <= PolicyLimits.keyFile else {
                throw invalid(
                    entry.line,
                    "the key \(entry.name): \(quoted(path.description)) has more than \(PolicyLimits.keyFile) bytes "
                        + "and is not a public key in PEM")
            }
            do {
                return EvidencePolicy.Key(
                    name: entry.name, key: try VerificationKey(pem: content, file: path.description),
                    file: path.description, from: entry.from, until: entry.until)
            } catch {
                throw invalid(entry.line, "the key \(entry.name): \(error.message)")
            }
        }
    }

    private func invalid(_ line: Int?, _ message: String) -> DocumentError {
        DocumentError(.invalidDocument, "\(name):\(line.map { "\($0):" } ?? "") \(message)")
    }
}
