import CapsuleTestSupport
import Documents
import OCI
import ReleaseTestSupport
import Support
import Testing

@testable import CapsuleCore

/// What others write cannot make a check of a package take more than it may: each of these took minutes or gigabytes.
@Suite("What checks of a package may take", .timeLimit(.minutes(2)))
struct PackageBudgetTests {
    static func chart(_ files: [String: String]) throws -> PackageTree {
        PackageTree(
            kind: .helm, entry: nil,
            files: try files.sorted { $0.key < $1.key }.map {
                PackageFile(path: try RelativePath($0.key), content: Array($0.value.utf8))
            })
    }

    static func lint(_ files: [String: String]) throws -> (findings: [Finding], time: Duration) {
        let package = try chart(files)
        var findings: [Finding] = []
        let time = processorTime {
            findings = PackageLint.check(package, imageName: "shop", pinnedNames: [])
        }
        return (findings, time)
    }

    @Test("many dependencies on many charts of one name are refused")
    func dependencies() throws {
        var files = [
            "Chart.yaml": "apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n"
                + (0..<2_000).map { "- {name: c, version: \">\($0).0.0 <\($0).0.1\"}\n" }.joined()
        ]
        for number in 0..<500 {
            files["charts/c\(number)/Chart.yaml"] = "apiVersion: v2\nname: c\nversion: 0.\(number).0\n"
        }
        let (findings, time) = try Self.lint(files)
        let refusal = try #require(
            findings.first { $0.message.contains("\(HelmDependencies.maximumComparisons) steps") })
        #expect(refusal.severity == .error && refusal.file == "Chart.yaml")
        #expect(findings.allSatisfy { $0.message.utf8.count < 2_000 }, "a finding names some charts, not all")
        #expect(time < .seconds(20))
    }

    @Test("missing dependencies are found up to the limit of findings")
    func missing() throws {
        let count = 5_000
        let (findings, time) = try Self.lint([
            "Chart.yaml": "apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n"
                + (0..<count).map { "- {name: c\($0), version: 1.0.0}\n" }.joined()
        ])
        #expect(findings.count == KustomizeWalk.maximumFindings)
        #expect(time < .seconds(20))
    }

    @Test("aliases of dependencies that multiply the values of charts are refused")
    func aliases() throws {
        var files: [String: String] = [:]
        var directory = ""
        for level in 0..<4 {
            let aliases = (0..<60).map { "- {name: c\(level + 1), version: 1.0.0, alias: a\($0)}\n" }.joined()
            files["\(directory)Chart.yaml"] =
                "apiVersion: v2\nname: c\(level)\nversion: 1.0.0\n" + (level < 3 ? "dependencies:\n\(aliases)" : "")
            files["\(directory)values.yaml"] = (0..<40).map { "v\($0): {image: x}\n" }.joined()
            directory += "charts/c\(level + 1)/"
        }
        let (findings, time) = try Self.lint(files)
        #expect(findings.filter { $0.severity == .error }.map(\.rule) == ["package.values"], "\(findings)")
        #expect(time < .seconds(20))
        let search = HelmImageSearch(
            try Self.chart(files).files, application: "ghcr.io/acme/shop", imageName: nil, others: [])
        #expect(search.isTooLarge && search.application == nil)
    }

    @Test("values with many images and keys take a time that grows with them")
    func values() throws {
        func search(_ count: Int) throws -> Duration {
            let text = (0..<count).map { "k\($0):\n  image: {repository: r\($0), tag: t, digest: \"\"}\n" }.joined()
            let files = try Self.chart([
                "Chart.yaml": "apiVersion: v2\nname: top\nversion: 1.0.0\n", "values.yaml": text,
                "templates/a.yaml": String(repeating: "# sha256:{{ .Values.x }}\n", count: 2_000),
            ]).files
            return processorTime {
                _ = HelmImageSearch(files, application: "ghcr.io/acme/shop", imageName: nil, others: [])
            }
        }
        #expect(try search(4_000) < .seconds(20))
    }

    @Test("an SBOM that lists a file many times has it hashed once, and wrong files are named up to the limit")
    func sbom() throws {
        let package = try Self.chart([
            "Chart.yaml": "a", "large.txt": String(repeating: "x", count: 4 << 20),
        ])
        let sha1 = FileHashes.sha1(package.files[1].content)
        func entries(_ count: Int, _ name: (Int) -> String) -> String {
            let entries = (0..<count).map {
                "{\"fileName\":\"./package/helm/\(name($0))\",\"checksums\":[{\"algorithm\":\"SHA1\",\"checksumValue\":\"\(sha1)\"}]}"
            }
            return "{\"spdxVersion\":\"SPDX-2.3\",\"SPDXID\":\"SPDXRef-DOCUMENT\",\"packages\":[],\"files\":["
                + entries.joined(separator: ",") + "]}"
        }
        let image = try Sample.image()
        let time = processorTime {
            let findings = SBOM.check(
                Array(entries(20_000) { _ in "large.txt" }.utf8), image: image, package: package)
            #expect(findings.map(\.rule) == ["sbom.subject"])
        }
        #expect(time < .seconds(20), "hashing 80 GB takes minutes")
        let findings = SBOM.check(Array(entries(5_000) { "no\($0)" }.utf8), image: image, package: package)
        #expect(findings.count == KustomizeWalk.maximumFindings + 1)
    }
}
