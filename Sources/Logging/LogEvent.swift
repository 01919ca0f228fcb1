/// Something that happened.
public struct LogEvent: Sendable {
    /// How much it matters.
    public let level: Logger.Level
    /// What happened, without what differs from one time to the next.
    public let message: String
    /// What differs, by name.
    public let metadata: Logger.Metadata

    /// The fields in the order of their names.
    public var fields: [(name: String, value: LogValue)] {
        metadata.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }
}
