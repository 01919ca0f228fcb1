internal import CommandParser
internal import OCI

/// The repository of the capsules that stage branches record, for every command that reads records.
struct RecordedOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The repository or layout to read capsules from, such as a mirror (default: the repositories that the "
                + "records name).", valueName: "store"),
        transform: Parse.store)
    var capsules: StoreReference?
}
