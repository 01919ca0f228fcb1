import Archive
import CapsuleTestSupport
import OCI
import Processes
import Testing

@Suite("What the console shows", .timeLimit(.minutes(2)), .needs("git", "python3"))
struct ConsoleTests {
    @Test("progress on a terminal is one line that goes away; without a terminal there is none")
    func progress() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let arguments = ["copy", "oci:release:\(shop.tag)", "oci:other"]
            let terminal = try await onTerminal(arguments, shop)
            #expect(terminal.contains("copying 3 of 3, "), "\(terminal)")
            #expect(terminal.contains("\u{1b}[2K"))
            let plain = try await shop.run(["copy", "oci:release:\(shop.tag)", "oci:third"])
            #expect(!plain.errors.contains("\u{1b}"))
            #expect(!plain.errors.contains("copying"))
            #expect(plain.errors.contains("3 copied"))
        }
    }

    @Test("marks are coloured on a terminal, and not with NO_COLOR or a dumb terminal")
    func colours() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let arguments = ["verify", "oci:release:\(shop.tag)", "--image", "oci:image"]
            let coloured = try await onTerminal(arguments, shop)
            #expect(coloured.contains("\u{1b}[32m✓\u{1b}[0m identity.tag"))
            for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
                let plain = try await onTerminal(arguments, shop, environment)
                #expect(plain.contains("✓ identity.tag"), "\(environment)")
            }
        }
    }

    @Test("a result that cannot be written is a failure")
    func fullDisk() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let full = try await Tool.run(
                ["sh", "-c", #""$0" list oci:release >/dev/full"#, CapsuleProgram.path], in: shop.directory)
            #expect(full.status == 1)
            #expect(full.errorOutput.contains("could not be written to standard output"))
        }
    }

    @Test("a reader that went away is not a failure")
    func brokenPipe() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let outcome = try await Tool.run(
                [
                    "bash", "-c", #"set -o pipefail; "$0" verify "$1" --image oci:image | true"#, CapsuleProgram.path,
                    "oci:release:\(shop.tag)",
                ],
                in: shop.directory)
            #expect(outcome.status == 0 || outcome.status == 141, "\(outcome.errorOutput)")
        }
    }

    private func onTerminal(
        _ arguments: [String], _ shop: Shop, _ environment: [String: String] = [:]
    ) async throws -> String {
        let script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
        let outcome = try await Tool.run(
            ["python3", "-c", script, CapsuleProgram.path] + arguments, in: shop.directory,
            environment: ["TERM": "xterm", "XDG_CACHE_HOME": "\(shop.directory)/cache"].merging(environment) { $1 })
        #expect(outcome.status == 0, "\(outcome.text)")
        return outcome.text
    }
}
