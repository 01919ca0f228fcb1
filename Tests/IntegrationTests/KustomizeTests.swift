import Archive
import CapsuleTestSupport
import Testing

/// No package registry has a standalone kustomize, so a script of that name replaces it: it takes kustomize's own arguments,
/// and the kustomize that kubectl carries does the work. What is tested is how we find, ask and call the program.
@Suite(
    "A program called kustomize (a script in front of kubectl's)", .timeLimit(.minutes(2)),
    .needs("git", "kubectl"))
struct KustomizeTests {
    @Test("is preferred over kubectl, is recorded by its own name and version, and gives the same files")
    func preferred() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let version = try await Self.writeKustomize(shop)
            try await shop.linkPrograms(["git", "kubectl"], into: "bin")
            let path = ["PATH": "\(shop.directory)/bin"]
            try await Tool.output(["cp", "-r", "gitops.git", "other.git"], in: shop.directory)
            func promote(_ repository: String, renderer: String) async throws -> String {
                let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
                try writeFile("\(shop.directory)/\(renderer).yaml", text + "renderer: \(renderer)\n")
                let result = try await shop.run(
                    [
                        "promote", "oci:release:\(shop.tag)", "--image", "oci:image", "--stage", "staging", "--gitops",
                        repository, "--config", "\(renderer).yaml",
                    ], environment: path)
                try expectSuccess(result)
                let root = "stage/staging:apps/shop/deployments/staging"
                let record = try await Tool.output(
                    ["git", "-C", repository, "show", "\(root)/release-metadata.yaml"], in: shop.directory)
                #expect(record.contains("name: \(renderer == "auto" ? "kustomize" : renderer)"), "\(record)")
                #expect(record.contains(version), "\(record)")
                return try await Tool.output(
                    ["git", "-C", repository, "rev-parse", "\(root)/deploy"], in: shop.directory)
            }
            let automatic = try await promote("gitops.git", renderer: "auto")
            #expect(try await promote("other.git", renderer: "kubectl") == automatic)
            let calls = String(decoding: try readFile("\(shop.directory)/calls"), as: UTF8.self)
            // The version is read while the program renders, so either may come first.
            #expect(
                calls.split(separator: "\n").sorted() == [
                    "build deployments/staging/deploy --load-restrictor LoadRestrictionsRootOnly", "version",
                ])
            let doctor = try await shop.run(["doctor", "--config", "policy/capsule.yaml"], environment: path)
            #expect(doctor.output.contains("kustomize \(version)"), "\(doctor.output)")
        }
    }

    @Test("that is too old is passed over for kubectl, or named when there is none")
    func unusable() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try await shop.linkPrograms(["git"], into: "bin")
            for (said, words) in [("v4.0.0", "older than"), ("(devel)", "built without a version")] {
                try await shop.writeProgram("bin/kustomize", "echo '\(said)'")
                let render = [
                    "render", "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git",
                    "--deployment", "staging", "--to",
                ]
                let alone = try await shop.run(render + ["none"], environment: ["PATH": "\(shop.directory)/bin"])
                #expect(alone.status == 1, "\(alone.errors)")
                #expect(alone.errors.contains(words), "\(alone.errors)")
                #expect(alone.errors.split(separator: "\n").count == 1, "\(alone.errors)")
                try await shop.linkPrograms(["git", "kubectl"], into: "both-\(words.count)")
                try await Tool.output(["cp", "bin/kustomize", "both-\(words.count)"], in: shop.directory)
                let both = try await shop.run(
                    render + ["out-\(words.count)"], environment: ["PATH": "\(shop.directory)/both-\(words.count)"])
                try expectSuccess(both)
            }
        }
    }

    /// Writes the script, and returns the version that it says.
    private static func writeKustomize(_ shop: Shop) async throws -> String {
        let kubectl = try await Tool.output(["sh", "-c", "command -v kubectl"])
        let versions = try await Tool.output([kubectl, "version", "--client"])
        let version = try #require(
            versions.split(separator: "\n").first { $0.hasPrefix("Kustomize Version: ") }?.split(separator: " ").last)
        try await shop.writeProgram(
            "bin/kustomize",
            """
            echo "$*" >>\(shop.directory)/calls
            case $1 in
            version) echo \(version) ;;
            build) shift; exec \(kubectl) kustomize "$@" ;;
            *) exit 64 ;;
            esac
            """)
        return String(version)
    }
}
