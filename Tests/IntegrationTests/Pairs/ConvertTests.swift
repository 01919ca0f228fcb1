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
