import Archive
import CapsuleTestSupport
import Documents
import Testing

@Suite("capsule init", .timeLimit(.minutes(1)), .needs("git"))
struct InitTests {
    @Test("writes what it finds: remote without credentials, package, deployments in the order of a ladder")
    func writesConfiguration() async throws {
        try await withTemporaryDirectory { directory in
            try await Tool.output(["git", "init", "-q", "-b", "main", directory])
            try await Tool.output(
                ["git", "remote", "add", "origin", "https://me:secret@github.com/Example/Shop.git"], in: directory)
            try writeFile("\(directory)/deploy/base/kustomization.yaml", "resources: [deployment.yaml]\n")
            try writeFile(
                "\(directory)/deploy/base/deployment.yaml",
                "spec: {template: {spec: {containers: [{name: web, image: 'shop:latest'}]}}}\n")
            try writeFile("\(directory)/deploy/components/metrics/kustomization.yaml", "kind: Component\n")
            for name in ["production", "staging", "canary"] {
                try writeFile(
                    "\(directory)/apps/shop/deployments/\(name)/deployment.yaml",
                    "envType: \(name)\nnamespace: \(name)\n")
            }
            let outcome = try await CapsuleProgram.run(["init"], in: directory)
            try expectSuccess(outcome)
            let text = String(decoding: try readFile("\(directory)/capsule.yaml"), as: UTF8.self)
            try expectGolden(text, "init.yaml")
            #expect(!text.contains("secret"))
        }
    }

    @Test("writes the values of a chart that name the application image, and the file can be read")
    func chart() async throws {
        try await withTemporaryDirectory { directory in
            try await Tool.output(["git", "init", "-q", directory])
            try await Tool.output(
                ["git", "remote", "add", "origin", "https://github.com/example/shop.git"], in: directory)
            try writeFile("\(directory)/chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n")
            try writeFile(
                "\(directory)/chart/values.yaml",
                "web:\n  image: {registry: docker.io, repository: example/shop, tag: latest, digest: ''}\n"
                    + "cache: {image: {repository: redis, tag: '7'}}\n")
            try expectSuccess(try await CapsuleProgram.run(["init"], in: directory))
            let text = String(decoding: try readFile("\(directory)/capsule.yaml"), as: UTF8.self)
            #expect(
                text.contains(
                    """
                    helm:
                      values:
                        web.image.digest: "{digest}"
                        web.image.registry: "{registry}"
                        web.image.repository: "{path}"
                        web.image.tag: "{tag}"

                    """), "\(text)")
            let doctor = try await CapsuleProgram.run(["doctor"], in: directory)
            #expect(doctor.output.contains("capsule.yaml, 2 stages"), "\(doctor.output)")
        }
    }

    @Test("says what the repository does not settle, with the alternatives, in text, in JSON and in the file")
    func unsure() async throws {
        try await withTemporaryDirectory { directory in
            try await Tool.output(["git", "init", "-q", "-b", "main", directory])
            for service in ["api", "web"] {
                try writeFile("\(directory)/\(service)/k8s/kustomization.yaml", "resources: [deployment.yaml]\n")
                try writeFile(
                    "\(directory)/\(service)/k8s/deployment.yaml",
                    "spec: {template: {spec: {containers: [{name: web, image: '\(service)'}]}}}\n")
            }
            let text = try expectSuccess(try await CapsuleProgram.run(["init"], in: directory))
            let doubt =
                "package.source is api/k8s: there are several kustomizations that do not contain each other; or web/k8s"
            #expect(text.output.contains("\ncheck \(doubt)\n"), "\(text.output)")
            #expect(text.output.contains("\ncheck source.repository: "), "\(text.output)")
            let file = String(decoding: try readFile("\(directory)/capsule.yaml"), as: UTF8.self)
            #expect(file.contains("\n#   \(doubt)\n"), "\(file)")
            let json = try await CapsuleProgram.run(["init", "--to", "other.yaml", "--output", "json"], in: directory)
            let result = try JSONParser.parse(Array(try expectSuccess(json).output.utf8), file: "init")
            let source = result["unsure"]?.array?.first { $0["key"]?.string == "package.source" }
            #expect(source?["value"]?.string == "api/k8s")
            #expect(source?["alternatives"]?.array?.map(\.string) == ["web/k8s"])
            #expect(result["packageEntry"]?.string == ".")
        }
    }

    @Test("leaves a file that exists as it is")
    func refusesToOverwrite() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/capsule.yaml", "mine\n")
            let outcome = try await CapsuleProgram.run(["init", "--output", "json"], in: directory)
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("capsule.yaml exists and is left as it is"))
            #expect(try readFile("\(directory)/capsule.yaml") == Array("mine\n".utf8))
        }
    }

    @Test("says so when the file cannot be written")
    func readOnly() async throws {
        let outcome = try await CapsuleProgram.run(["init", "--to", "/proc/nowhere/capsule.yaml"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("/proc/nowhere/capsule.yaml cannot be written"))
    }
}
