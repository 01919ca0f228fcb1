/// The reason why a command that talked to a remote failed, found by words in the messages of Git, its transports and the C
/// library.
///
/// Git's exit status is 128 for nearly every failure, so only the text tells failures apart. The text is Git's own in the
/// C locale. A fault without a known word is `other`.
enum GitFault: Sendable {
    /// The remote rejects this login.
    case refusal
    /// The remote does not have the repository.
    case absence
    /// The remote no longer has the requested commit.
    case moved
    /// A repository on this machine is damaged or locked.
    case damage
    /// A disk, a quota or the memory is full, here or at the remote.
    case storage
    /// The remote cannot be reached, or says that it fails.
    case outage
    /// The connection ended early. A process of Git that died on this side looks alike.
    case interruption
    /// Anything else.
    case other

    /// The words of each fault; the first one that matches counts.
    private static let words: [(fault: GitFault, words: [String])] = [
        (
            .refusal,
            [
                "authentication failed", "could not read username", "could not read password", "permission denied (",
                "returned error: 401", "returned error: 403", "access denied", "authorization failed",
                "host key verification failed", "unable to get password",
            ]
        ),
        (.moved, ["not our ref", "unadvertised object", "couldn't find remote ref", "remote ref does not exist"]),
        (
            .storage,
            [
                "no space left on device", "disk quota exceeded", "read-only file system", "input/output error",
                "out of memory", "cannot allocate memory", "too many open files", "resource temporarily unavailable",
                "unable to create temporary file", "unpacker error",
            ]
        ),
        (
            .damage,
            [
                ".lock': file exists", "bad object", "corrupt", "unable to read", "inflate", "bad config",
                "shallow file has changed", "cannot lock ref", "unresolved delta", "missing necessary objects",
                "did not send all necessary objects", "not a git repository:", "invalid sha1 pointer",
                "bad tree object", "garbage at end", "index file", "fatal: not a git repository",
            ]
        ),
        (
            .absence,
            ["returned error: 404", "returned error: 410", "does not appear to be a git repository", "' not found"]
        ),
        (
            .outage,
            [
                "could not resolve", "name resolution", "failed to connect", "couldn't connect", "connection refused",
                "timed out", "network is unreachable", "no route to host", "returned error: 408",
                "returned error: 425", "returned error: 429", "returned error: 500", "returned error: 502",
                "returned error: 503", "returned error: 504", "internal server error", "service unavailable",
                "kex_exchange_identification", "empty reply from server", "failed to report status",
            ]
        ),
        (
            .interruption,
            [
                "hung up unexpectedly", "early eof", "unexpected disconnect", "rpc failed", "connection reset",
                "connection was reset", "connection closed by", "broken pipe", "transfer closed with",
                "was not closed cleanly", "recv failure", "send failure", "unexpected eof",
            ]
        ),
    ]

    init(_ errorOutput: String) {
        let text = errorOutput.lowercased()
        self = Self.words.first { $0.words.contains { text.contains($0) } }?.fault ?? .other
    }

    /// True when the server cannot do now what it may do later. Nothing was decided.
    var isOfServer: Bool { self == .storage || self == .outage }
    /// True when the remote is tried again after a pause.
    var isTransient: Bool { self == .outage || self == .interruption }
}
