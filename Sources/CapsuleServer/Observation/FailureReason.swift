/// The reasons for which a request or a promotion has no result, as `capsule_failures_total` counts them.
enum FailureReason: String, CaseIterable, Sendable {
    /// A registry cannot be reached, or refuses the login.
    case registry
    /// A Git remote cannot be reached or refuses the login, or Git itself fails.
    case git
    /// A renderer is missing, or was killed.
    case renderer
    /// A directory cannot be written.
    case disk
    /// The work took longer than its limit.
    case timeout
    /// A queue is full.
    case busy
    /// The file of tokens cannot be read.
    case tokens
    /// The service is stopping.
    case stopping
    /// A bug of this program.
    case `internal`
}
