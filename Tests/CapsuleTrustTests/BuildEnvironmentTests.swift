import CapsuleCore
import CapsuleTrust
import Documents
import OCI
import ReleaseTestSupport
import Support
import Testing

@Suite("Provenance from a CI system")
struct BuildEnvironmentTests {
    static let gitHub = [
        "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "example/shop",
        "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": Variant.commit,
        "GITHUB_WORKFLOW_REF": "example/shop/.github/workflows/release.yml@refs/heads/main",
        "GITHUB_EVENT_NAME": "push", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_REPOSITORY_ID": "11",
        "GITHUB_REPOSITORY_OWNER_ID": "12", "RUNNER_ENVIRONMENT": "github-hosted", "GITHUB_TOKEN": "secret",
    ]
    static let gitLab = [
        "GITLAB_CI": "true", "CI_PROJECT_URL": "https://gitlab.example.com/example/shop",
        "CI_COMMIT_SHA": Variant.commit, "CI_COMMIT_BRANCH": "main", "CI_JOB_ID": "21", "CI_JOB_NAME": "release",
        "CI_PIPELINE_ID": "22", "CI_RUNNER_ID": "23", "CI_RUNNER_VERSION": "17.5.0",
        "CI_RUNNER_EXECUTABLE_ARCH": "linux/amd64", "CI_JOB_STARTED_AT": "2026-01-05T09:00:00Z",
        "CI_JOB_TOKEN": "secret",
    ]

    private func predicate(_ environment: [String: String]) throws -> JSONValue {
        let attested = try BuildEnvironment(environment).provenance(of: Variant().make().release)
        #expect(attested.type == "https://slsa.dev/provenance/v1")
        let text = String(decoding: attested.bytes, as: UTF8.self)
        #expect(!text.contains("secret"))
        return try JSONParser.parse(attested.bytes, file: "predicate")
    }

