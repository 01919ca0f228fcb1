internal import CapsuleCore
internal import CommandParser
internal import OCI

/// What of the source is the package. Each option goes before what capsule.yaml says.
struct PackageOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The kind of package: kustomize or helm.", valueName: "kind"))
    var packageKind: PackageKind?

    @Option(
        help: ArgumentHelp("The package's directory in the source repository.", valueName: "path"),
        transform: Parse.path)
    var packageSource: RelativePath?

    @Option(
        help: ArgumentHelp(
            "A directory of the package that is release payload; repeat it for several.", valueName: "path"),
        transform: Parse.path)
    var include: [RelativePath] = []

    @Option(
        help: ArgumentHelp("The directory of a Kustomize package that a render takes.", valueName: "path"),
        transform: Parse.path)
    var entry: RelativePath?

    @Option(
        help: ArgumentHelp("The name in the package that stands for the application image.", valueName: "name"))
    var imageName: String?

    @Option(
        help: ArgumentHelp(
            "The image's repository as the release records it (default: image: of capsule.yaml, else the one in --image).",
            valueName: "repository"),
        transform: Parse.repository)
    var imageRepository: Repository?
}
