import CapsuleTestSupport
import Processes
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite(
    "Out of descriptors, processes or threads, a command", .timeLimit(.minutes(2)),
    .needs("git", "kubectl", "prlimit"))
struct ResourceLimitTests {
    @Test("ends with an error that says so, or does its work")
    func files() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            for limit in [4, 7, 8, 13, 16, 20, 24, 28, 64] {
                let result = try await Tool.run(
                    [
                        "timeout", "-s", "KILL", "60", "prlimit", "--nofile=\(limit)", CapsuleProgram.path, "promote",
                        "oci:release:\(shop.tag)", "--image", "oci:image:\(shop.tag)", "--stage", "staging",
                        "--gitops", "file://\(shop.directory)/gitops.git",
                    ], in: shop.directory,
                    environment: ["XDG_CACHE_HOME": "\(shop.directory)/cache", "HOME": "\(shop.directory)/home"])
                let says = result.errorOutput.lowercased().contains("open files")
                #expect(
                    result.status == 0 || [1, 69].contains(result.status) && says,
                    "\(limit): \(result.status) \(result.errorOutput)")
                #expect(limit < 64 || result.status == 0)
            }
        }
    }

    @Test("without threads does not wait for ever")
    func threads() async throws {
        // The limit does not apply to root.
        let user = geteuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
        guard try await Tool.run(user + ["test", "-x", CapsuleProgram.path]).succeeded else { return }
        for arguments in [["list", "oci:/nonexistent"], ["serve", "--config", "/nonexistent"]] {
            let result = try await Tool.run(
                ["timeout", "-s", "KILL", "60"] + user + ["prlimit", "--nproc=1", CapsuleProgram.path] + arguments)
            #expect(result.status == 1, "\(result.status) \(result.errorOutput)")
            #expect(result.errorOutput.contains("no thread can be started"), "\(result.errorOutput)")
        }
    }
}
