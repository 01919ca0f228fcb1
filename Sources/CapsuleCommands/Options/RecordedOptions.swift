internal import CommandParser
internal import OCI

/// Where the capsules stand that stage branches record. Every command that reads records takes these.
struct RecordedOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Where to look for capsules: a mirror, or a layout that stands elsewhere now (default: the places that the "
                + "records name).", valueName: "place"),
        transform: Parse.place)
    var capsules: Place?
}
