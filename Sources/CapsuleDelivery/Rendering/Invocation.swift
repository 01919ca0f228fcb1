internal import CapsuleCore
internal import OCI

/// One run of a renderer, written down before it happens: the tree it reads and what it is told. Equal invocations of
/// one renderer give equal output, so this is what the cache is keyed by.
struct Invocation: Sendable {
    /// The files of environment policy that take part.
    let policy: [PackageFile]
    /// Files that we write ourselves.
    let written: [PackageFile]
    /// Where the package goes in the tree.
    let packagePath: String
    /// The arguments, with paths relative to the tree.
    let arguments: [String]

    /// Works out the run for an input.
    ///
    /// - Throws: `RenderRejection` when the policy lacks what the deployment needs, or two images want one name.
    static func plan(_ input: RenderInput, tool: String) throws -> Invocation {
        switch input.package.kind {
        case .kustomize: try kustomize(input, tool: tool)
        case .helm: try helm(input)
        }
    }

    /// The names and digests that the output depends on, besides package and renderer.
    var digest: Digest {
        var hasher = Digest.Hasher(.sha256)
        for file in (policy + written) {
            hasher.update(Array("\(file.path) \(Digest.sha256(of: file.content))\n".utf8))
        }
        for argument in [packagePath] + arguments {
            hasher.update(Array("\(argument.utf8.count) \(argument)\n".utf8))
        }
        return hasher.finalize()
    }

    static func policyFiles(_ input: RenderInput, where isRelevant: (String) -> Bool) -> [PackageFile] {
        input.policy.files.filter { isRelevant($0.path.description) }
    }
}
