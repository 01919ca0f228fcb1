import Archive
import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import GitOps
import HTTPServer
import Support
import Testing

@Suite("capsule build", .timeLimit(.minutes(2)), .needs("git"))
struct BuildTests {
    @Test("prints the reference with its digest alone on stdout, the same again and elsewhere")
    func reference() async throws {
        try await Shop.with { shop in
            let first = try await shop.build()
            try expectSuccess(first)
            try expectGolden(first.output, "build.txt")
            let again = try await shop.build()
            #expect(again.output == first.output)
            #expect(again.errors.contains("was published before, with the same content"))
            try await Shop.with { other in
                let elsewhere = try await other.build()
                #expect(elsewhere.output == first.output)
            }
        }
    }

    @Test("says everything about the release in JSON")
    func json() async throws {
        try await Shop.with { shop in
            let outcome = try await shop.run(
                "build", "--source", "app", "--config", "policy/capsule.yaml", "--image", "oci:image", "--to",
                "oci:release", "--output", "json")
            try expectSuccess(outcome)
            try expectGolden(outcome.output, "build.json")
        }
    }

    @Test("takes capsule.yaml from the commit, whatever the working tree says")
    func configurationOfTheCommit() async throws {
        try await Shop.with { shop in
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            let release = try await shop.release(day: 6, ["capsule.yaml": text])
            try writeFile("\(shop.directory)/app/capsule.yaml", "nonsense: true\n")
            let outcome = try await release.run(
                "build", "--source", "app", "--image", "oci:image", "--to", "oci:release")
            try expectSuccess(outcome)
        }
    }