    @Test("GitHub Actions: the fields of its build type")
    func onGitHub() throws {
        let predicate = try predicate(Self.gitHub)
        let definition = try #require(predicate["buildDefinition"])
        #expect(definition["buildType"]?.string == "https://actions.github.io/buildtypes/workflow/v1")
        #expect(
            definition["externalParameters"]
                == .members([
                    "workflow": .members([
                        "ref": .string("refs/heads/main"), "repository": .string("https://github.com/example/shop"),
                        "path": .string(".github/workflows/release.yml"),
                    ])
                ]))
        #expect(definition["internalParameters"]?["github"]?["runner_environment"]?.string == "github-hosted")
        let first = try #require(definition["resolvedDependencies"]?.array?.first)
        #expect(first["uri"]?.string == "git+https://github.com/example/shop@refs/heads/main")
        #expect(first["digest"]?["gitCommit"]?.string == Variant.commit)
        let run = try #require(predicate["runDetails"])
        #expect(
            run["builder"]?["id"]?.string
                == "https://github.com/example/shop/.github/workflows/release.yml@refs/heads/main")
        #expect(
            run["metadata"]?["invocationId"]?.string
                == "https://github.com/example/shop/actions/runs/7/attempts/2")
    }

    @Test("GitHub Actions: a path and a ref may hold an @, and the workflow may run for another ref than its own")
    func oddNames() throws {
        for (workflow, ref, path) in [
            ("w@1.yml@refs/heads/a@b", "refs/heads/a@b", "w@1.yml"), ("w.yml@refs/tags/v1", "refs/heads/main", "w.yml"),
        ] {
            var environment = Self.gitHub
            environment["GITHUB_WORKFLOW_REF"] = "example/shop/.github/workflows/\(workflow)"
            environment["GITHUB_REF"] = ref
            let found = try predicate(environment)["buildDefinition"]?["externalParameters"]?["workflow"]
            #expect(found?["path"]?.string == ".github/workflows/\(path)")
            #expect(found?["ref"]?.string == ref)
        }
    }

    @Test("GitHub Actions: an event that its build type does not describe is said in our own words")
    func otherEvent() throws {
        var environment = Self.gitHub
        environment["GITHUB_EVENT_NAME"] = "schedule"
        let predicate = try predicate(environment)
        #expect(predicate["buildDefinition"]?["buildType"]?.string == Provenance.buildType)
        let source = predicate["buildDefinition"]?["externalParameters"]?["source"]
        #expect(source?["ref"]?.string == "refs/heads/main")
        #expect(source?["workflow"]?.string == ".github/workflows/release.yml")
        #expect(predicate["runDetails"]?["builder"]?["id"]?.string?.hasSuffix("release.yml@refs/heads/main") == true)
    }

    @Test("a run for another commit than the release names both")
    func otherCommit() throws {
        var environment = Self.gitHub
        environment["GITHUB_SHA"] = String(repeating: "1", count: 40)
        let dependencies = try predicate(environment)["buildDefinition"]?["resolvedDependencies"]?.array ?? []
        let commits = dependencies.compactMap { $0["digest"]?["gitCommit"]?.string }
        #expect(commits == [String(repeating: "1", count: 40), Variant.commit])
    }

    @Test("GitLab CI: the fields of its runner's build type, for branches, tags and merge requests")
    func onGitLab() throws {
        let predicate = try predicate(Self.gitLab)
        let definition = try #require(predicate["buildDefinition"])
        #expect(
            definition["buildType"]?.string
                == "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/v17.5.0/PROVENANCE.md")
        #expect(definition["externalParameters"]?["entryPoint"]?.string == "release")
        #expect(definition["externalParameters"]?["source"]?.string == "https://gitlab.example.com/example/shop")
        #expect(definition["externalParameters"]?["ref"]?.string == "refs/heads/main")
        #expect(definition["externalParameters"]?["CI_CONFIG_PATH"]?.string == ".gitlab-ci.yml")
        let run = try #require(predicate["runDetails"])
        #expect(run["builder"]?["id"]?.string == "https://gitlab.example.com/example/shop/-/runners/23")
        #expect(run["metadata"]?["startedOn"]?.string == "2026-01-05T09:00:00Z")
        var environment = Self.gitLab
        environment["CI_COMMIT_TAG"] = "v1"
        #expect(
            try self.predicate(environment)["buildDefinition"]?["externalParameters"]?["ref"]?.string
                == "refs/tags/v1")
        environment["CI_COMMIT_TAG"] = nil
        environment["CI_COMMIT_BRANCH"] = nil
        environment["CI_MERGE_REQUEST_REF_PATH"] = "refs/merge-requests/1/head"
        #expect(
            try self.predicate(environment)["buildDefinition"]?["externalParameters"]?["ref"]?.string
                == "refs/merge-requests/1/head")
    }

    @Test("a plain environment says what is known of the release, and the same each time")
    func plain() throws {
        let predicate = try predicate(["CI": "true"])
        #expect(predicate["buildDefinition"]?["buildType"]?.string == Provenance.buildType)
        #expect(predicate["runDetails"]?["builder"]?["id"]?.string == Provenance.defaultBuilder)
        #expect(predicate == (try self.predicate([:])))
    }

    @Test("a CI system that leaves out what its provenance must have is an error that names the variable")
    func lacking() throws {
        for name in ["GITHUB_SHA", "GITHUB_REPOSITORY", "GITHUB_WORKFLOW_REF", "GITHUB_REF", "GITHUB_RUN_ID"] {
            let error = #expect(throws: CapsuleError.self) {
                try BuildEnvironment(Self.gitHub.filter { $0.key != name })
            }
            #expect(error?.message.contains(name) == true)
        }
        for name in [
            "CI_PROJECT_URL", "CI_COMMIT_SHA", "CI_JOB_ID", "CI_JOB_NAME", "CI_RUNNER_ID", "CI_RUNNER_VERSION",
        ] {
            let error = #expect(throws: CapsuleError.self) {
                try BuildEnvironment(Self.gitLab.filter { $0.key != name })
            }
            #expect(error?.message.contains(name) == true)
        }
        for workflow in [
            "other/shop/.github/workflows/a.yml@refs/heads/main", "example/shop/@refs/heads/main", "example/shop",
        ] {
            #expect(throws: CapsuleError.self) {
                try BuildEnvironment(Self.gitHub.merging(["GITHUB_WORKFLOW_REF": workflow]) { $1 })
            }
        }
    }
}
