internal import OCI

/// What a kind of step does.
protocol PromotionStep: Sendable {
    func run(_ context: StepContext) async throws -> StepOutcome
}

/// The kinds of steps that are here, with the minor version that brought them.
enum StepKinds {
    static let all: [String: (since: Int, step: any PromotionStep)] = [
        "git-clone": (9, GitCloneStep()), "git-clear": (9, GitClearStep()), "git-commit": (9, GitCommitStep()),
        "git-push": (9, GitPushStep()), "git-open-pr": (9, GitOpenPRStep()), "git-wait-for-pr": (9, GitWaitForPRStep()),
        "oci-download": (9, OCIDownloadStep()), "untar": (9, UntarStep()), "http": (9, HTTPStep()),
        "kustomize-set-image": (9, KustomizeSetImageStep()), "kustomize-build": (9, KustomizeBuildStep()),
        "yaml-update": (9, YAMLUpdateStep()), "copy": (9, CopyStep()), "delete": (9, DeleteStep()),
        "file-write": (11, FileWriteStep()), "argocd-update": (9, ArgoCDUpdateStep()),
        "set-metadata": (9, SetMetadataStep()), "fail": (10, FailStep()), "compose-output": (9, ComposeOutputStep()),
    ]
}
