internal import CommandParser
internal import OCI

/// Where a verification finds the application image. Every command that verifies takes these.
struct ImageOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Where to look the application image up: a registry, a mirror or an OCI layout (default: the repository that "
                + "the release names). @DIGEST asserts what it must be.",
            valueName: "ref"),
        transform: Parse.location)
    var image: Location?

    @Option(
        help: ArgumentHelp(
            "Assert the image's digest without looking it up, on a machine that cannot reach its registry.",
            valueName: "digest"),
        transform: Parse.digest)
    var imageDigest: Digest?

    @OptionGroup(title: "Who must have signed") var trust: TrustOptions

    func validate() throws {
        if image != nil, imageDigest != nil {
            throw ValidationError("--image looks the image up and --image-digest asserts it unseen; give one of them")
        }
    }
}
