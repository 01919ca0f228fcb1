import CapsuleCore
import DeliveryConfiguration
import KargoManifests
import Rendering

/// A configuration with three stages that uses every feature that affects the generated manifests.
enum Shop {
    static func yaml(
        kargo: String = "{version: \"1.11\", verifier: {image: registry.example.com/tools/release-capsule:0.1.0}}",
        replacing: [(String, String)] = []
    ) -> String {
        var text = """
            schemaVersion: release-capsule/v1alpha1
            image: registry.example.com/shop/web
            capsule: registry.example.com/shop/release
            package: {source: deploy/kustomize, entry: base, imageName: shop}
            gitops: {repository: https://github.com/example/gitops.git, root: apps/shop}
            kargo: \(kargo)
            stages:
              - name: staging
                auto: true
              - name: canary
                after: [staging]
                soak: 90m
                verification: {url: "http://web.{namespace}.svc/health", success: "result.ok == true"}
              - name: production
                after: [staging, canary]
                review: pull-request
                requires: ["approvals/{tag}.yaml"]

            """
        for (old, new) in replacing { text = text.replacing(old, with: new) }
        return text
    }

    /// What to replace in the configuration so that its releases are pairs with reviewed witnesses.
    static let reviewedPairs = ("package: {", "form: pair\nwitness: {review: pull-request}\npackage: {")

    static func configuration(_ yaml: String = yaml()) throws -> CapsuleConfiguration {
        try CapsuleConfiguration(yaml: Array(yaml.utf8), plainHTTPHosts: ["git.corp.example"])
    }

    static func deployments() throws -> [Deployment] {
        try [("staging", "test"), ("canary", "live"), ("production", "live")].map { name, type in
            try Deployment(name: name, envType: type, namespace: "shop-\(name)")
        }
    }

    static func project(_ yaml: String = yaml()) throws -> KargoProject {
        try KargoProject(configuration(yaml), deployments: deployments())
    }
}

extension [PackageFile] {
    /// All files as one text, each after a line with its path.
    var joined: String {
        map { "=== \($0.path)\n\(String(decoding: $0.content, as: UTF8.self))" }.joined()
    }

    subscript(_ path: String) -> String? {
        first { $0.path.description == path }.map { String(decoding: $0.content, as: UTF8.self) }
    }
}
