internal import CapsuleCore
internal import Documents

/// A run of a workflow on GitHub Actions.
/// [Build type](https://actions.github.io/buildtypes/workflow/v1),
/// [variables](https://docs.github.com/en/actions/reference/workflows-and-actions/variables)
struct GitHubRun: Hashable, Sendable {
    private static let events = ["create", "release", "push", "workflow_dispatch"]

    private let server: String
    private let repository: String
    private let ref: String
    private let commit: String
    private let workflowRef: String
    private let path: String
    private let event: String
    private let repositoryID: String?
    private let ownerID: String?
    private let runner: String?
    private let runID: String
    private let attempt: String

    init(_ environment: [String: String]) throws(CapsuleError) {
        func required(_ name: String) throws(CapsuleError) -> String {
            try BuildEnvironment.variable(name, environment)
        }
        server = SourceURL.withoutCredentials(try required("GITHUB_SERVER_URL"))
        repository = try required("GITHUB_REPOSITORY")
        ref = try required("GITHUB_REF")
        commit = try CommitID(try required("GITHUB_SHA")).description
        workflowRef = try required("GITHUB_WORKFLOW_REF")
        event = try required("GITHUB_EVENT_NAME")
        runID = try required("GITHUB_RUN_ID")
        attempt = environment["GITHUB_RUN_ATTEMPT"] ?? "1"
        repositoryID = environment["GITHUB_REPOSITORY_ID"]
        ownerID = environment["GITHUB_REPOSITORY_OWNER_ID"]
        runner = environment["RUNNER_ENVIRONMENT"]
        // Both the path and the ref may contain an @, so the known parts are removed at both ends.
        guard workflowRef.hasPrefix(repository + "/"), let at = workflowRef.firstRange(of: "@refs/")?.lowerBound,
            at > workflowRef.index(workflowRef.startIndex, offsetBy: repository.count + 1)
        else {
            throw CapsuleError(
                .invalidMetadata,
                "GITHUB_WORKFLOW_REF \(workflowRef) is not a workflow of GITHUB_REPOSITORY \(repository)"
            )
        }
        let whole = workflowRef.dropFirst(repository.count + 1)
        path = whole.hasSuffix("@" + ref) ? String(whole.dropLast(ref.count + 1)) : String(whole[..<at])
    }

    /// True when GitHub's build type describes runs of this event.
    var isDescribed: Bool { Self.events.contains(event) }

    var source: BuildEnvironment.Source {
        BuildEnvironment.Source(repository: "\(server)/\(repository)", ref: ref, commit: commit)
    }

    /// The run as our own build type describes it.
    var run: BuildRun {
        BuildRun(builderID: "\(server)/\(workflowRef)", invocationID: invocation, ref: ref, workflow: path)
    }

    private var invocation: String { "\(server)/\(repository)/actions/runs/\(runID)/attempts/\(attempt)" }

    func predicate(_ dependencies: [JSONValue]) -> JSONValue {
        .members([
            "buildDefinition": .members([
                "buildType": .string(ProvenanceFacts.gitHub[0]),
                "externalParameters": .members([
                    "workflow": .members([
                        "ref": .string(ref), "repository": .string(source.repository), "path": .string(path),
                    ])
                ]),
                "internalParameters": .members([
                    "github": .members([
                        "event_name": .string(event), "repository_id": repositoryID.map { .string($0) },
                        "repository_owner_id": ownerID.map { .string($0) },
                        "runner_environment": runner.map { .string($0) },
                    ])
                ]),
                "resolvedDependencies": .array(dependencies),
            ]),
            "runDetails": .members([
                "builder": .members(["id": .string(run.builderID)]),
                "metadata": .members(["invocationId": .string(invocation)]),
            ]),
        ])
    }
}
