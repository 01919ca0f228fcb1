internal import CapsuleCore
internal import Documents

/// A job of GitLab's runner.
/// [Provenance metadata format](https://docs.gitlab.com/ci/runners/configure_runners/#provenance-metadata-format)
struct GitLabJob: Hashable, Sendable {
    private let project: String
    private let commit: String
    private let ref: String?
    private let configuration: String
    private let job: String
    private let jobName: String
    private let pipeline: String?
    private let runner: String
    private let runnerVersion: String
    private let architecture: String?
    private let started: Int64?

    init(_ environment: [String: String]) throws(CapsuleError) {
        func required(_ name: String) throws(CapsuleError) -> String {
            try BuildEnvironment.variable(name, environment)
        }
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        project = SourceURL.withoutCredentials(try required("CI_PROJECT_URL"))
        commit = try CommitID(try required("CI_COMMIT_SHA")).description
        ref =
            value("CI_COMMIT_TAG").map { "refs/tags/\($0)" } ?? value("CI_COMMIT_BRANCH").map { "refs/heads/\($0)" }
            ?? value("CI_MERGE_REQUEST_REF_PATH")
        configuration = value("CI_CONFIG_PATH") ?? ".gitlab-ci.yml"
        job = try required("CI_JOB_ID")
        jobName = try required("CI_JOB_NAME")
        pipeline = value("CI_PIPELINE_ID")
        runner = try required("CI_RUNNER_ID")
        runnerVersion = try required("CI_RUNNER_VERSION")
        architecture = value("CI_RUNNER_EXECUTABLE_ARCH")
        started = value("CI_JOB_STARTED_AT").flatMap { CapsuleFormat.seconds($0) }
    }

    var source: BuildEnvironment.Source {
        BuildEnvironment.Source(repository: project, ref: ref, commit: commit)
    }

    private var run: BuildRun {
        BuildRun(
            builderID: "\(project)/-/runners/\(runner)", invocationID: "\(project)/-/jobs/\(job)", started: started)
    }

    func predicate(_ dependencies: [JSONValue]) -> JSONValue {
        .members([
            "buildDefinition": .members([
                "buildType": .string("\(ProvenanceFacts.gitLab)v\(runnerVersion)/PROVENANCE.md"),
                "externalParameters": .members([
                    "entryPoint": .string(jobName), "source": .string(project), "ref": ref.map { .string($0) },
                    "CI_CONFIG_PATH": .string(configuration), "CI_PIPELINE_ID": pipeline.map { .string($0) },
                ]),
                "internalParameters": .members([
                    "job": .string(job), "name": .string(jobName), "architecture": architecture.map { .string($0) },
                ]),
                "resolvedDependencies": .array(dependencies),
            ]),
            "runDetails": .members([
                "builder": .members([
                    "id": .string(run.builderID), "version": .members(["gitlab-runner": .string(runnerVersion)]),
                ]),
                "metadata": Provenance.metadata(run),
            ]),
        ])
    }
}