    @Test("publishes into the configured repository, once, and refuses other content with what differs")
    func publish() async throws {
        try await Shop.with { shop in
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try writeFile(
                "\(shop.directory)/capsule.yaml",
                text.replacing("registry.example.com/shop/release", with: "oci:releases"))
            let arguments = ["publish", "--source", "app", "--image", "oci:image", "--config", "capsule.yaml"]
            let first = try await shop.run(arguments)
            try expectSuccess(first)
            #expect(first.output.hasPrefix("oci:releases:\(shop.tag)@sha256:"))
            let second = try await shop.run(arguments)
            #expect(second.output == first.output)
            let other = try await shop.run(arguments + ["--builder-id", "https://ci.example.com"])
            #expect(other.status == 65)
            #expect(other.errors.contains("metadata/provenance.json"))
            let listing = try await shop.run("list", "oci:releases")
            try expectGolden(listing.output, "list.txt")
            let listingJSON = try await shop.run("list", "oci:releases", "--output", "json")
            try expectGolden(listingJSON.output, "list.json")
            // The commit of the example is older than a day.
            for selection in [["--limit", "1"], ["--since", "2000-01-31"], ["--since", "2000-01-31T12:00:00Z"]] {
                let selected = try await shop.run(["list", "oci:releases"] + selection)
                #expect(selected.output == listing.output && selected.errors == "", "\(selection)")
            }
            let recent = try await shop.run("list", "oci:releases", "--since", "1d")
            #expect(recent.output == "" && recent.errors.contains("leaves 1 of 1 releases out"))
            for time in ["yesterday", "2026-02-30", "2026-01-31T12:00:00", "0d", "400d"] {
                let refused = try await shop.run("list", "oci:releases", "--since", time)
                #expect(
                    refused.status == 64 && refused.errors.contains("a day such as 2026-01-31"), "\(refused.errors)")
            }
        }
    }

    @Test("lets one of two processes publish that build a release differently at the same time, and refuses the other")
    func race() async throws {
        try await Shop.with { shop in
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try writeFile("\(shop.directory)/a.yaml", text)
            try writeFile("\(shop.directory)/b.yaml", text.replacing("[base, components]", with: "[base]"))
            for round in 0..<8 {
                let place = "oci:race-\(round)"
                let outcomes = try await withThrowingTaskGroup(of: CapsuleProgram.Outcome.self) { group in
                    for name in ["a", "b", "a", "b"] {
                        group.addTask {
                            try await shop.run(
                                "build", "--source", "app", "--config", "\(name).yaml", "--image",
                                "oci:image:\(shop.tag)",
                                "--to", place)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                // Two build the same, which is fine for both of them.
                let done = Set(outcomes.filter { $0.status == 0 }.map(\.line))
                #expect(done.count == 1, "\(outcomes)")
                #expect(outcomes.filter { $0.status == 0 }.count == 2, "\(outcomes)")
                for refused in outcomes where refused.status != 0 {
                    #expect(refused.status == 65 && refused.errors.contains("is published as"), "\(refused.errors)")
                }
                let listed = try await shop.run("list", place, "--output", "json")
                #expect(listed.output.contains(String(done.first?.split(separator: "@").last ?? "?")))
            }
        }
    }

    @Test("inspects what was built")
    func inspect() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let text = try await shop.run("inspect", "oci:release:\(shop.tag)")
            try expectSuccess(text)
            try expectGolden(text.output, "inspect.txt")
            let json = try await shop.run("inspect", "oci:release:\(shop.tag)", "--output", "json")
            try expectGolden(json.output, "inspect.json")
        }
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var arguments: [String]
        var status: Int32
        var message: String
    }

    static let refusals = [
        Refusal(
            testDescription: "an image that is not there",
            arguments: ["--source", "app", "--image", "oci:nothing", "--to", "oci:out"], status: 1,
            message: "there is no OCI layout nothing"),
        Refusal(
            testDescription: "an image under another tag", arguments: ["--image", "oci:image:v1", "--to", "oci:out"],
            status: 64, message: "does not have the release's tag"),
        Refusal(
            testDescription: "an image that is another than asserted",
            arguments: ["--image", "oci:image@sha256:\(String(repeating: "0", count: 64))", "--to", "oci:out"],
            status: 65, message: "not sha256:0000"),
        Refusal(
            testDescription: "a source that is not there", arguments: ["--source", "nowhere", "--to", "oci:out"],
            status: 64, message: "there is no directory \"nowhere\""),
        Refusal(
            testDescription: "a source that is not a repository",
            arguments: ["--source", "/proc", "--image", "oci:image", "--to", "oci:out"], status: 1,
            message: "is not in a Git repository"),
        Refusal(
            testDescription: "a commit that is not there",
            arguments: ["--commit", "0000000", "--image", "oci:image", "--to", "oci:out"], status: 1,
            message: "0000000"),
        Refusal(
            testDescription: "another tag than the release's",
            arguments: ["--image", "oci:image", "--to", "oci:out:v1"],
            status: 64, message: "leave it out of oci:"),
        Refusal(
            testDescription: "a layout below a file",
            arguments: ["--image", "oci:image", "--to", "oci:policy/capsule.yaml/x"],
            status: 1, message: "policy/capsule.yaml"),
        Refusal(
            testDescription: "a layout that cannot be made",
            arguments: ["--image", "oci:image", "--to", "oci:/proc/x"],
            status: 1, message: "/proc/x"),
        Refusal(
            testDescription: "a package that is not there",
            arguments: ["--package-source", "charts", "--image", "oci:image", "--to", "oci:out"], status: 1,
            message: "has no package files"),
        Refusal(
            testDescription: "a path that climbs",
            arguments: ["--package-source", "../x", "--image", "oci:image", "--to", "oci:out"], status: 64,
            message: "is not a relative path"),
        Refusal(
            testDescription: "an SBOM that is none",
            arguments: ["--sbom", "policy/capsule.yaml", "--image", "oci:image", "--to", "oci:out"], status: 65,
            message: "the SBOM does not fit"),
        Refusal(
            testDescription: "an SBOM that is not there",
            arguments: ["--sbom", "nothing.json", "--image", "oci:image", "--to", "oci:out"], status: 64,
            message: "--sbom \"nothing.json\" cannot be read"),
        Refusal(
            testDescription: "a configuration with an unknown key",
            arguments: ["--config", "unknown.yaml", "--image", "oci:image", "--to", "oci:out"], status: 64,
            message: "unknown.yaml:2: unknown key \"imgae\""),
    ]

    @Test("refuses with one clear message, the right status and nothing left behind", arguments: refusals)
    func refuses(_ refusal: Refusal) async throws {
        try await Shop.with { shop in
            try writeFile("\(shop.directory)/unknown.yaml", "schemaVersion: release-capsule/v1alpha1\nimgae: x\n")
            let defaults = [("--source", "app"), ("--config", "policy/capsule.yaml")]
                .filter { !refusal.arguments.contains($0.0) }.flatMap { [$0.0, $0.1] }
            let outcome = try await shop.run(["build"] + defaults + refusal.arguments)
            #expect(outcome.status == refusal.status, "\(outcome.errors)")
            #expect(outcome.errors.contains(refusal.message), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
            #expect(!listTree(shop.directory).contains { $0.hasPrefix("out/") && $0.hasSuffix(shop.tag) })
        }
    }
}
