import Archive
import CapsuleTestSupport
import OCI
import Processes
import Support
import Testing

/// Read-only and full file systems, in a mount namespace: permissions alone stop nobody who is root.
@Suite(
    "A place that cannot be written", .timeLimit(.minutes(2)),
    .needs("git", "kubectl"),
    .enabled("needs a mount namespace") {
        try await Tool.run(["unshare", "--map-root-user", "--mount", "true"]).succeeded
    })
struct PlaceTests {
    static let commands: [(name: String, arguments: [String])] = [
        (
            "build",
            [
                "build", "--source", "app", "--config", "policy/capsule.yaml", "--image", "oci:image", "--to",
                "oci:place/out",
            ]
        ),
        ("copy", ["copy", "oci:release", "oci:place/out"]), ("copy", ["copy", "oci:release", "oci-archive:place/out"]),
        ("unpack", ["unpack", "oci:release", "--image", "oci:image", "--to", "place/out"]),
        (
            "render",
            [
                "render", "oci:release", "--image", "oci:image", "--gitops", "gitops.git", "--deployment", "staging",
                "--to", "place/out",
            ]
        ),
    ]

    /// Runs a command with something mounted on `place`, and returns what is left there too.
    static func run(_ shop: Shop, _ mount: String, _ arguments: [String]) async throws -> (
        CapsuleProgram.Outcome, String
    ) {
        let tagged = arguments.map { ["oci:image", "oci:release"].contains($0) ? "\($0):\(shop.tag)" : $0 }
        let result = try await Tool.run(
            [
                "unshare", "--map-root-user", "--mount", "sh", "-c",
                "\(mount) && { \"$@\"; status=$?; echo; find place -mindepth 1; exit $status; }", "sh",
                CapsuleProgram.path,
            ] + tagged, in: shop.directory,
            environment: ["XDG_CACHE_HOME": "\(shop.directory)/cache", "HOME": "\(shop.directory)/home"])
        let outcome = CapsuleProgram.Outcome(status: result.status, output: result.text, errors: result.errorOutput)
        return (outcome, result.text)
    }

    static let mounts = [
        "mount --bind place place && mount -o remount,ro,bind place", "mount -t tmpfs -o size=8k tmpfs place",
    ]

    @Test(
        "read-only or full, ends a command with one message that names it, and keeps nothing",
        arguments: commands.indices, mounts)
    func refused(_ index: Int, _ mount: String) async throws {
        let command = Self.commands[index]
        try await Shop.with { shop in
            _ = try await shop.build()
            try await Tool.output(["mkdir", "place"], in: shop.directory)
            let (outcome, left) = try await Self.run(shop, mount, command.arguments)
            #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.errors.contains("place"), "\(outcome.errors)")
            let reason = mount.contains("ro,bind") ? "read-only" : "no space left"
            #expect(outcome.errors.lowercased().contains(reason), "\(outcome.errors)")
            let errors = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("capsule: ") }
            #expect(errors.count == 1, "\(outcome.errors)")
            // A layout that was made stays a layout; nothing in it is half there.
            #expect(!left.contains("partial"), "\(left)")
            if ["unpack", "render"].contains(command.name) || mount.contains("ro,bind") {
                #expect(!left.contains("place/out"), "\(left)")
            }
        }
    }

    @Test("read-only, is a layout to read from and not one to write to, also for root")
    func readOnlyLayout() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try await Tool.output(["cp", "-r", "release", "place"], in: shop.directory)
            let before = listTree("\(shop.directory)/place")
            for reading in [
                ["verify", "oci:place:\(shop.tag)", "--image", "oci:image"], ["list", "oci:place"],
                ["copy", "oci:place:\(shop.tag)", "oci:elsewhere"], ["inspect", "oci:place:\(shop.tag)"],
            ] {
                let (outcome, _) = try await Self.run(shop, Self.mounts[0], reading)
                try expectSuccess(outcome)
            }
            let other = try await shop.release(day: 6, ["deploy/kustomize/base/settings.ini": "currency = GBP\n"])
            let build = [
                "build", "--source", "app", "--config", "policy/capsule.yaml", "--image", "oci:image:\(other.tag)",
                "--to", "oci:place",
            ]
            let (outcome, _) = try await Self.run(shop, Self.mounts[0], build)
            #expect(outcome.status == 1, "\(outcome.errors)")
            #expect(outcome.errors.contains("Read-only file system") && outcome.errors.contains("place"))
            #expect(listTree("\(shop.directory)/place") == before)
        }
    }
}
