internal import Documents
internal import FoundationEssentials
internal import OCI

/// The implementation of a kind of step.
protocol PromotionStep: Sendable {
    func run(_ context: StepContext) async throws -> StepOutcome
}

/// The kinds of steps that are implemented, with the minor version of Kargo that introduced them.
enum StepKinds {
    static let all: [String: (since: Int, step: any PromotionStep)] = [
        "git-clone": (9, GitCloneStep()), "git-clear": (9, GitClearStep()), "git-commit": (9, GitCommitStep()),
        "git-push": (9, GitPushStep()), "git-open-pr": (9, GitOpenPRStep()), "git-wait-for-pr": (9, GitWaitForPRStep()),
        "oci-download": (9, OCIDownloadStep()), "untar": (9, UntarStep()), "http": (9, HTTPStep()),
        "kustomize-set-image": (9, KustomizeSetImageStep()), "kustomize-build": (9, KustomizeBuildStep()),
        "yaml-update": (9, YAMLUpdateStep()), "yaml-parse": (9, YAMLParseStep()), "copy": (9, CopyStep()),
        "delete": (9, DeleteStep()),
        "file-write": (11, FileWriteStep()), "argocd-update": (9, ArgoCDUpdateStep()),
        "set-metadata": (9, SetMetadataStep()), "fail": (10, FailStep()), "compose-output": (9, ComposeOutputStep()),
    ]
}

/// The input of a step.
struct StepContext: Sendable {
    let cluster: KargoCluster
    let config: StepConfig
    let alias: String
    let project: String
    let stage: String
    let promotion: String
    let freight: [KargoFreight]
    let workDirectory: String
    /// The outputs of earlier steps, and of earlier runs of this step.
    let state: [String: JSONValue]

    var git: ControllerGit { ControllerGit(addresses: cluster.addresses) }

    /// A path in the work directory. As in Kargo, a path cannot leave it: `..` at the top is ignored.
    func path(_ relative: String) -> String {
        var parts: [Substring] = []
        for part in relative.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return ([workDirectory] + parts.map(String.init)).joined(separator: "/")
    }

    /// Creates the parent directory of a path.
    func makeParent(of path: String) throws {
        let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    }

    /// The path of a new temporary directory in the work directory.
    func scratch(_ name: String) -> String { "\(workDirectory)/.\(name)-\(UUID().uuidString.lowercased())" }
}
