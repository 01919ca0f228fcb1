internal import CommandParser
internal import OCI

/// The application image of a verification, for every command that verifies.
struct ImageOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The repository, mirror or layout to resolve the application image in (default: the repository that the "
                + "release names). @DIGEST asserts its digest.",
            valueName: "ref"),
        transform: Parse.reference)
    var image: ArtifactReference?

    @Option(
        help: ArgumentHelp(
            "Assert the digest of the image without reading its registry.",
            valueName: "digest"),
        transform: Parse.digest)
    var imageDigest: Digest?

    @OptionGroup(title: "Required evidence") var trust: TrustOptions

    func validate() throws {
        if image != nil, imageDigest != nil {
            throw ValidationError(
                "--image resolves the image and --image-digest asserts its digest unread; give one of them")
        }
    }
}
