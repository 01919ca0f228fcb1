internal import CapsuleCore
internal import CommandParser
internal import GitOps
internal import OCI

/// What a release is built from; `build` and `publish` share it.
struct BuildOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The application's Git repository.", valueName: "dir"), completion: .directory)
    var source = "."

    @Option(help: ArgumentHelp("The commit: any revision that Git understands.", valueName: "rev"))
    var commit = "HEAD"

    @Option(
        help: ArgumentHelp(
            "The source repository's URL, as the release records it (default: that of origin).", valueName: "url"))
    var sourceRepository: String?

    @Option(
        help: ArgumentHelp(
            "The application image (default: image: of capsule.yaml). Without a tag, the release's own tag is looked up; "
                + "@DIGEST asserts what it must be.",
            valueName: "ref"),
        transform: Parse.location)
    var image: Location?

    @Option(
        help: ArgumentHelp("Take this digest as the image's, without looking it up.", valueName: "digest"),
        transform: Parse.digest)
    var imageDigest: Digest?

    @OptionGroup(title: "Package") var package: PackageOptions

    @Option(
        help: ArgumentHelp(
            "The image's SBOM (SPDX or CycloneDX JSON), embedded as it is after checks.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var sbom: String?

    @Option(
        help: ArgumentHelp("The provenance (in-toto Statement), embedded as it is after checks.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var provenance: String?

    @Flag(help: "Pin the package's third-party images to the digests that their tags have now.")
    var lockImages = false

    @Flag(help: "Treat warnings as errors.")
    var strict = false

    @OptionGroup(title: "Provenance") var run: RunOptions
}

/// What the provenance says about the build. Nothing of it is taken from the environment, so that building again gives the
/// same bytes.
struct RunOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The URI of the builder, such as the CI workflow's.", valueName: "uri"))
    var builderID: String?

    @Option(help: ArgumentHelp("The id of this build, such as the CI run's URL.", valueName: "id"))
    var runID: String?

    @Option(help: ArgumentHelp("When it started, RFC 3339.", valueName: "time"))
    var runStarted: String?

    @Option(help: ArgumentHelp("When it finished, RFC 3339.", valueName: "time"))
    var runFinished: String?
}
