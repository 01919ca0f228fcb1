import Archive
import CapsuleTestSupport
import OCI
import Testing

@Suite("capsule copy to and from one file", .timeLimit(.minutes(2)), .needs("git"))
struct OneFileTests {
    @Test("carries a release through a file, which verifies and unpacks where it is, and is the same each time")
    func throughFile() async throws {
        try await Shop.with { shop in
            let built = try await shop.build()
            for file in ["a.tar", "b.tar"] {
                let outcome = try await shop.run("copy", "oci:release:\(shop.tag)", "oci-archive:\(file)")
                try expectSuccess(outcome)
                #expect(outcome.output.hasPrefix("oci-archive:\(file):\(shop.tag)@sha256:"))
            }
            #expect(try readFile("\(shop.directory)/a.tar") == readFile("\(shop.directory)/b.tar"))

            let verified = try await shop.run("verify", "oci-archive:a.tar:\(shop.tag)", "--image", "oci:image")
            try expectSuccess(verified)
            let unpacked = try await shop.run(
                "unpack", "oci-archive:a.tar:\(shop.tag)", "--image", "oci:image", "--to", "out")
            try expectSuccess(unpacked)
            let back = try await shop.run("copy", "oci-archive:a.tar:\(shop.tag)", "oci:back")
            try expectSuccess(back)
            #expect(back.line.split(separator: "@").last == built.line.split(separator: "@").last)
        }
    }

    @Test("never writes over a file, adds to one, or leaves a part of one")
    func refused() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try writeFile("\(shop.directory)/mine.tar", "mine")
            let exists = try await shop.run("copy", "oci:release:\(shop.tag)", "oci-archive:mine.tar")
            #expect(exists.status != 0)
            #expect(exists.errors.contains("mine.tar exists"))
            #expect(try readFile("\(shop.directory)/mine.tar") == Array("mine".utf8))
            let noTar = try await shop.run("verify", "oci-archive:mine.tar:\(shop.tag)", "--image", "oci:image")
            #expect(noTar.status != 0)
            #expect(noTar.errors.contains("mine.tar"))
            try shop.alterLayer("release")
            let altered = try await shop.run("copy", "oci:release:\(shop.tag)", "oci-archive:new.tar")
            #expect(altered.status != 0)
            #expect(!listTree(shop.directory).contains { $0.contains("new.tar") })
        }
    }
}
