import CapsuleCore
import DeliveryConfiguration
import KargoManifests
import Rendering
import Testing

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

    /// Stages whose names are other things in YAML, are long, or are many.
    static let oddNames =
        ["on", "no", "null", "y", "1", "007", "1e3", "0x1f", "1-1", "2026-12-01", String(repeating: "x", count: 40)]
        + (1...89).map { "stage-\($0)" }

    /// The project of these stages, one after the other, the first of them automatic.
    static func odd(style: String, form: String) throws -> KargoProject {
        let kargo = "{version: \"1.11\", style: \(style), verifier: {url: https://capsule.example.com}}"
        let stages = oddNames.enumerated().map { index, name in
            "  - {name: \"\(name)\", " + (index == 0 ? "auto: true}" : "after: [\"\(oddNames[index - 1])\"]}")
        }
        let yaml = self.yaml(kargo: kargo, replacing: form == "pair" ? [reviewedPairs] : [])
        let head = try #require(yaml.split(separator: "stages:\n").first)
        return try KargoProject(
            configuration(head + "stages:\n" + stages.joined(separator: "\n") + "\n"),
            deployments: oddNames.map { try Deployment(name: $0, envType: "test", namespace: "shop-\($0)") })
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
