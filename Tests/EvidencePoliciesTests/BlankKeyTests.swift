import CapsuleCore
import CapsuleTestSupport
import Rendering
import Signing
import Support
import Testing

@testable import DeliveryConfiguration
@testable import EvidencePolicies

/// A key that was left blank must not have the meaning of a key that is missing: the gate or the rule that the author wrote
/// down would silently not exist.
@Suite("Blank keys")
struct BlankKeyTests {
    static let configuration = """
        schemaVersion: release-capsule/v1alpha1
        image: ghcr.io/example/shop
        capsule: ghcr.io/example/shop-release
        renderer: kubectl
        policy: policy.yaml
        package:
          kind: kustomize
          source: deploy
          include:
            - base
          entry: base
          imageName: shop
          images:
            - name: worker
              repository: ghcr.io/example/worker
        gitops:
          repository: https://git.example.com/gitops.git
          branch: main
          root: apps/shop
          stageBranch: stage/{app}/{deployment}
          author:
            name: Bot
            email: bot@example.com
        helm:
          releaseName: shop
          repositoryKey: image.repository
          tagKey: image.tag
          includeCRDs: false
          images:
            - name: worker
              repositoryKey: worker.repository
              tagKey: worker.tag
        kargo:
          version: "1.11"
          style: native
          project: shop
          tasks: false
          subscription: pair
          provider: gitea
          directory: kargo
          argocd:
            namespace: argocd
            project: shop
            server: https://kubernetes.default.svc
          verifier:
            image: ghcr.io/example/capsule:1
            url: https://verify.example.com
            namespace: verify
            secret: token
            replicas: 3
            statements: true
        stages:
          - name: test
          - name: production
            after:
              - test
            soak: 30m
            requires:
              - approved/{tag}.yaml
            review: pull-request
            auto: true
            allowClusterScoped: true
            allowNamespaces:
              - monitoring
            verification:
              url: https://shop.example.com/health
              success: result.ok == true
              interval: 10s
              count: 3
              failureLimit: 1

        """
    static let policy = """
        schemaVersion: release-capsule-policy/v1alpha1
        keys:
          ci:
            file: keys/ci.pub
            from: 2026-01-01T00:00:00Z
            until: 2027-01-01T00:00:00Z
          promoter:
            publicKey: |
        \(PolicyFixture.promoter.pem.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n"))
        signatures:
          keys:
            - ci
          threshold: 1
        attestations:
          - type: provenance
            keys:
              - ci
            threshold: 1
            builder: https://ci.example.com/runner
            source: https://git.example.com/shop
            workflow: .ci/release.yml
            ref: refs/heads/main
          - promoted: test
            keys:
              - promoter
          - verified: test
            keys:
              - promoter
        revoked:
          releases:
            - sha256:\(String(repeating: "a", count: 64))
          keys:
            - sha256:\(String(repeating: "b", count: 64))
        maximumAge: 30d
        stages:
          production:
            maximumAge: 7d

        """

    /// The document with one key, or one element of a list, left blank, and the line of it.
    static func blanks(_ text: String) -> [(line: Int, text: String)] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var blanks: [(Int, String)] = []
        for (index, line) in lines.enumerated() {
            let indentation = line.prefix { $0 == " " || $0 == "-" }.count
            var blank = lines
            if let colon = line.firstRange(of: ": ") {
                blank[index] = line[..<colon.lowerBound] + ":"
            } else if line.hasSuffix(":") {
                blank[index] = line
            } else if let dash = line.firstRange(of: "- ") {
                blank[index] = String(line[..<dash.upperBound])
            } else {
                continue
            }
            // What the key contained is left out with its value; a list may have the indentation of its key.
            let inner = blank[(index + 1)...].prefix { $0.prefix { $0 == " " }.count > indentation }
            blank.removeSubrange((index + 1)..<(index + 1 + inner.count))
            blanks.append((index + 1, blank.joined(separator: "\n")))
        }
        return blanks
    }

    private func expectRefused(
        _ text: String, file: String, count: Int, _ read: (String) throws -> Void
    ) throws {
        try read(text)
        let blanks = Self.blanks(text)
        #expect(blanks.count == count)
        for (line, blank) in blanks {
            let error = #expect(throws: (any Error).self, "line \(line) may be blank:\n\(blank)") { try read(blank) }
            #expect(
                error?.message.contains("\(file):\(line): ") == true
                    && error?.message.contains(" has no value; write one") == true, "\(error?.message ?? "")")
        }
    }

    @Test("capsule.yaml: each key and each list element that is blank is refused with its line")
    func configuration() throws {
        try expectRefused(Self.configuration, file: "capsule.yaml", count: 70) {
            _ = try CapsuleConfiguration(yaml: Array($0.utf8))
        }
    }

    @Test("policy.yaml: each key and each list element that is blank is refused with its line")
    func policy() throws {
        try expectRefused(Self.policy, file: "policy.yaml", count: 36) {
            _ = try PolicyFixture.read($0)
        }
    }

    @Test("deployment.yaml: each key that is blank is refused with its line")
    func deployment() throws {
        try expectRefused(
            "envType: test\nnamespace: shop\nbranch: main\n", file: "deployment.yaml", count: 3
        ) {
            _ = try Deployment(name: "test", yaml: Array($0.utf8), file: "deployment.yaml")
        }
    }

    @Test("a key that is null in words is blank, too", arguments: ["~", "null", "Null", "NULL"])
    func words(null: String) {
        let text = Self.configuration.replacing("review: pull-request", with: "review: \(null)")
        let error = #expect(throws: (any Error).self) { try CapsuleConfiguration(yaml: Array(text.utf8)) }
        #expect(error?.message.contains("stages[1].review has no value") == true, "\(error?.message ?? "")")
    }
}
