import CapsuleCore
import CapsuleTestSupport
import Documents
import PromotionTestSupport
import Support
import Testing

@testable import DeliveryConfiguration
@testable import GitOps

@Suite("The branches of a configuration", .timeLimit(.minutes(1)))
struct BranchRulesTests {
    private func read(_ gitops: String, _ stages: String) throws -> CapsuleConfiguration {
        try CapsuleConfiguration(
            yaml: Array(
                """
                schemaVersion: release-capsule/v1alpha1
                image: ghcr.io/example/shop
                capsule: ghcr.io/example/release
                gitops: {\(gitops)}
                stages: [\(stages)]

                """.utf8))
    }

    @Test(
        "must differ from each other, whatever the case of the letters, and none may contain another",
        arguments: [
            ("stageBranch: '{deployment}'", "{name: main}", "the policy branch"),
            ("stageBranch: '{deployment}'", "{name: test}, {name: main}", "stage main"),
            ("branch: MAIN, stageBranch: '{deployment}'", "{name: main}", "the policy branch"),
            ("branch: stage/Test", "{name: test}", "the policy branch"),
            ("branch: stage/test", "{name: staging}, {name: test}", "stage test"),
            ("branch: stage", "{name: test}", "the policy branch"),
            ("branch: Stage", "{name: test}", "the policy branch"),
            ("branch: stage/test/policy", "{name: test}", "stage test"),
            ("branch: env, stageBranch: 'env/{app}/{deployment}'", "{name: test}", "the policy branch"),
            (
                "branch: env/shop/test, stageBranch: 'env/{app}/{deployment}'", "{name: test}",
                "the branch of stage test is \"env/shop/test\""
            ),
            (
                "stageBranch: 'capsule/{deployment}'", "{name: test, review: pull-request}",
                "the review branches of stage test"
            ),
            (
                "stageBranch: 'capsule/{deployment}/live'", "{name: test, review: pull-request}",
                "the review branches of stage test"
            ),
            (
                "stageBranch: 'capsule/{app}/{deployment}'", "{name: test, review: pull-request}",
                "the review branches of stage test"
            ),
            ("branch: capsule", "{name: test, review: pull-request}", "the review branches of stage test"),
            ("branch: capsule/test/x", "{name: test, review: pull-request}", "the review branches of stage test"),
            ("branch: Capsule/Test", "{name: test, review: pull-request}", "the review branches of stage test"),
            ("stageBranch: '{deployment}'", "{name: capsule, review: pull-request}", "the branch of stage capsule"),
            (
                "stageBranch: '{deployment}'", "{name: \(String(repeating: "ab", count: 20))}",
                "gitops.stageBranch names, is not usable"
            ),
        ])
    func conflicts(gitops: String, stages: String, message: String) throws {
        let error = #expect(throws: DocumentError.self) { try read(gitops, stages) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("capsule.yaml:") == true, "\(error?.message ?? "")")
    }

    @Test(
        "are accepted when Git can store them side by side",
        arguments: [
            ("", "{name: main}, {name: stage}"), ("branch: stage-policy", "{name: test}"),
            ("branch: main, stageBranch: 'main-{deployment}'", "{name: test}"),
            ("branch: stage/policy", "{name: test}"), ("stageBranch: 'capsule/{deployment}'", "{name: test}"),
            ("branch: capsule/policy", "{name: test, review: pull-request}"),
            ("stageBranch: '{deployment}'", "{name: a}, {name: a-b}, {name: b, review: pull-request}"),
        ])
    func apart(gitops: String, stages: String) throws {
        #expect(throws: Never.self) { try read(gitops, stages) }
    }

    @Test(
        "the policy branch must exist: neither the default branch nor another one replaces it",
        arguments: [true, false])
    func missingPolicyBranch(useFile: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing(
                "gitops: {root: apps/shop}", with: "gitops: {root: apps/shop, branch: policy}")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            func open(_ revision: String?, _ configuration: CapsuleConfiguration?) async throws -> String {
                try await GitOpsWorkspace.with(
                    GitRemote(useFile ? "file://\(fixture.remote)" : fixture.remote), revision: revision,
                    configuration: configuration, git: testGit(), cacheDirectory: nil
                ) { $0.snapshot.commit.id.description }
            }
            for configuration in [nil, fixture.configuration] {
                let error = await #expect(throws: GitError.self) { try await open(nil, configuration) }
                #expect(error?.code == .notFound)
                #expect(error?.message.contains("no policy branch \"policy\"") == true, "\(error?.message ?? "")")
            }
            #expect(try await open("main", nil) == fixture.git("rev-parse", "main"))
            _ = try await fixture.git("branch", "policy", "main")
            #expect(try await open(nil, nil) == fixture.git("rev-parse", "main"))
            // A tag of the name is not the branch.
            _ = try await fixture.git("branch", "-D", "policy")
            _ = try await fixture.git("tag", "policy", "main")
            await #expect(throws: GitError.self) { try await open(nil, nil) }
        }
    }
}
