package import CapsuleCore
internal import GitOps

/// The paths of a deployment's output on its stage branch.
package struct StageLayout: Hashable, Sendable {
    /// The rendered files.
    let deploy: RelativePath
    /// The record.
    package let record: RelativePath
    /// The file in the root of the branch that other tools read.
    let hydrator: RelativePath

    /// The paths of a deployment of the application whose directory is `root`.
    package init(root: RelativePath?, deployment: String) throws(CapsuleError) {
        let base = (root.map { "\($0)/" } ?? "") + "deployments/\(deployment)"
        deploy = try RelativePath("\(base)/deploy")
        record = try RelativePath("\(base)/\(ReleaseRecord.fileName)")
        hydrator = try RelativePath(HydratorMetadata.fileName)
    }

    /// True for a path that a promotion writes.
    func contains(_ path: String) -> Bool {
        path == record.description || path == hydrator.description || path.hasPrefix("\(deploy)/")
    }

    /// The files of `content`, with paths relative to the root of the branch.
    func files(_ content: StageContent, policy: GitCommitObject) throws -> [PackageFile] {
        try content.files.map { PackageFile(path: try deploy.appending($0.path), content: $0.content) } + [
            PackageFile(path: record, content: Array(content.record.yaml().utf8)),
            PackageFile(path: hydrator, content: try HydratorMetadata(content: content, policy: policy).json()),
        ]
    }

    /// True when a tree holds exactly the rendered files and the record of `content`, so that no commit is required.
    func holds(_ content: StageContent, entries: [GitTreeEntry], format: GitObjectFormat) throws -> Bool {
        var there: [String: String] = [:]
        for entry in entries where entry.path != hydrator.description {
            guard entry.kind == .file else { return false }
            there[entry.path] = entry.id
        }
        guard there.count == content.files.count + 1,
            there[record.description] == format.blobID(Array(content.record.yaml().utf8))
        else { return false }
        return try content.files.allSatisfy {
            there[try deploy.appending($0.path).description] == format.blobID($0.content)
        }
    }
}
