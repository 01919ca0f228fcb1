internal import CapsuleCore
internal import CommandParser
internal import GitOps
internal import OCI

/// The inputs of a release, for `build` and `publish`.
struct BuildOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The application's Git repository.", valueName: "dir"), completion: .directory)
    var source = "."

    @Option(help: ArgumentHelp("The commit: any revision that Git understands.", valueName: "rev"))
    var commit = "HEAD"

    @Option(
        help: ArgumentHelp(
            "The URL of the source repository that the release records (default: the URL of origin).", valueName: "url")
    )
    var sourceRepository: String?

    @Option(
        help: ArgumentHelp(
            "The application image (default: image: of capsule.yaml). Its tag is the release identity and can be left "
                + "out; @DIGEST asserts its digest.",
            valueName: "ref"),
        transform: Parse.reference)
    var image: ArtifactReference?

    @Option(
        help: ArgumentHelp("The digest of the image; its registry is not read.", valueName: "digest"),
        transform: Parse.digest)
    var imageDigest: Digest?

    @OptionGroup(title: "Package") var package: PackageOptions

    @Option(
        help: ArgumentHelp(
            "The SBOM of the image (SPDX or CycloneDX JSON). It is checked and embedded unchanged.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var sbom: String?

    @Option(
        help: ArgumentHelp(
            "The provenance (in-toto statement). It is checked and embedded unchanged.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var provenance: String?

    @Flag(help: "Pin third-party images of the package to the digests of their tags.")
    var lockImages = false

    @Flag(help: "Treat warnings as errors.")
    var strict = false

    @OptionGroup(title: "Provenance") var run: RunOptions
}

/// The build run that the embedded provenance describes. Nothing is taken from the environment, so that another build
/// gives the same bytes.
struct RunOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The URI of the builder, such as that of the CI workflow.", valueName: "uri"))
    var builderID: String?

    @Option(help: ArgumentHelp("The id of the build, such as the URL of the CI run.", valueName: "id"))
    var runID: String?

    @Option(help: ArgumentHelp("The start of the build, RFC 3339.", valueName: "time"))
    var runStarted: String?

    @Option(help: ArgumentHelp("The end of the build, RFC 3339.", valueName: "time"))
    var runFinished: String?
}
