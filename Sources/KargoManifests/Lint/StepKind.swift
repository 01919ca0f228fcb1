internal import OCI
internal import Support

/// A kind of built-in step: its configuration keys and outputs, by release line of Kargo.
struct StepKind: Sendable {
    /// The first minor version of Kargo 1 with this kind; 9 for older kinds.
    let since: Int
    /// The keys of the configuration, with the first minor version that has each; nil when any key is allowed.
    let keys: [String: Int]?
    /// The required keys.
    let required: [String]
    /// The names of the outputs; nil when they depend on the configuration.
    let outputs: Set<String>?
    /// True when the step changes something outside the work directory.
    let hasEffect: Bool
    /// True when the step reports Skipped if there is nothing to do.
    let skipsItself: Bool

    /// All kinds by name.
    static let all: [String: StepKind] = [
        "argocd-update": kind("apps", required: "apps", outputs: "apps", effect: true),
        "argocd-wait": kind(since: 10, "apps", required: "apps", outputs: "apps"),
        "compose-output": StepKind(
            since: 9, keys: nil, required: [], outputs: nil, hasEffect: false, skipsItself: false),
        "copy": kind("inPath outPath ignore", required: "inPath outPath"),
        "delete": kind("path strict paths:10 pathsAreGlobs:10"),
        "fail": kind(since: 10, "message"),
        "file-write": kind(since: 11, "path contents permissions overwrite", required: "path contents"),
        "git-clear": kind("path", required: "path"),
        "git-clone": kind(
            "repoURL checkout author insecureSkipTLSVerify recurseSubmodules blobless:11", required: "repoURL checkout",
            outputs: "commits"),
        "git-commit": kind("path message author", required: "path message", outputs: "commit", skips: true),
        "git-merge-pr": kind(
            "repoURL prNumber provider insecureSkipTLSVerify wait mergeMethod:10 pollInterval:10",
            required: "repoURL prNumber", outputs: "commit", effect: true),
        "git-open-pr": kind(
            "repoURL sourceBranch targetBranch createTargetBranch title description labels provider insecureSkipTLSVerify",
            required: "repoURL sourceBranch targetBranch", outputs: "pr", effect: true, skips: true),
        "git-push": kind(
            "path targetBranch generateTargetBranch maxAttempts provider force tag:10", required: "path",
            outputs: "commit branch commitURL", effect: true),
        "git-tag": kind(since: 10, "path tag message force", required: "path tag", outputs: "commit"),
        "git-wait-for-pr": kind(
            "repoURL prNumber provider insecureSkipTLSVerify pollInterval:10", required: "repoURL prNumber",
            outputs: "commit pr"),
        "github-push": kind(
            since: 10, "path targetBranch generateTargetBranch maxAttempts force insecureSkipTLSVerify",
            required: "path",
            outputs: "commit branch commitURL", effect: true),
        "helm-template": kind(
            """
            path outPath releaseName apiVersions buildDependencies disableHooks ignoreMissingValueFiles includeCRDs \
            kubeVersion namespace outLayout setValues skipTests useReleaseName valuesFiles
            """, required: "path outPath releaseName"),
        "helm-update-chart": kind("path charts", required: "path", outputs: "commitMessage"),
        "http": StepKind(
            since: 9,
            keys: versions(
                """
                url method headers queryParams body insecureSkipTLSVerify timeout successExpression failureExpression \
                responseContentType outputs errorExpression:11 pollInterval:10 proxy:10
                """), required: ["url"], outputs: nil, hasEffect: true, skipsItself: false),
        "http-download": kind(
            "url outPath allowOverwrite headers insecureSkipTLSVerify queryParams timeout", required: "url outPath"),
        "json-parse": parser, "toml-parse": newParser, "yaml-parse": parser,
        "json-update": updater, "toml-update": newUpdater, "yaml-update": updater,
        "kustomize-build": kind("path outPath outputFormat plugin", required: "path outPath"),
        "kustomize-set-image": kind("path images", required: "path", outputs: "commitMessage"),
        "oci-download": kind(
            "imageRef outPath allowOverwrite mediaType insecureSkipTLSVerify", required: "imageRef outPath"),
        "oci-push": kind(
            since: 10, "srcRef destRef annotations insecureSkipTLSVerify", required: "srcRef destRef",
            outputs: "image digest tag", effect: true),
        "set-freight-alias": kind(since: 10, "name alias", required: "name alias", effect: true),
        "set-metadata": kind("updates", required: "updates", effect: true),
        "untar": kind("inPath outPath ignore stripComponents", required: "inPath outPath"),
        "yaml-merge": kind("inFiles outFile ignoreMissingFiles", required: "inFiles outFile", outputs: "commitMessage"),
    ]

    /// The steps of Kargo's commercial edition: documented, but without a runner in open-source Kargo.
    static let commercial: Set<String> = [
        "get-user-input", "gh-add-comment", "gh-create-issue", "gh-delete-comment", "gh-issue-add-comment",
        "gh-search-issues", "gh-update-issue", "gh-wait-for-issue-state", "gha-dispatch-workflow",
        "gha-wait-for-workflow",
        "hcl-update", "jfrog-evidence", "jira", "send-message", "servicenow", "snow-create", "snow-update", "tf-apply",
        "tf-output", "tf-plan", "wait-for-approval",
    ]

    private static let parser = StepKind(
        since: 9, keys: versions("path outputs"), required: ["path", "outputs"], outputs: nil, hasEffect: false,
        skipsItself: false)
    private static let newParser = StepKind(
        since: 10, keys: versions("path outputs"), required: ["path", "outputs"], outputs: nil, hasEffect: false,
        skipsItself: false)
    private static let updater = kind("path updates", required: "path updates", outputs: "commitMessage")
    private static let newUpdater = kind(since: 10, "path updates", required: "path updates", outputs: "commitMessage")

    private static func kind(
        since: Int = 9, _ keys: String, required: String = "", outputs: String = "", effect: Bool = false,
        skips: Bool = false
    ) -> StepKind {
        StepKind(
            since: since, keys: versions(keys), required: required.split(separator: " ").map(String.init),
            outputs: Set(outputs.split(separator: " ").map(String.init)), hasEffect: effect, skipsItself: skips)
    }

    /// Parses `path tag:10`: keys, each with the minor version that introduced it when that is later than 9.
    private static func versions(_ text: String) -> [String: Int] {
        Dictionary(
            text.split(whereSeparator: \.isWhitespace).map { word in
                let halves = word.split(separator: ":")
                return (String(halves[0]), halves.count == 2 ? Int(halves[1]) ?? 9 : 9)
            }, uniquingKeysWith: { first, _ in first })
    }
}
