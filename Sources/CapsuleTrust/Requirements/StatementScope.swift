package import CapsuleCore
internal import OCI
internal import Support

/// The subjects that the statements about a release must name, apart from the capsule. A statement about another GitOps
/// repository, another application, another image or another witness does not count, although the same key signed it.
public struct StatementScope: Hashable, Sendable {
    /// The address of the GitOps repository.
    public var repository: String
    /// The stage branches by the name of the stage, which is also the name of the deployment.
    public let branches: [String: String]
    /// The image of the release; nil when it is not known yet.
    public var image: Freight.Image?
    /// The witness of the release, where the image is known; nil for a capsule.
    package var witness: WitnessReference?

    /// Describes the subjects of statements.
    public init(repository: String, branches: [String: String], image: Freight.Image? = nil) {
        self.repository = repository
        self.branches = branches
        self.image = image
    }

    /// The reason why a statement is about another subject; nil when it is about these.
    func objection(to statement: PromotionStatement) -> String? {
        let gitops = statement.gitops
        if SourceURL.key(gitops.repository) != SourceURL.key(repository) {
            return "it is about the GitOps repository \(quoted(gitops.repository)), not about \(repository)"
        }
        if statement.deployment != statement.stage {
            return "it is about the deployment \(statement.deployment), not about \(statement.stage)"
        }
        if let branch = branches[statement.stage], gitops.branch != branch {
            return "it is about the branch \(quoted(gitops.branch)), not about \(branch)"
        }
        if let image, statement.freight.image != image {
            let other = statement.freight.image
            return "it is about the image \(other.repoURL)@\(other.digest), not about \(image.repoURL)@\(image.digest)"
        }
        if image != nil, !statement.isAbout(witness) {
            return "it is about \(Self.title(of: statement.witness)), not about \(Self.title(of: witness))"
        }
        return nil
    }

    private static func title(of witness: WitnessReference?) -> String {
        witness.map { "the witness \($0.path)@\($0.digest)" } ?? "a release without a witness"
    }
}

extension PromotionStatement {
    /// True when the statement names this witness, and no witness for a capsule. It can have been read at any commit.
    package func isAbout(_ other: WitnessReference?) -> Bool {
        witness?.path == other?.path && witness?.digest == other?.digest
    }
}
