import CapsuleCommands
import Testing

@Suite("The start of the program", .timeLimit(.minutes(1)))
struct StartTests {
    private static let reference = "registry.example.com/shop/release:git-1"

    @Test(
        "expects requests to a registry where the words name a release in one",
        arguments: [
            (["verify", reference], true), (["verify", "--stage", "production", reference], true),
            (["verify", "git-1"], true), (["inspect", reference], true), (["list", "registry.example.com/shop"], true),
            (["verify", "oci:release:git-1"], false), (["verify", "oci-archive:release.tar"], false),
            (["verify", reference, "--help"], false), (["verify"], false), (["render", reference], false),
            (["copy", reference, "oci:release"], false), (["--version"], false), ([], false),
        ])
    func expectsRequests(words: [String], expected: Bool) {
        #expect(Capsule.expectsRequests(words) == expected)
    }
}
