import CapsuleTestSupport
import Processes
import Testing

@Suite("capsule convert", .timeLimit(.minutes(3)), .needs("git", "kubectl"))
struct ConvertTests {
    @Test("gives the capsule that a build gives, byte for byte, with the record that the witness has")
    func equal() async throws {
        try await PairShop.with { pair in
            let converted = try await pair.shop.run(
                "convert", pair.tag, "--image", "oci:image", "--to", "oci:converted")
            try expectSuccess(converted)
            try pair.writeConfiguration { $0.replacing("form: pair\n", with: "") }
            let built = try await pair.shop.run(
                "build", "--source", "app", "--commit", pair.shop.commit, "--image", "oci:image:\(pair.tag)", "--to",
                "oci:built")
            try expectSuccess(built)
            let digest = { (text: String) in text.split(separator: "@").last.map(String.init) }
            #expect(digest(converted.output) == digest(built.output))
            let same = try await Tool.run(["diff", "-r", "converted/blobs", "built/blobs"], in: pair.directory)
            #expect(same.status == 0, "\(same.text)")
            let again = try await pair.shop.run(
                "convert", pair.tag, "--image", "oci:image", "--to", "oci:converted", "--output", "json", "--gitops",
                "gitops.git")
            try expectSuccess(again)
            #expect(again.output.contains(#""published" : false"#))
            #expect(again.output.contains(#""deployment" : "production""#))
        }
    }

    @Test("needs another repository, and a pair")
    func refused() async throws {
        try await PairShop.with { pair in
            let same = try await pair.shop.run("convert", pair.tag, "--image", "oci:image")
            #expect(same.status == 64)
            #expect(same.errors.contains("--to"))
            try expectSuccess(
                try await pair.shop.run("convert", pair.tag, "--image", "oci:image", "--to", "oci:converted"))
            let capsule = try await pair.shop.run(
                "convert", "oci:converted:\(pair.tag)", "--image", "oci:image", "--to", "oci:again")
            #expect(capsule.status == 64)
            #expect(capsule.errors.contains("is a capsule"))
        }
    }

    @Test("renders both, and publishes nothing when they differ")
    func differs() async throws {
        try await PairShop.with { pair in
            try await pair.shop.linkPrograms(["git"], into: "bin")
            let kubectl = try await Tool.output(["sh", "-c", "command -v kubectl"])
            // A renderer whose output is another one each time.
            try await pair.shop.writeProgram(
                "bin/kubectl",
                "\(kubectl) \"$@\" | /bin/sed \"s/port: 80$/port: 1$(/bin/date +%N | /usr/bin/cut -c 3-6)/\"")
            let outcome = try await pair.shop.run(
                ["convert", pair.tag, "--image", "oci:image", "--to", "oci:converted", "--gitops", "gitops.git"],
                environment: ["PATH": "\(pair.directory)/bin"])
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.errors.contains("the pair and its capsule render differently for"), "\(outcome.errors)")
            #expect(listTree("\(pair.directory)/converted").isEmpty)
        }
    }

    @Test("is refused for a witness that was edited, and publishes nothing")
    func edited() async throws {
        try await PairShop.with { pair in
            try await pair.inClone("edit Edit; git push -q")
            let outcome = try await pair.shop.run(
                "convert", pair.tag, "--image", "oci:image", "--to", "oci:converted")
            #expect(outcome.status == 65)
            let found = try await Tool.run(["ls", "converted"], in: pair.directory)
            #expect(found.status != 0)
        }
    }
}
