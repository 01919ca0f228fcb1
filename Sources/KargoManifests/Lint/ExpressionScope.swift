internal import KargoExpressions
internal import OCI

/// The names that an expression can refer to at one place of a manifest.
struct ExpressionScope {
    /// True in a task: its outputs are `task.outputs`, and the Stage may define its variables.
    let isTask: Bool
    var variables: Set<String> = []
    /// The outputs of the earlier steps by alias; nil for a step whose outputs are not known.
    var earlier: [String: Set<String>?] = [:]
    /// The aliases of the earlier steps.
    var ran: Set<String> = []
    /// The aliases of all steps.
    var all: Set<String> = []
    var hasOutputs = false
    var allowsStatus = false

    init(isTask: Bool) { self.isTask = isTask }
}

/// The functions, variables and fields that Kargo defines for expressions.
enum ExpressionNames {
    /// The functions that Kargo 1.9, 1.10 and 1.11 add to the language, available everywhere in steps.
    static let data: Set<String> = [
        "artifactFrom", "chartFrom", "commitFrom", "configMap", "freightMetadata", "imageFrom", "secret", "semverDiff",
        "semverParse", "sharedConfigMap", "sharedSecret", "stageMetadata", "warehouse",
    ]

    /// The functions that Kargo adds in `if` and `config`; they are not available in the values of variables.
    static let status: Set<String> = ["always", "failure", "status", "success"]

    /// The functions of the language and of templates.
    static let language = Builtin.names.union(ExpressionTemplate.functionNames)

    /// The members of `ctx`.
    static let context: Set<String> = ["meta", "project", "promotion", "stage", "targetFreight", "uiBaseUrl"]

    /// The fields of the artifacts that a function returns. Kargo compares the case too.
    static let fields: [String: [String]] = [
        "imageFrom": ["Annotations", "Digest", "RepoURL", "SubscriptionName", "Tag"],
        "commitFrom": ["Author", "Branch", "Committer", "ID", "Message", "RepoURL", "SubscriptionName", "Tag"],
        "chartFrom": ["Name", "RepoURL", "SubscriptionName", "Version"],
        "artifactFrom": ["ArtifactType", "Metadata", "SubscriptionName", "Version"],
    ]

    /// The fields of the discovered artifacts that the same functions return in the criteria of a Warehouse.
    static let discovered: [String: [String]] = [
        "imageFrom": ["Annotations", "CreatedAt", "Digest", "Tag"],
        "commitFrom": ["Author", "Branch", "Committer", "CreatorDate", "ID", "Subject", "Tag"],
        "chartFrom": ["Name", "RepoURL", "Version"],
        "artifactFrom": ["ArtifactType", "Metadata", "SubscriptionName", "Version"],
    ]

    /// True for the names that Kargo generates itself, such as `step-1`.
    static func isReserved(_ alias: String) -> Bool {
        ["step-", "task-"].contains { prefix in
            alias.hasPrefix(prefix) && alias.count > prefix.count
                && alias.dropFirst(prefix.count).allSatisfy(\.isNumber)
        }
    }

    /// The first names of a list for a message, and how many more there are.
    static func list(_ names: some Collection<String>) -> String {
        let more = names.count - 20
        return names.prefix(20).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    /// The name among `names` that differs from `name` only in letter case.
    static func similar(_ name: String, in names: some Sequence<String>) -> String? {
        names.first { $0.lowercased() == name.lowercased() }
    }
}
