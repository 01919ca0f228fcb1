/// What a shell offers for a value while a person types it.
public enum CompletionKind: Hashable, Sendable {
    /// Nothing.
    case none
    /// Files with one of these extensions, or any files when there are none; and directories on the way.
    case file(extensions: [String] = [])
    /// Directories.
    case directory
    /// These words.
    case list([String])
}
