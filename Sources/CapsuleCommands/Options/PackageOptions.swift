internal import CapsuleCore
internal import CommandParser
internal import OCI

/// The package in the source. Each option takes precedence over `capsule.yaml`.
struct PackageOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The kind of package: kustomize or helm.", valueName: "kind"))
    var packageKind: PackageKind?

    @Option(
        help: ArgumentHelp("The directory of the package in the source repository; . for its root.", valueName: "path"),
        transform: Parse.directory)
    var packageSource: TreeDirectory?

    @Option(
        help: ArgumentHelp(
            "A directory of the package to include in the release; repeatable.", valueName: "path"),
        transform: Parse.path)
    var include: [RelativePath] = []

    @Option(
        help: ArgumentHelp(
            "The directory of a Kustomize package that a render uses as its resource; . for the package's own.",
            valueName: "path"),
        transform: Parse.directory)
    var entry: TreeDirectory?

    @Option(
        help: ArgumentHelp("The name of the application image in the package.", valueName: "name"))
    var imageName: String?

    @Option(
        help: ArgumentHelp(
            "The repository of the image that the release records (default: image: of capsule.yaml, else that of --image).",
            valueName: "repository"),
        transform: Parse.repository)
    var imageRepository: Repository?
}
