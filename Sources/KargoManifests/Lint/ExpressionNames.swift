internal import KargoExpressions
internal import OCI

/// The names that Kargo's expressions may use.
enum ExpressionNames {
    /// What Kargo 1.9, 1.10 and 1.11 add to the language, everywhere in steps.
    static let data: Set<String> = [
        "artifactFrom", "chartFrom", "commitFrom", "configMap", "freightMetadata", "imageFrom", "secret", "semverDiff",
        "semverParse", "sharedConfigMap", "sharedSecret", "stageMetadata", "warehouse",
    ]

    /// What it adds to conditions and configurations; the values of variables do not have these.
    static let status: Set<String> = ["always", "failure", "status", "success"]

    /// Functions of the language and of templates.
    static let language = Builtin.names.union(Template.functionNames)

    /// The members of `ctx`.
    static let context: Set<String> = ["meta", "project", "promotion", "stage", "targetFreight", "uiBaseUrl"]

    /// The fields of what the functions that find artifacts return, in their exact case.
    static let fields: [String: [String]] = [
        "imageFrom": ["Annotations", "Digest", "RepoURL", "SubscriptionName", "Tag"],
        "commitFrom": ["Author", "Branch", "Committer", "ID", "Message", "RepoURL", "SubscriptionName", "Tag"],
        "chartFrom": ["Name", "RepoURL", "SubscriptionName", "Version"],
        "artifactFrom": ["ArtifactType", "Metadata", "SubscriptionName", "Version"],
    ]

    /// The fields of what the same functions find in a Warehouse's discovered artifacts.
    static let discovered: [String: [String]] = [
        "imageFrom": ["Annotations", "CreatedAt", "Digest", "Tag"],
        "commitFrom": ["Author", "Branch", "Committer", "CreatorDate", "ID", "Subject", "Tag"],
        "chartFrom": ["Name", "RepoURL", "Version"],
        "artifactFrom": ["ArtifactType", "Metadata", "SubscriptionName", "Version"],
    ]

    /// Kargo keeps names of this form for itself.
    static func isReserved(_ alias: String) -> Bool {
        ["step-", "task-"].contains { prefix in
            alias.hasPrefix(prefix) && alias.count > prefix.count
                && alias.dropFirst(prefix.count).allSatisfy(\.isNumber)
        }
    }

    /// The name among `names` that differs from `name` in case only.
    static func similar(_ name: String, in names: some Sequence<String>) -> String? {
        names.first { $0.lowercased() == name.lowercased() }
    }
}
